"""One look of the radar: snapshots, merges that are only tried, the answer in the store.

One look at a time, under a lock of its own; killed anywhere, the next one begins again. Nothing of
the repository, its refs or a worktree is changed.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wtagents.core.errors import SystemFault
from wtagents.core.record import record, replace
from wtagents.core.watching.radar import TARGET, Clash, changed_touches, is_watched, with_since
from wtagents.git.merging.clashes import Memory, observe_clashes
from wtagents.git.merging.lookout import clear_lookout, drop_rooms, open_lookout
from wtagents.git.refs import branch_tips
from wtagents.operations.radar.sights import Sighting, observe_sightings
from wtagents.store.radar import record_clashes, record_touches, seen_clashes, touches
from wtagents.store.runs import latest_runs
from wtagents.store.tasks import tasks as stored_tasks
from wtagents.system.files import load_json, make_private_folder, write_json
from wtagents.system.lock import hold_lock, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.task import Task
    from wtagents.core.watching.radar import SeenClash
    from wtagents.git.merging.clashes import Matrix
    from wtagents.git.merging.lookout import Lookout
    from wtagents.operations.context import Context
    from wtagents.operations.radar.sights import Sightings, Unseen

_LOCK_SECONDS = 120.0
_MOST_READ = 2 * 10**9
"""Bytes that the lookout may have read before it begins anew."""
_MOST_TOUCHES = 2000
"""Paths of one task that are remembered by name."""


@record
class Look:
    """What one look saw."""

    tasks: tuple[Task, ...]
    """Those with a snapshot."""
    clashes: tuple[SeenClash, ...]
    unseen: tuple[Unseen, ...]
    tips: Mapping[int, Oid]
    """Snapshot of each task, a commit of the lookout."""
    looked_at: int
    """Worktrees that git was asked about; of the others nothing had moved."""


def look(context: Context, *, in_full: bool) -> Look:
    """Look now, after a look that is under way; with `in_full` git is asked about all worktrees.

    Raises DeadlineError when another look does not end.
    """
    make_private_folder(context.paths.root)
    with hold_lock(context.paths.radar_lock, seconds=_LOCK_SECONDS, what="looking at worktrees"):
        return _look(context, in_full=in_full)


def look_unless_busy(context: Context) -> Look | None:
    """Look now, or leave it to who is at it."""
    with try_lock(context.paths.radar_lock) as alone:
        return _look(context, in_full=False) if alone else None


def _look(context: Context, *, in_full: bool) -> Look:
    try:
        return _look_once(context, in_full=in_full)
    except (SystemFault, ValueError, TypeError):
        # The lookout may be damaged, of an older form, or lack what the user's git threw away.
        clear_lookout(context.paths.radar)
        return _look_once(context, in_full=True)


def _look_once(context: Context, *, in_full: bool) -> Look:
    with context.database.read() as db:
        watched = [task for task in stored_tasks(db) if is_watched(task)]
        runs = latest_runs(db)
    targets = branch_tips(context.repository)
    lookout = open_lookout(context.paths.radar, context.repository)
    drop_rooms(lookout, but={str(task.id) for task in watched})
    with _memory(lookout) as memory:
        sightings = observe_sightings(
            context,
            lookout,
            [(task, runs.get(task.id)) for task in watched],
            memory.sightings,
            tips=targets,
            in_full=in_full,
        )
        memory.sightings = dict(sightings.found)
        memory.read += sightings.read
        matrices = _matrices(lookout, watched, sightings, targets, memory.merges)
    return Look(
        tasks=tuple(task for task in watched if task.id in sightings.found),
        clashes=tuple(_record(context, matrices)),
        unseen=sightings.unseen,
        tips={task_id: seen.tip for task_id, seen in sightings.found.items()},
        looked_at=sightings.looked_at,
    )


def _matrices(
    lookout: Lookout,
    watched: list[Task],
    sightings: Sightings,
    targets: Mapping[BranchName, Oid],
    memory: Memory,
) -> list[Matrix]:
    """Compare the tasks of each target; one whose target is gone clashes with nobody."""
    groups: dict[BranchName, dict[int, Oid]] = defaultdict(dict)
    for task in watched:
        if task.id in sightings.found and task.target in targets:
            groups[task.target][task.id] = sightings.found[task.id].tip
    return [
        observe_clashes(lookout.hub, tips, targets[target], memory)
        for target, tips in groups.items()
    ]


def _record(context: Context, matrices: list[Matrix]) -> list[SeenClash]:
    """Put into the store what is new; a look that saw nothing new writes nothing."""
    now = context.clock.now()
    changed = [pair for matrix in matrices for pair in _changed_paths(matrix)]
    with context.database.read() as db:
        known, before = seen_clashes(db), touches(db)
    new, gone = changed_touches(before, changed, now)
    remaining = [touch for touch in before if touch not in set(gone)]
    clashes = sorted((c for m in matrices for c in _clashes(m)), key=lambda clash: clash.pair)
    seen = with_since(clashes, known, [*remaining, *new], now)
    if new or gone or seen != known:
        with context.database.write(actor="radar", durable=False) as db:
            record_touches(db, new, gone)
            record_clashes(db, seen, now)
    return seen


def _clashes(matrix: Matrix) -> Iterator[Clash]:
    for task_id, side in matrix.sides.items():
        if side.places or side.misfits:
            places = tuple(
                replace(place, lines=place.other_lines, other_lines=place.lines)
                for place in side.places
            )
            yield Clash(first_id=task_id, second_id=TARGET, places=places, misfits=side.misfits)
    for pair in sorted(matrix.pairs.keys() | matrix.misfits.keys()):
        yield Clash(
            first_id=pair[0],
            second_id=pair[1],
            places=matrix.pairs.get(pair, ()),
            misfits=matrix.misfits.get(pair, ()),
        )


def _changed_paths(matrix: Matrix) -> Iterator[tuple[int, str]]:
    for task_id, side in matrix.sides.items():
        paths = sorted(path for path in side.changes.paths if path.isprintable())
        yield from ((task_id, path) for path in paths[:_MOST_TOUCHES])


class _Memory:
    """What the last look saw and merged."""

    def __init__(self, plain: Any) -> None:
        fields = plain if isinstance(plain, dict) else {}
        known = fields.get("sightings")
        parsed = {
            int(task_id): Sighting.parse(seen)
            for task_id, seen in (known.items() if isinstance(known, dict) else ())
        }
        self.sightings = {key: seen for key, seen in parsed.items() if seen is not None}
        self.merges = Memory(fields.get("merges"))
        read = fields.get("read")
        self.read = read if isinstance(read, int) else 0
        """Bytes that the lookout has read since it was made; about what it takes at most."""

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "sightings": {task_id: seen.plain for task_id, seen in self.sightings.items()},
            "merges": self.merges.plain,
            "read": self.read,
        }


@contextmanager
def _memory(lookout: Lookout) -> Iterator[_Memory]:
    """Yield what is remembered, and remember it again after a look that came to its end."""
    file = lookout.root / "memory.json"
    memory = _Memory(load_json(file))
    yield memory
    if memory.read > _MOST_READ:
        clear_lookout(lookout.root)
    else:
        write_json(file, memory.plain, durable=False)
