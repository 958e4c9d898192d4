"""Forgetting: the traces of gone tasks are found on the disk, and deleted after another look.

Rows and events stay. What no row explains stays, too.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.keeping.traces import Traces, landed_whole
from wtagents.core.record import record
from wtagents.git.hub import open_hub
from wtagents.git.keeping.checkpoints import all_checkpoints, drop_checkpoints
from wtagents.git.refs import contains, ref_value
from wtagents.store.merges import forget_gate_verdicts, merge_requests
from wtagents.store.runs import runs_of, tasks_of_runs
from wtagents.store.tasks import gone_tasks, note_forgotten
from wtagents.store.undos import undone_landings
from wtagents.system.files import make_private_folder
from wtagents.system.folders.deletion import discard
from wtagents.system.lock import is_held
from wtagents.system.process import RUN_MARK, marked_processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wtagents.core.ids import RefName
    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.task import Task
    from wtagents.git.hub import ArchiveRef, Hub
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)

_GATE_LOG = re.compile(
    r".+-(?P<request>\d+)-(\d+|\d+-again|\d+-regenerate|undo|after|again|before|between)-\d+\.log"
)
"""See `verify.py`, `take_back.py`, `after.py` and `climbing/regenerate.py` of `landing/`."""
_LOCK = re.compile(r"task-(?P<task>\d+)(\.checkout)?\.lock")


@record
class _Known:
    """What the store says."""

    gone: dict[int, Task]
    requests: dict[int, MergeRequest]
    undone: frozenset[int]
    task_of_run: dict[str, int]

    def requests_of(self, task_id: int) -> list[MergeRequest]:
        return [each for each in self.requests.values() if each.task_id == task_id]


def observe_traces(context: Context, *, only: int | None = None) -> list[Traces]:
    """Look what gone tasks left, or one of them. Raises SystemFault when the disk cannot answer."""
    known = _known(context)
    chosen = [task for task in known.gone.values() if only in (None, task.id)]
    if not chosen:
        return []
    runs, logs, locks = _runs(context, known), _gate_logs(context, known), _locks(context)
    commits, checkpoints = _landed_commits(context, known, chosen), _checkpoints(context)
    found = [
        Traces(
            task=task.name,
            task_id=task.id,
            runs=tuple(runs[task.id]),
            gate_logs=tuple(logs[task.id]),
            locks=tuple(locks[task.id]),
            commits=tuple(commits[task.id]),
            checkpoints=tuple(checkpoints.get(task.id, ())),
        )
        for task in chosen
    ]
    return [traces for traces in found if not traces.is_empty]


def forget(context: Context, task_id: int, *, scrap: Path) -> Traces | None:
    """Delete what one gone task left, after another look; None when it came back or is at work.

    Called under the repository lock; what is in `scrap` is to be emptied outside it.
    Raises SystemFault when the disk refuses: the next pass goes on.
    """
    with context.database.read() as db:
        marks = [(RUN_MARK, str(run.id)) for run in runs_of(db, task_id)]
    found = observe_traces(context, only=task_id)
    if not found or (marks and marked_processes(*marks)):
        return None
    (traces,) = found
    make_private_folder(scrap.parent)
    for path in (*traces.runs, *traces.gate_logs):
        discard(path.parent, path.name, scrap=scrap)
    for path in traces.locks:
        path.unlink(missing_ok=True)
    if traces.commits:
        hub = open_hub(context.paths, context.repository)
        hub.forget(each for each in hub.archive_refs() if each.ref in traces.commits)
    if traces.checkpoints:
        hub = open_hub(context.paths, context.repository)
        drop_checkpoints(hub, task_id, traces.checkpoints)
    if traces.counts:
        with context.database.write() as db:
            forget_gate_verdicts(db, map(str, traces.gate_logs))
            note_forgotten(db, task_id, context.clock.now(), left=traces.counts)
    return traces


def _known(context: Context) -> _Known:
    before = context.clock.now() - timedelta(seconds=context.settings.cleanup.keep)
    with context.database.read() as db:
        gone = gone_tasks(db, before=before)
        requests = merge_requests(db) if gone else []
        undone = undone_landings(db)
        task_of_run = tasks_of_runs(db, _names(context.paths.runs)) if gone else {}
    return _Known(
        gone={task.id: task for task in gone},
        requests={request.id: request for request in requests},
        undone=undone,
        task_of_run=task_of_run,
    )


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _runs(context: Context, known: _Known) -> dict[int, list[Path]]:
    found = defaultdict(list)
    for run_id, task_id in known.task_of_run.items():
        found[task_id].append(context.paths.runs / run_id)
    return found


def _gate_logs(context: Context, known: _Known) -> dict[int, list[Path]]:
    """Return the logs of gates by task, but those that the record of a task still here cites."""
    cited = {
        gate.log
        for request in known.requests.values()
        if request.task_id not in known.gone
        for gate in request.gates
    }
    found = defaultdict(list)
    for name in _names(context.paths.gates):
        path, parts = context.paths.gates / name, _GATE_LOG.fullmatch(name)
        request = known.requests.get(int(parts["request"])) if parts else None
        if request is not None and str(path) not in cited:
            found[request.task_id].append(path)
    return found


def _locks(context: Context) -> dict[int, list[Path]]:
    found = defaultdict(list)
    for name in _names(context.paths.root):
        parts, path = _LOCK.fullmatch(name), context.paths.root / name
        if parts and not is_held(path):
            found[int(parts["task"])].append(path)
    return found


def _checkpoints(context: Context) -> Mapping[int, Sequence[Checkpoint]]:
    """Return the checkpoints of all tasks; a hub that cannot be asked keeps them."""
    if not context.paths.hub.is_dir():
        return {}
    try:
        return all_checkpoints(open_hub(context.paths, context.repository))
    except (WtaError, ValueError) as error:
        logger.info("checkpoints are not looked at: %s", error)
        return {}


def _landed_commits(
    context: Context, known: _Known, chosen: Iterable[Task]
) -> dict[int, list[RefName]]:
    """Return the archived commits by task that may go; a hub that cannot be asked keeps all."""
    found: dict[int, list[RefName]] = defaultdict(list)
    landed = {
        task.id: landed_whole(known.requests_of(task.id), undone=known.undone) for task in chosen
    }
    if not any(landed.values()) or not context.paths.hub.is_dir():
        return found
    try:
        hub = open_hub(context.paths, context.repository)
        refs = hub.archive_refs()
        for task in chosen:
            own = _own(task, known.requests_of(task.id), refs)
            if own and landed[task.id]:
                found[task.id] = [each.ref for each in _landed(context, hub, landed[task.id], own)]
    except WtaError as error:
        logger.info("archived commits are not looked at: %s", error)
        return defaultdict(list)
    return found


def own_archive(context: Context, hub: Hub, task: Task) -> list[ArchiveRef]:
    """Return every commit that is archived for a task, landed or not."""
    with context.database.read() as db:
        requests = [each for each in merge_requests(db) if each.task_id == task.id]
    return _own(task, requests, hub.archive_refs())


def _own(
    task: Task, requests: Iterable[MergeRequest], refs: Iterable[ArchiveRef]
) -> list[ArchiveRef]:
    epochs = {str(task.id), *(str(request.id) for request in requests)}
    folder = task.name.folder
    return [each for each in refs if each.folder == folder and each.epoch in epochs]


def _landed(
    context: Context, hub: Hub, landings: Iterable[MergeRequest], own: Iterable[ArchiveRef]
) -> Iterator[ArchiveRef]:
    """Yield the refs whose commits are part of a landing that the target still holds."""
    sources = [
        request.source
        for request in landings
        if request.source and _is_held_by_target(context, request)
    ]
    for each in own:
        if any(contains(hub.repo, source, each.oid) for source in sources):
            yield each


def _is_held_by_target(context: Context, request: MergeRequest) -> bool:
    tip, candidate = ref_value(context.repository, request.target.ref), request.candidate
    return bool(tip and candidate and contains(context.repository, tip, candidate))
