"""The checkpoints of a task, to choose one from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from wtagents.dashboard.kept import COLUMNS, checkpoint_of, checkpoint_rows, restore_words
from wtagents.dashboard.widgets.table import Table

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.dashboard.desk import Desk
    from wtagents.operations.keeping.checkpoints import CheckpointList


class CheckpointTable(Table):
    """What was kept of a worktree."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Restore")]

    def __init__(self) -> None:
        super().__init__(id="kept", empty="looking …")
        self._checkpoints: CheckpointList | None = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Put nothing back where one may only look."""
        if action == "open" and not cast("Desk", self.app).may_act:
            return False
        return super().check_action(action, parameters)

    @property
    def chosen(self) -> Checkpoint | None:
        """The one under the cursor."""
        return checkpoint_of(self._checkpoints, self.key)

    def show_checkpoints(self, found: CheckpointList | None, now: datetime, empty: str) -> None:
        """Show them; `empty` says why there are none."""
        self._checkpoints = found
        rows = checkpoint_rows(found, now=now) if found is not None else ()
        self.show(COLUMNS, rows, empty=empty)

    def consequence(self, *, is_live: bool) -> str:
        """Say what it means to put the chosen one back."""
        return restore_words(self.chosen, is_live=is_live) if self.chosen is not None else ""
