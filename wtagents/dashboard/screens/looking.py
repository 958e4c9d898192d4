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
    from wtagents.dashboard.grid import Cell
    from wtagents.dashboard.homes import Home


class PatchRead(Message):
    """The changes of the task were looked at."""

    def __init__(self, patch: tuple[PatchLine, ...], cells: tuple[Cell, ...], empty: str) -> None:
        super().__init__()
        self.patch = patch
        self.cells = cells
        self.empty = empty


class CheckpointsRead(Message):
    """The checkpoints of the task were looked at."""

    def __init__(self, found: CheckpointList | None, empty: str) -> None:
        super().__init__()
        self.found = found
        self.empty = empty


def compare(home: Home, name: str, *, landing: bool) -> PatchRead:
    """Return what a task changed, or what landing it would change."""
    context = home.another()
    try:
        changed = diff(context, DiffRequest(name=name, landing=landing))
        patch = parse_patch(changed.data.patch)
        empty = "; ".join(("nothing was changed since the base", *changed.messages))
        return PatchRead(patch, coloured(patch), empty)
    except WtaError as error:
        return PatchRead((), (), f"{error.message}   {error.hint}")
    finally:
        context.close()


def look_back(home: Home, name: str) -> CheckpointsRead:
    """Return what was kept of a task."""
    context = home.another()
    try:
        found = checkpoints(context, name).data
        return CheckpointsRead(found, "nothing was kept yet: that happens when a turn ends")
    except WtaError as error:
        return CheckpointsRead(None, f"{error.message}   {error.hint}")
    finally:
        context.close()
