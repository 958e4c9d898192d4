"""What the screen of a task asks git for; called by worker threads, which post what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from wtagents.core.errors import WtaError
from wtagents.dashboard.patch import PatchLine, parse_patch
from wtagents.dashboard.widgets.review import coloured
from wtagents.operations.keeping.checkpoints import CheckpointList, checkpoints
from wtagents.operations.telling.diff import DiffRequest, diff

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.dashboard.grid import Cell
    from wtagents.dashboard.homes import Home


class PatchRead(Message):
    """The changes of the task were looked at."""

    def __init__(
        self,
        at: datetime | None,
        empty: str,
        *,
        patch: tuple[PatchLine, ...] = (),
        cells: tuple[Cell, ...] = (),
        said: str = "",
    ) -> None:
        """`at` is the moment that was looked at, None for now; `said` what these changes are."""
        super().__init__()
        self.at = at
        self.empty = empty
        self.patch = patch
        self.cells = cells
        self.said = said


class CheckpointsRead(Message):
    """The checkpoints of the task were looked at."""

    def __init__(self, at: datetime | None, found: CheckpointList | None, empty: str) -> None:
        """`at` is the moment that was looked at, None for now."""
        super().__init__()
        self.at = at
        self.found = found
        self.empty = empty


def compare(home: Home, name: str, *, landing: bool, at: datetime | None) -> PatchRead:
    """Return what a task changed, or what landing it would change; at a moment, or now."""
    context = home.another()
    try:
        changed = diff(context, DiffRequest(name=name, landing=landing, at=at))
        patch, said = parse_patch(changed.data.patch), "; ".join(changed.messages)
        empty = "; ".join(("nothing was changed since the base", *changed.messages))
        told = said if at is not None else ""
        return PatchRead(at, empty, patch=patch, cells=coloured(patch), said=told)
    except WtaError as error:
        return PatchRead(at, f"{error.message}   {error.hint}")
    finally:
        context.close()


def look_back(home: Home, name: str, at: datetime | None) -> CheckpointsRead:
    """Return what was kept of a task, until a moment or until now."""
    context = home.another()
    try:
        found = checkpoints(context, name, until=at).data
        return CheckpointsRead(at, found, "nothing was kept yet: that happens when a turn ends")
    except WtaError as error:
        return CheckpointsRead(at, None, f"{error.message}   {error.hint}")
    finally:
        context.close()
