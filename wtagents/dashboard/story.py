"""The story on the screen: wrapped to the width there is, followed until somebody scrolls up."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import RichLog

from wtagents.core.story import StoryLine, Voice

if TYPE_CHECKING:
    from textual.events import Resize

LINES = 5000
"""How much of a story is kept for scrolling; `wta logs` has all of it."""

_STYLES = {
    Voice.USER: "bold cyan",
    Voice.AGENT: "",
    Voice.THOUGHT: "italic dim",
    Voice.TOOL: "yellow",
    Voice.RESULT: "dim",
    Voice.ERROR: "red",
    Voice.QUESTION: "bold magenta",
    Voice.NOTE: "dim",
    Voice.END: "bold",
}
_MARKS = {
    Voice.USER: "> ",
    Voice.TOOL: "* ",
    Voice.RESULT: "  ",
    Voice.ERROR: "! ",
    Voice.QUESTION: "? ",
    Voice.NOTE: "- ",
    Voice.END: "= ",
}


class Story(RichLog):
    """Lines that are wrapped again when the terminal changes its width.

    A plain log keeps the line breaks of the width at which a line came, jumps to the end with every
    new one, and loses the end when the terminal shrinks.
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002  (Textual's own word)
        super().__init__(
            id=id, wrap=True, markup=False, highlight=False, min_width=1, max_lines=LINES
        )
        self._told: deque[Text] = deque(maxlen=LINES)
        self._follows = True
        self._width = 0
        self._missed = False

    def tell(self, line: Text) -> None:
        """Add a line; the end stays in sight unless somebody reads further up."""
        self._told.append(line)
        if self._missed or not self._can_wrap:
            self._missed = True  # out of sight it would be wrapped to nothing
            return
        self.write(line, scroll_end=self._follows)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice whether somebody leaves the end or comes back to it."""
        super().watch_scroll_y(old_value, new_value)
        if self.is_vertical_scroll_end:
            self._follows = True
        elif new_value < old_value:
            self._follows = False

    def on_resize(self, event: Resize) -> None:
        """Wrap again at another width, and keep the end in sight."""
        before, self._width = self._width, event.size.width
        self.call_after_refresh(self._fit, again=before not in (0, self._width))

    def on_show(self) -> None:
        """Write what was told out of sight."""
        self.call_after_refresh(self.catch_up)

    def catch_up(self) -> None:
        """Write what was told out of sight, if it is in sight now."""
        if self._missed and self._can_wrap:
            self._fit(again=True)

    @property
    def _can_wrap(self) -> bool:
        return self.is_on_screen and self.scrollable_content_region.width > 0

    def _fit(self, *, again: bool) -> None:
        if not self._can_wrap:
            self._missed = True
            return
        follows, place = self._follows, self.scroll_y
        if again or self._missed:
            self._missed = False
            self.clear()
            for line in self._told:
                self.write(line, scroll_end=False)
        if follows:
            self.scroll_end(animate=False, immediate=True, x_axis=False)
        else:
            self.scroll_to(y=place, animate=False, immediate=True)
        self._follows = follows


def rendered(line: StoryLine) -> Text:
    """Return a line of the story as it is shown; nothing in it is read as markup."""
    indent = "    " if line.child else ""
    return Text(f"{indent}{_MARKS.get(line.voice, '')}{line.text}", style=_STYLES[line.voice])
