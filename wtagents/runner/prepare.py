"""Before the agent: the files of the worktree are there, the set-up commands have run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.isolation.credentials import without_credentials
from wtagents.core.run import ExitReason, Phase
from wtagents.runner.outcome import STOPPED_EARLY, Outcome
from wtagents.system.files import append_text, load_tail
from wtagents.system.lock import is_held
from wtagents.system.process import adopt_orphans

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wtagents.core.order import Order
    from wtagents.runner.walls import Walls
    from wtagents.runner.watch import Watch
    from wtagents.system.programs.child import Child

_LOCK_PAUSE = 0.002
"""Every agent of a new worktree begins this late at worst; a look costs 0.02 ms."""
_SETUP_PAUSE = 0.25
"""The end of a command rings the bell; this is for its deadline only."""
_TAIL_BYTES = 4096


def wait_for_files(watch: Watch, order: Order) -> Outcome | None:
    """Wait until nobody fills the worktree any more; return what is wrong with it, or None.

    Whoever fills it holds `checkout.lock`, and so does the git process that it started: the lock is
    free when both are gone. git writes the index last, so an index proves that all files are there.
    """
    if is_held(watch.folder.checkout_lock):
        watch.show_phase(Phase.SETUP, "checking out the files of the worktree")
    while is_held(watch.folder.checkout_lock):
        if watch.stops:
            return STOPPED_EARLY
        watch.pause(_LOCK_PAUSE)
    if has_files(order.worktree):
        return None
    if order.worktree.is_dir():
        # Who checked them out is gone: the next run begins with that again.
        reason, fault = ExitReason.LOST, "its files were not checked out"
    else:
        reason, fault = ExitReason.NOT_STARTED, "it is not there"
    return Outcome(reason=reason, detail=f"the worktree {order.worktree} is not ready: {fault}")


def has_files(worktree: Path) -> bool:
    """Whether git has written the index of a worktree (gitrepository-layout(5))."""
    link = worktree / ".git"
    try:
        text = "" if link.is_dir() else link.read_bytes()[:_TAIL_BYTES].decode(errors="replace")
    except OSError:
        return False
    admin = worktree / text.removeprefix("gitdir:").strip() if text else link
    return (admin / "index").exists()


def run_setup(
    watch: Watch, order: Order, walls: Walls, environment: Mapping[str, str]
) -> Outcome | None:
    """Run the set-up commands one after the other; return why the agent is held back, or None."""
    deadline = watch.clock.monotonic() + order.setup_seconds
    outside = len(order.copying if order.confines_setup else (*order.copying, *order.setup))
    commands = (*order.copying, *order.setup)
    for number, command in enumerate(commands, 1):
        watch.show_phase(Phase.SETUP, f"set-up {number}/{len(commands)}: {_one_line(command)}")
        start = partial(
            walls.start if number > outside else walls.start_outside, environment=environment
        )
        try:
            outcome = _run_one(watch, order, start, command, deadline)
        except SystemFault as fault:
            outcome = _setup_failed(f"{fault.message}: {fault.cause}", None)
        if outcome is not None:
            return outcome
    return None


def _run_one(
    watch: Watch, order: Order, start: Callable[..., Child], command: str, deadline: float
) -> Outcome | None:
    log = watch.folder.setup_log
    append_text(log, f"$ {without_credentials(command)}\n")
    with watch.hear(log) as output:
        child = start(("/bin/sh", "-c", command), stdout=output, stderr=output)
    adopt_orphans()
    while child.poll() is None:
        if watch.stops:
            return STOPPED_EARLY
        left = deadline - watch.clock.monotonic()
        if left <= 0:
            took = f"the set-up took longer than {order.setup_seconds:g} s"
            return _setup_failed(f"{took}: {_one_line(command)}", None)
        watch.pause(min(left, _SETUP_PAUSE))
    watch.hear_out()
    if child.exit_code == 0:
        return None
    code = child.exit_code or 0
    how = f"signal {-code}" if code < 0 else f"status {code}"
    said = _last_line(log)
    return _setup_failed(
        f"set-up command ended with {how}: {_one_line(command)}" + (f": {said}" if said else ""),
        child.exit_code,
    )


def _setup_failed(detail: str, exit_code: int | None) -> Outcome:
    return Outcome(reason=ExitReason.SETUP_FAILED, detail=detail, exit_code=exit_code)


def _last_line(log: Path) -> str:
    """Return the last line that a command wrote, or '' when it wrote none."""
    lines = load_tail(log, _TAIL_BYTES).strip().splitlines()
    return "" if not lines or lines[-1].startswith("$ ") else _one_line(lines[-1])


def _one_line(text: str) -> str:
    from wtagents.core.text import printable

    return printable(text, 200)
