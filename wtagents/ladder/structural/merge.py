"""One conflicted file merged by its syntax tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtagents.core.resolution import ConflictText
    from wtagents.ladder.outcome import Merged


def merge_structurally(conflict: ConflictText) -> Merged | None:  # noqa: ARG001
    """Return the whole file without its conflicts, or None where the language is unknown."""
    return None
