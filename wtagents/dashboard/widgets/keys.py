"""The line of the keys that do something now."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.widget import Widget

from wtagents.core.figures import text_width
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual import events
    from textual.screen import Screen

_GAP = 2


@record
class Key:
    """A key that is named."""

    key: str
    shown: str
    word: str
    stays: bool = False
    """Whether it is named however little room there is."""

    @property
    def width(self) -> int:
        """Columns of the terminal that it takes."""
        return text_width(self.shown) + 1 + text_width(self.word)


class KeyLine(Widget):
    """As many keys as there is room for, each whole; those that lead out of here always."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key", "keys--word"}
    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; padding: 0 1; background: $footer-background; }
    KeyLine > .keys--key { color: $footer-key-foreground; text-style: bold; }
    KeyLine > .keys--word { color: $footer-description-foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()

    def on_mount(self) -> None:
        """Hear of other keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked at."""
        x = event.x - self.gutter.left
        for start, each in self._placed():
            if start <= x < start + each.width:
                self.app.simulate_key(each.key)

    def render(self) -> Text:
        """Draw the line."""
        key, word = (self.get_component_rich_style(f"keys--{part}") for part in ("key", "word"))
        line = Text(no_wrap=True, end="")
        for start, each in self._placed():
            line.append(" " * (start - line.cell_len))
            line.append(each.shown, key).append(f" {each.word}", word)
        return line

    def _changed(self, screen: Screen[object]) -> None:
        keys = tuple(self._named(screen))
        if screen is self.screen and keys != self._keys:
            self._keys = keys
            self.refresh()

    def _named(self, screen: Screen[object]) -> Iterator[Key]:
        actions = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.action not in actions:
                actions.add(binding.action)
                yield Key(
                    key=binding.key,
                    shown=self.app.get_key_display(binding),
                    word=binding.description,
                    stays=active.node is self.app or binding.key == "escape",
                )

    def _placed(self) -> Iterator[tuple[int, Key]]:
        start = 0
        for each in fitting(self._keys, self.content_size.width):
            yield start, each
            start += each.width + _GAP


def fitting(keys: Sequence[Key], room: int) -> tuple[Key, ...]:
    """Return the keys that there is room for; the last are left out first."""
    left = room + _GAP - sum(each.width + _GAP for each in keys if each.stays)
    chosen = []
    for each in keys:
        if not each.stays:
            left -= each.width + _GAP
        if each.stays or left >= 0:
            chosen.append(each)
    return tuple(chosen)
