"""The life of a runner: claim the run, live it, say how it ended.

Whatever happens after the claim, an exit is written: an unexpected error of the runner itself is
told there as `lost`, with its traceback in `runner.log`.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, SystemFault
from wtagents.core.record import replace
from wtagents.core.run import Exit, ExitReason, Phase
from wtagents.runner.outcome import STOPPED_EARLY, Outcome, with_walls
from wtagents.runner.prepare import run_setup, wait_for_files
from wtagents.runner.stopping import clear_processes
from wtagents.runner.walls import Walls
from wtagents.runner.watch import Watch
from wtagents.system.clock import SystemClock
from wtagents.system.command import clean_environment
from wtagents.system.files import append_text
from wtagents.system.paths import RunFolder
from wtagents.system.process import RUN_MARK, adopt_orphans, own_identity
from wtagents.system.programs.bell import Bell
from wtagents.system.programs.lines import Lines
from wtagents.system.run_folder import load_order, write_agent, write_claim, write_exit

if TYPE_CHECKING:
    from wtagents.core.order import Order

DISK_PATIENCE_SECONDS = 3600.0
"""How long the exit is tried to be written on a disk that takes nothing."""
DISK_PAUSE_SECONDS = 2.0
DETAIL_LIMIT = 400


def main(arguments: list[str]) -> int:
    """Run one order; return 0 also when another runner had claimed it."""
    if len(arguments) != 1:
        raise SystemExit("usage: python -m wtagents.runner RUN_FOLDER")
    folder = RunFolder(root=Path(arguments[0]).absolute())
    bell = Bell()
    try:
        if not write_claim(folder, own_identity()):
            return ExitCode.OK
    except SystemFault as fault:
        _log(folder, f"{fault.message}: {fault.cause}")
        return fault.exit_code
    watch = Watch(folder, SystemClock(), bell)
    order = load_order(folder)
    if order is None:
        outcome = Outcome(reason=ExitReason.NOT_STARTED, detail="the order cannot be read")
        return _close(watch, outcome, survivors=0)
    outcome = _guarded(watch, order)
    survivors, left = clear_processes(watch, order)
    if left:
        outcome = replace(outcome, detail=f"{outcome.detail}; {left}")
    return _close(watch, outcome, survivors=survivors)


def _live(watch: Watch, order: Order) -> Outcome:
    """Carry out the order up to the end of the agent's process."""
    environment = clean_environment({**dict(order.environment), RUN_MARK: order.run_id})
    walls = Walls(watch, order)
    hindrance = wait_for_files(watch, order) or run_setup(watch, order, walls, environment)
    if hindrance is not None:
        return hindrance
    if watch.stops:
        return STOPPED_EARLY
    lines = Lines()
    try:
        with (
            watch.hear(watch.folder.stream, lines=lines) as said,
            watch.hear(watch.folder.stderr) as complained,
        ):
            child = walls.start(
                order.argv,
                environment=environment,
                stdout=said,
                stderr=complained,
                speaks=bool(order.prompt),
            )
    except SystemFault as fault:
        detail = f"{fault.message}: {fault.cause}" if fault.cause else fault.message
        return Outcome(reason=ExitReason.NOT_STARTED, detail=detail)
    adopt_orphans()
    watch.show_phase(Phase.STARTING, "")
    identity = child.identity
    if identity is not None:
        with contextlib.suppress(SystemFault):
            write_agent(watch.folder, identity)
    from wtagents.runner.drive import Drive

    outcome = Drive(watch, order, child, walls, lines).run()
    if order.checks:
        from wtagents.runner.checks import run_checks

        outcome = run_checks(watch, order, walls, environment, outcome)
    walls.mend()
    return with_walls(outcome, refused=walls.refused, mended=walls.mended)


def _guarded(watch: Watch, order: Order) -> Outcome:
    """Turn a defect of the runner into an outcome; nobody knows then how the agent ended."""
    try:
        return _live(watch, order)
    except Exception as error:  # noqa: BLE001 - the one boundary: nobody else could tell of it
        import traceback

        _log(watch.folder, traceback.format_exc())
        detail = f"the runner failed: {type(error).__name__}: {error}"
        return Outcome(reason=ExitReason.LOST, detail=detail)


def _close(watch: Watch, outcome: Outcome, *, survivors: int) -> int:
    """Write the exit; on a disk that takes nothing it is tried until there is space again."""
    from wtagents.core.text import printable

    ended = Exit(
        reason=outcome.reason,
        detail=printable(outcome.detail, DETAIL_LIMIT),
        exit_code=outcome.exit_code,
        denials=outcome.denials,
        retry_at=outcome.retry_at,
        usage=outcome.usage,
        survivors=survivors,
        at=watch.clock.now(),
        checks=outcome.checks,
    )
    end = watch.clock.monotonic() + DISK_PATIENCE_SECONDS
    while True:
        watch.hear_out()
        try:
            write_exit(watch.folder, ended)
        except SystemFault as fault:
            _log(watch.folder, f"{fault.message}: {fault.cause}")
            if watch.clock.monotonic() >= end or not watch.folder.root.is_dir():
                return fault.exit_code
            watch.pause(DISK_PAUSE_SECONDS)
        else:
            return ExitCode.OK


def _log(folder: RunFolder, text: str) -> None:
    """Keep what nobody listens to; a disk that takes nothing takes this with it."""
    with contextlib.suppress(SystemFault):
        append_text(folder.runner_log, f"{text}\n")
