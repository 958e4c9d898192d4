"""The checks of a run: when the agent calls its work done, commands look at the worktree.

The agent and all that it left running are gone by then, so that nothing moves under them. The
first one that fails ends the row; what follows from it is decided by those who read the exit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.isolation.credentials import without_credentials
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, Phase, Pulse
from wtagents.core.tending.check import Check
from wtagents.core.text import printable, printable_lines
from wtagents.runner.stopping import clear_processes
from wtagents.system.files import append_text, load_tail
from wtagents.system.process import adopt_orphans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.core.order import Order
    from wtagents.runner.outcome import Outcome
    from wtagents.runner.walls import Walls
    from wtagents.runner.watch import Watch
    from wtagents.system.programs.child import Child

_PAUSE = 0.5
_TAIL_BYTES = 6000
_TAIL_LINES = 60


def run_checks(
    watch: Watch, order: Order, walls: Walls, environment: Mapping[str, str], outcome: Outcome
) -> Outcome:
    """Run them after an agent that completed; return the outcome with what they said."""
    if outcome.reason is not ExitReason.COMPLETED or not order.checks:
        return outcome
    clear_processes(watch, order)
    done: list[Check] = []
    for number, command in enumerate(order.checks, 1):
        words = f"check {number}/{len(order.checks)}: {printable(command, 200)}"
        watch.show(
            Pulse(
                phase=Phase.CHECKING,
                doing=words,
                question=None,
                usage=outcome.usage,
                session_id=order.session_id,
                at=watch.clock.now(),
            )
        )
        check = _run(watch, order, walls, environment, command)
        if check is None:
            stopped = "stopped while its work was checked"
            return replace(outcome, reason=ExitReason.STOPPED, detail=stopped)
        done.append(check)
        clear_processes(watch, order)
        if not check.passed:
            break
    return replace(outcome, checks=tuple(done))


def _run(
    watch: Watch, order: Order, walls: Walls, environment: Mapping[str, str], command: str
) -> Check | None:
    """Run one command; None when somebody asked to stop."""
    log = watch.folder.checks_log
    begun = watch.clock.monotonic()
    append_text(log, f"$ {without_credentials(command)}\n")
    try:
        with watch.hear(log) as said:
            child = walls.start(
                ("/bin/sh", "-c", command), environment=environment, stdout=said, stderr=said
            )
    except SystemFault as fault:
        append_text(log, f"{fault.message}: {fault.cause}\n")
        return _check(watch, command, begun, passed=False, timed_out=False)
    adopt_orphans()
    timed_out = False
    while child.poll() is None:
        if watch.stops:
            _kill(watch, order, child)
            return None
        left = begun + order.check_seconds - watch.clock.monotonic()
        if left <= 0:
            timed_out = True
            _kill(watch, order, child)
            break
        watch.pause(min(left, _PAUSE))
    passed = child.exit_code == 0 and not timed_out
    return _check(watch, command, begun, passed=passed, timed_out=timed_out)


def _kill(watch: Watch, order: Order, child: Child) -> None:
    """Stop a check and all below it; a stop of the run is carried out by its end."""
    clear_processes(watch, order)
    child.poll()


def _check(watch: Watch, command: str, begun: float, *, passed: bool, timed_out: bool) -> Check:
    log = watch.folder.checks_log
    watch.hear_out()
    lines = printable_lines(load_tail(log, _TAIL_BYTES).strip())[-_TAIL_LINES:]
    return Check(
        command=command,
        passed=passed,
        seconds=round(watch.clock.monotonic() - begun, 3),
        timed_out=timed_out,
        log=str(log),
        tail="" if passed else "\n".join(lines),
    )
