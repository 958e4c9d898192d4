"""A text is written in the person's own editor, which has the terminal meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported
from textual.binding import Binding

from wtagents.core.errors import WtaError
from wtagents.system.person.editor import edit

if TYPE_CHECKING:
    from textual.app import App

EDIT = Binding("ctrl+g", "edit", "Editor", priority=True)
"""For whatever takes text; the key that Claude Code has for it."""


def edited(app: App[Any], text: str) -> tuple[str, str]:
    """Return what the editor made of a text, and '', or the same text and why nothing was made."""
    try:
        with app.suspend():
            return _attempt(text)
    except SuspendNotSupported:
        return text, "there is no terminal for an editor"


def _attempt(text: str) -> tuple[str, str]:
    """Edit; whatever is raised while an application is suspended would leave it so."""
    try:
        return edit(text), ""
    except WtaError as error:
        return text, f"{error.message}: {error.cause or error.hint}"
