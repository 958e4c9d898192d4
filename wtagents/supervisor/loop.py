"""The supervisor: one per repository, ticking while there is something to look after.

It may be killed at any moment: all it knows is in the store, and the next one goes on. It holds a
lock file for life, so a second one ends at once and a dead one holds nothing.
"""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.task import TaskState, Wish
from wtagents.core.tending.reconcile import is_woken
from wtagents.operations.observe import observe
from wtagents.operations.tick import tick
from wtagents.supervisor.alerter import Alerter
from wtagents.supervisor.keeper import Keeper
from wtagents.supervisor.merger import Merger
from wtagents.supervisor.radar import Radar
from wtagents.system.files import make_private_folder
from wtagents.system.lock import try_lock
from wtagents.system.programs.deaths import DeathWatch
from wtagents.system.programs.notify import Notifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
"""Between two ticks while nothing calls for one; the end of a runner does."""
IDLE_SECONDS = 30.0
"""How long a supervisor stays after the last task came to rest."""


@record
class Supervised:
    """What a supervisor did before it ended."""

    ticks: int
    already_running: bool
    is_left: bool = False
    """Whether some task needs another tick."""


class Rest:
    """The time between two ticks, cut short by the end of a runner or of the supervisor itself."""

    def __init__(self) -> None:
        self.is_over = False
        """Whether somebody asked the supervisor to end."""
        self._deaths = DeathWatch()

    def end(self) -> None:
        """Ask for no tick any more; for a signal handler, too."""
        self.is_over = True
        self._deaths.ring()

    def watch(self, snapshot: Snapshot) -> None:
        """Have the runners in mind that live now."""
        facts = [view.run_facts for view in snapshot.views if view.run_facts is not None]
        self._deaths.watch([each.claim for each in facts if each.claim and each.runner_alive])

    def wait(self) -> None:
        """Return when the next tick is due."""
        if not self.is_over:
            self._deaths.wait(TICK_SECONDS)


def supervise(context: Context, *, once: bool, stay: bool = False) -> Supervised:
    """Tick once, or until idle or told to end by SIGTERM or SIGINT.

    One that is to `stay` does not end when it is idle, and waits for another one to end.
    A task that was added while an idle supervisor was ending has found the lock held and started
    nobody, so the world is looked at once more after the lock was given up.
    """
    make_private_folder(context.paths.root)
    rest, notifier = Rest(), Notifier()
    if not once:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: rest.end())
    notifier.tell("READY=1")
    ticks = 0
    while True:
        with try_lock(context.paths.supervisor_lock) as alone:
            if alone:
                ticks += _once(context) if once else _loop(context, rest, notifier, stay=stay)
            elif not stay:
                return Supervised(ticks=ticks, already_running=ticks == 0)
        if not alone:
            notifier.tell("WATCHDOG=1", "STATUS=waits for another supervisor to end")
            rest.wait()
        is_left = is_busy(observe(context))
        if once or rest.is_over or not (stay or is_left):
            notifier.tell("STOPPING=1")
            return Supervised(ticks=ticks, already_running=False, is_left=is_left)


def _once(context: Context) -> int:
    tick(context)
    if not observe(context).around.pauses.frozen:
        Merger(context).land_waiting()
    tick(context)
    snapshot = observe(context)
    for each in (Keeper(context), Alerter(context)):
        each.wake(snapshot)
        each.finish()
    return 2


def _loop(context: Context, rest: Rest, notifier: Notifier, *, stay: bool) -> int:
    merger, alerter = Merger(context), Alerter(context)
    beside = (Radar(context), Keeper(context), alerter)
    ticks = 0
    busy_at = context.clock.monotonic()
    while not rest.is_over:
        context.reload_settings()
        busy = _tick(context, rest, merger, beside) or alerter.busy
        ticks += 1
        # From the loop itself: a thread would say so for a loop that hangs.
        notifier.tell("WATCHDOG=1", f"STATUS={'at work' if busy else 'nothing to do'}")
        now = context.clock.monotonic()
        if busy:
            busy_at = now
        elif not stay and now - busy_at >= IDLE_SECONDS:
            break
        rest.wait()
    for each in (merger, *beside):
        each.finish()
    return ticks


def _tick(
    context: Context, rest: Rest, merger: Merger, beside: Iterable[Radar | Keeper | Alerter]
) -> bool:
    """Tick and say whether anything is left to look after; a failure is logged, never fatal."""
    try:
        passed = tick(context)
        for failure in passed.failures:
            logger.warning("%s (%s)", failure.message, failure.cause)
        snapshot = passed.seen
        rest.watch(snapshot)
        merger.wake(snapshot)
        for each in beside:
            each.wake(snapshot)
        return merger.busy or is_busy(snapshot)
    except WtaError as error:
        logger.exception("%s (%s)", error.message, error.cause)
        return True


def is_busy(snapshot: Snapshot) -> bool:
    """Whether some task will need a tick without a person doing anything."""
    return any(
        (view.run is not None and view.run.state in LIVE_RUN_STATES)
        or view.task.state in (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)
        or snapshot.can_land(view)
        or (view.task.wish is Wish.WORK and is_woken(view))
        for view in snapshot.views
    )
