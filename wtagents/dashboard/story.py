"""The story on the screen: wrapped to the width there is, followed, folded and searched."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wtagents.core.story import Voice
from wtagents.dashboard.reading import Folds, found_in, shown

if TYPE_CHECKING:
    from textual import events

    from wtagents.core.story import StoryLine

LINES = 5000
"""How much of a story is kept for scrolling; `wta logs` has all of it."""
_DROPPED = 500
"""How many lines are given up at once beyond that."""


class Story(ScrollView, can_focus=True):
    """Lines that are wrapped again when the terminal changes its width.

    The end is followed until somebody scrolls up, and again from when somebody is back there.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"story--cursor"}
    DEFAULT_CSS = """
    Story { overflow-x: hidden; overflow-y: scroll; }
    Story > .story--cursor { background: $panel; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/"),
        Binding("n", "found(1)", "Next"),
        Binding("N", "found(-1)", "Before", show=False),
        Binding("v", "fold", "Fold"),
        Binding("j", "tool(1)", "Next tool", show=False),
        Binding("k", "tool(-1)", "Tool before", show=False),
        Binding("space,enter", "turn", "Fold tool", key_display="space"),
        Binding("f", "follow", "Follow"),
    ]

    class SearchAsked(Message):
        """Somebody wants to search."""

    class Turned(Message):
        """The story is followed or not, or another place was found."""

        def __init__(self, text: str = "") -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str) -> None:  # noqa: A002  (Textual's own word)
        super().__init__(id=id)
        self._told: list[StoryLine] = []
        self._folds = Folds()
        self._words = ""
        self._found: list[int] = []
        self._at: int | None = None
        self._tools: list[int] = []
        self._cursor: int | None = None
        """The tool that was gone to or clicked at; a place among what was told, as `_tools` are."""
        self._strips: list[Strip] = []
        self._starts: list[int] = []
        """First strip of each line."""
        self._width = 0
        self.follows = True

    @property
    def lines(self) -> list[Strip]:
        """Every line of the terminal that the story takes."""
        return self._strips

    def tell(self, line: StoryLine) -> None:
        """Add a line; the end stays in sight unless somebody reads further up."""
        self._told.append(line)
        if line.voice is Voice.TOOL and line.call:
            self._tools.append(len(self._told) - 1)
            if len(self._tools) == 1:
                self.refresh_bindings()
        if self._words and any(found_in((line,), self._words)):
            self._found.append(len(self._told) - 1)
        if len(self._told) > LINES + _DROPPED:
            self._drop()
        elif self._width:
            self._wrap(line)
            self._fit()

    def begin_again(self) -> None:
        """Forget what was told; another story begins."""
        self._told, self._found, self._at = [], [], None
        self._tools, self._cursor = [], None
        self.follows = True
        self._keep_place()

    def search(self, words: str) -> None:
        """Mark the words and go to the last place that has them; no words, no marks."""
        self._words = words.strip()
        self._found = list(found_in(self._told, self._words)) if self._words else []
        self._at = self._found[-1] if self._found else None
        self._show_found()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the next place, and tools, where there are any."""
        del parameters
        wanted = {"found": self._found, "tool": self._tools, "turn": self._tools}
        return bool(wanted.get(action, True))

    def action_search(self) -> None:
        """Ask for words."""
        self.post_message(self.SearchAsked())

    def action_found(self, by: int) -> None:
        """Go to the next place, upwards as one reads back, or to the one before."""
        if not self._found:
            return
        here = self._found.index(self._at) if self._at in self._found else 0
        self._at = self._found[(here - by) % len(self._found)]
        self._show_found()

    def action_fold(self) -> None:
        """Show tools with their results, or one line each."""
        is_open = self._folds.turn_all()
        self._keep_place()
        said = "tools are shown whole; v folds them" if is_open else "tools are folded"
        self.post_message(self.Turned(said))

    def action_tool(self, by: int) -> None:
        """Go to the next tool that is told of, or to the one before; from afar to one in sight."""
        seen = self._in_sight
        here = seen[0] - 1 if by > 0 else seen[-1] + 1
        if self._cursor is not None and self._cursor in seen:
            here = self._cursor
        ahead = [place for place in self._tools if (place > here if by > 0 else place < here)]
        if ahead:
            self._point_at(ahead[0] if by > 0 else ahead[-1])

    def action_turn(self) -> None:
        """Unfold the tool that was gone to, or fold it."""
        if self._cursor is None:
            self.action_tool(-1)
        if self._cursor is not None:
            self._turn(self._cursor)

    def action_follow(self) -> None:
        """Keep the end in sight, or stay here whatever comes."""
        self._set_follows(not self.follows)
        if self.follows:
            self.scroll_end(animate=False, immediate=True)
        said = "the end is followed" if self.follows else "stays here; f follows again"
        self.post_message(self.Turned(said))

    def on_click(self, event: events.Click) -> None:
        """Unfold the tool that was clicked at, or fold it."""
        place = self._line_at(self.scroll_offset.y + event.y)
        call = "" if place is None else self._told[place].call
        if place is not None and call:
            named = (each for each in self._tools if self._told[each].call == call)
            self._cursor = next(named, None)
            self._turn(place)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notice whether somebody leaves the end or comes back to it."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and not self.is_vertical_scroll_end:
            self._set_follows(follows=False)
        elif new_value > old_value and self.is_vertical_scroll_end:
            self._set_follows(follows=True)

    def on_resize(self) -> None:
        """Wrap again at another width, and keep the end in sight."""
        width = self.scrollable_content_region.width
        if width and width != self._width:
            self._width = width
            self._keep_place()
        elif self.follows:
            self.scroll_end(animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the terminal."""
        index, width = self.scroll_offset.y + y, self.size.width
        if index >= len(self._strips):
            return Strip.blank(width, self.rich_style)
        strip = self._strips[index].extend_cell_length(width)
        if self._cursor is not None and self._line_at(index) == self._cursor:
            strip = strip.apply_style(self.get_component_rich_style("story--cursor", partial=True))
        return strip.apply_style(self.rich_style)

    # -------------------------------------------------------------- wrapping

    def _wrap(self, line: StoryLine) -> None:
        self._starts.append(len(self._strips))
        text = shown(line, self._folds, self._words)
        if text is None:
            return
        console = self.app.console
        for piece in text.wrap(console, self._width, overflow=text.overflow, no_wrap=text.no_wrap):
            segments = [Segment(each.text, each.style) for each in piece.render(console, end="")]
            self._strips.append(Strip(segments))

    def _keep_place(self) -> None:
        """Wrap everything again; the line on top stays there, unless the end is followed."""
        top = self._line_at(self.scroll_offset.y)
        self._strips, self._starts = [], []
        if not self._width:
            return
        for line in self._told:
            self._wrap(line)
        self._fit()
        if not self.follows and top is not None:
            self._scroll_quietly(self._starts[top])

    def _fit(self) -> None:
        follows = self.follows
        self.virtual_size = Size(self._width, len(self._strips))
        if follows:
            self.scroll_end(animate=False, immediate=True)
            self._set_follows(follows=True)
        self.refresh()

    def _drop(self) -> None:
        del self._told[:_DROPPED]
        self._found = [place - _DROPPED for place in self._found if place >= _DROPPED]
        self._at = None if self._at is None else max(0, self._at - _DROPPED)
        self._tools = [place - _DROPPED for place in self._tools if place >= _DROPPED]
        here = -1 if self._cursor is None else self._cursor - _DROPPED
        self._cursor = here if here >= 0 else None
        self._keep_place()

    @property
    def _in_sight(self) -> range:
        """The places of the lines that the terminal shows."""
        top = self.scroll_offset.y
        last = min(top + self.size.height, len(self._strips)) - 1
        return range(self._line_at(top) or 0, (self._line_at(last) or 0) + 1)

    def _point_at(self, place: int) -> None:
        """Put the cursor on a tool and bring it into sight; the end is not followed then."""
        self._cursor = place
        self._set_follows(follows=False)
        top, height, start = self.scroll_offset.y, self.size.height, self._starts[place]
        if not top <= start < top + height:
            self._scroll_quietly(start - height // 2)
        self.refresh()

    def _turn(self, place: int) -> None:
        self._folds.turn(self._told[place].call)
        self._keep_place()

    def _line_at(self, index: int) -> int | None:
        """Return the place of the line that a line of the terminal belongs to."""
        if not 0 <= index < len(self._strips):
            return None
        return bisect_right(self._starts, index) - 1

    def _show_found(self) -> None:
        """Unfold what is hidden, and bring it to the middle."""
        if self._at is not None:
            line = self._told[self._at]
            if not self._folds.is_open(line) and line.call:
                self._folds.turn(line.call)
            self._set_follows(follows=False)
        self._keep_place()
        if self._at is not None:
            self._scroll_quietly(self._starts[self._at] - self.size.height // 2)
            number = self._found.index(self._at) + 1
            self.post_message(self.Turned(f"{number} of {len(self._found)}: {self._words}"))
        elif self._words:
            self.post_message(self.Turned(f"not found: {self._words}"))

    def _scroll_quietly(self, y: int) -> None:
        follows = self.follows
        self.scroll_to(y=max(0, y), animate=False, immediate=True)
        self.follows = follows

    def _set_follows(self, follows: bool) -> None:  # noqa: FBT001  (one of two)
        if follows != self.follows:
            self.follows = follows
            self.post_message(self.Turned())
