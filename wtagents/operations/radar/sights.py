"""Which snapshot each worktree has, taken again only where something may have changed.

An agent's stream grows with everything that it does, and staging and committing touch the index and
the reflog: where none of them moved, nothing is asked. What changes without them (a person, a
process that an agent left) is seen by a look in full from time to time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from wtagents.core.errors import WtaError
from wtagents.core.ids import Oid
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.task import AgentKind
from wtagents.git.looking.signature import signature
from wtagents.git.merging.lookout import Round, look_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from wtagents.core.ids import BranchName
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.git.merging.lookout import Lookout, Sight
    from wtagents.operations.context import Context

LARGEST = 5_000_000
"""Bytes of a file above which its uncommitted changes are passed over."""
_LIVE_PATIENCE = 60.0
"""Seconds after which a worktree whose agent says nothing is looked at in full."""
_RESTING_PATIENCE = 300.0
_THREADS = 2
"""Worktrees that are looked at at once; more gain nothing on a small machine."""


@record
class Unseen:
    """A worktree that could not be looked at."""

    task_id: int
    why: str


@record
class Sighting:
    """One task's snapshot, and what it was taken from."""

    tip: Oid
    stamp: str
    """'' for one that cannot say whether it still holds."""
    at: float
    """Seconds since the epoch."""

    @classmethod
    def parse(cls, plain: Any) -> Sighting | None:
        """Read back `plain`; None for anything else."""
        try:
            tip, stamp, at = plain
            return cls(tip=Oid.parse(tip), stamp=str(stamp), at=float(at))
        except (TypeError, ValueError, WtaError):
            return None

    @property
    def plain(self) -> list[Any]:
        """As JSON."""
        return [self.tip, self.stamp, self.at]


@record
class Sightings:
    """All that was seen."""

    found: Mapping[int, Sighting]
    unseen: tuple[Unseen, ...]
    looked_at: int
    """Worktrees that git was asked about."""
    read: int
    """Bytes of changed files that were read."""


def observe_sightings(
    context: Context,
    lookout: Lookout,
    tasks: Iterable[tuple[Task, Run | None]],
    known: Mapping[int, Sighting],
    *,
    tips: Mapping[BranchName, Oid],
    in_full: bool,
) -> Sightings:
    """Look at the worktree of each task; one that fails never stops the rest."""
    now = context.clock.now()
    found: dict[int, Sighting] = {}
    due: list[tuple[Task, str]] = []
    for task, run in tasks:
        stamp, old = _stamp(context, task, run), known.get(task.id)
        if old is None or in_full or _is_due(old, stamp, run, now):
            due.append((task, stamp))
        else:
            found[task.id] = old
    unseen: list[Unseen] = []
    read = 0
    for (task, stamp), seen in zip(due, _look_at_all(context, lookout, due, tips), strict=True):
        if isinstance(seen, Unseen):
            unseen.append(seen)
        elif seen is not None:
            found[task.id] = Sighting(tip=seen.tip, stamp=stamp, at=now.timestamp())
            read += seen.read
    return Sightings(found=found, unseen=tuple(unseen), looked_at=len(due), read=read)


def _look_at_all(
    context: Context,
    lookout: Lookout,
    due: list[tuple[Task, str]],
    tips: Mapping[BranchName, Oid],
) -> list[Sight | Unseen | None]:
    if not due:
        return []
    round_ = Round(lookout, context.repository, tips)
    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="look") as pool:
        return list(pool.map(lambda each: _look_at(round_, each[0]), due))


def _look_at(round_: Round, task: Task) -> Sight | Unseen | None:
    try:
        return look_at(round_, task.worktree, name=str(task.id), largest=LARGEST)
    except (WtaError, OSError) as error:
        return Unseen(task_id=task.id, why=_in_words(error))


def _stamp(context: Context, task: Task, run: Run | None) -> str:
    """Return a text that changes when the worktree may have; taken before the look."""
    if run is None:
        return signature(task.worktree)
    if run.state in LIVE_RUN_STATES and task.agent.kind is AgentKind.COMMAND:
        return ""
    try:
        stat = context.paths.run(run.id).stream.stat()
    except OSError:
        return signature(task.worktree)
    return f"{signature(task.worktree)} {run.id} {stat.st_size} {stat.st_mtime_ns}"


def _is_due(old: Sighting, stamp: str, run: Run | None, now: datetime) -> bool:
    is_live = run is not None and run.state in LIVE_RUN_STATES
    patience = _LIVE_PATIENCE if is_live else _RESTING_PATIENCE
    is_old = not 0 <= now.timestamp() - old.at < patience
    return not stamp or stamp != old.stamp or is_old


def _in_words(error: WtaError | OSError) -> str:
    if isinstance(error, WtaError):
        return f"{error.message}: {error.cause}" if error.cause else error.message
    return str(error.strerror or error)
