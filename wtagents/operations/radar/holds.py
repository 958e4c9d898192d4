"""Who holds which path, written down for the hook that agents ask before they edit.

A task holds what a person claimed for it, what the configuration gives to its name, and otherwise
what it was the first to change. The file is made anew by every look of the radar and every claim;
in between the hook itself notes who edits what.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.text import printable
from wtagents.core.watching.claim import is_pattern
from wtagents.store.claims import claims
from wtagents.store.radar import touches
from wtagents.store.tasks import tasks as stored_tasks
from wtagents.system.files import load_json, make_private_folder, write_json

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context

_EDITS_SECONDS = 30.0
"""How long noted edits are kept at least: by then a look has seen what came of them."""
_MOST_PATHS = 20_000


def record_holds(context: Context) -> None:
    """Write down who holds what now, and put the edits away that a look has seen.

    Any number of processes may do so at once: each writes the whole.
    """
    folder = context.paths.claims
    make_private_folder(folder)
    file = folder / "claims.json"
    holds = _holds(context)
    if load_json(file) != holds:
        write_json(file, holds, durable=False)
    _put_edits_away(context)


def _holds(context: Context) -> dict[str, Any]:
    with context.database.read() as db:
        known, claimed, changed = stored_tasks(db), claims(db), touches(db)
    live = {
        task.id: task
        for task in known
        if task.state not in ENDED_TASK_STATES and task.removed_at is None
    }
    areas = [
        _area(each.path, f"is claimed for {_doer(live[each.task_id])}.", [each.task_id])
        for each in claimed
        if each.task_id in live
    ]
    for own in context.settings.radar.own:
        owners = [task.id for task in live.values() if _is_named(task, own.task)]
        why = f"belongs to the task {printable(own.task)}: the repository's wta.toml says so."
        areas += [_area(path, why, owners) for path in own.paths]
    held: dict[str, list[int]] = {}
    for touch in changed[:_MOST_PATHS]:
        if touch.task_id in live:
            held.setdefault(touch.path, []).append(touch.task_id)
    return {
        "mode": str(context.settings.radar.claims),
        "newest": max((task.id for task in known), default=0),
        "tasks": {str(task.id): f"{_doer(task)}." for task in live.values()},
        "areas": areas,
        "held": held,
    }


def _area(path: str, why: str, owners: list[int]) -> dict[str, Any]:
    if not is_pattern(path):
        return {"path": path, "why": why, "tasks": owners}
    from fnmatch import translate

    return {"pattern": translate(path), "why": why, "tasks": owners}


def _is_named(task: Task, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(task.name, pattern)


def _doer(task: Task) -> str:
    return f'the task {task.name} ("{printable(task.prompt, 100)}")'


def _put_edits_away(context: Context) -> None:
    edits, old = context.paths.claims / "edits", context.paths.claims / "edits.old"
    now = context.clock.now().timestamp()
    with contextlib.suppress(FileNotFoundError):
        if now - old.stat().st_mtime < _EDITS_SECONDS:
            return
        old.unlink()
    with contextlib.suppress(FileNotFoundError):
        edits.rename(old)
