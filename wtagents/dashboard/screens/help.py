"""The keys, and what the signs in front of a task mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from wtagents.dashboard.acts import ALL_DEEDS, BOARD_DEEDS, TASK_DEEDS, Deed
from wtagents.dashboard.cells import GLYPHS
from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.dashboard.widgets.keys import KeyLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType
    from textual.app import ComposeResult

_SCREENS = (
    ("Everywhere", ""),
    ("1  2  3  4", "board, inbox, queue, cost"),
    (",  .  @", "a minute back, forward; go to a moment (read-only)"),
    ("ctrl+p", "find any act by its name; also other themes"),
    ("?  q", "this help; leave: agents and supervisor go on"),
)
_MORE = (
    ("ctrl+y", "copy its branch, path or attach command (tmux: set-clipboard on)"),
    ("The board", ""),
    ("enter  d", "open the story of a task; its diff"),
    ("/  escape", "show only tasks with these words; all again"),
    ("s  o", "sort by the next thing; choose columns"),
    ("The inbox", ""),
    ("y  n", "allow; deny with a reason"),
    ("a", "choose what an agent wants chosen"),
    ("Y  N", "allow all alike; deny all alike (both ask first)"),
    ("L", "make it a rule: the change is shown before it is written"),
    ("z  Z", "snooze; show what was snoozed"),
    ("The cost", ""),
    ("b", "by task, by model, by day; what each task came to"),
    ("One task", ""),
    ("i  escape", "talk to its agent; back"),
    ("[  ]", "story, diff, plan, checkpoints, facts"),
    ("/  n  N", "search in the story; the place before, the one after"),
    ("v  f", "show tools whole or folded; follow the end or stay"),
    ("j  k  space", "the next tool, the one before; unfold it or fold it"),
    ("l", "the diff of the last attempt to land, or of all changes"),
    ("enter  f  S", "comment on a line; next file; send the comments"),
    ("←  →", "see the ends of long lines of the diff; also with shift and the wheel"),
    ("ctrl+c", "end the running turn, not the agent"),
    ("ctrl+g", "write it in $VISUAL or $EDITOR: a prompt, a word to the agent, a comment"),
)
_MEANINGS = {
    "starting": "its agent begins, or its worktree is made",
    "working": "its agent works",
    "in a tool": "a tool of it runs long, and is at work",
    "retrying": "the API failed; the next try is announced",
    "limited": "waits for the end of a rate limit",
    "idle": "its turn has ended",
    "quiet": "its agent has been silent for a while",
    "stuck": "silent for long: look at it",
    "looping": "does the same again and again, or comes back to the same files",
    "lost": "its runner is gone; the next tick begins it again",
    "asking": "its agent waits for a permission",
    "queued": "waits for a place, a limit or a pause",
    "ready": "done, and can be merged",
    "merging": "waits to land, or lands",
    "merged": "landed",
    "failed": "ended without a result",
    "stopped": "rests until it is begun again",
    "cancelled": "given up",
}


class HelpDialog(Dialog[None]):
    """Tells what there is to press and to see."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "leave", "Close")]

    def compose(self) -> ComposeResult:
        """Show both tables."""
        meanings = ((f"{GLYPHS[word]} {word}", said) for word, said in _MEANINGS.items())
        with Vertical(id="help-dialog", classes="dialog -large"):
            with VerticalScroll(id="help"):
                yield Static(Group(*_parts((*keys(), ("Signs and words", ""), *meanings))))
            yield KeyLine()

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one("#help").focus()

    def action_leave(self) -> None:
        """Go back."""
        self.close(None)


def keys() -> Iterator[tuple[str, str]]:
    """Return every key with what it does; a part without keys is a heading."""
    yield from _SCREENS
    for title, deeds in (
        ("A task, on any screen", TASK_DEEDS),
        ("All tasks", (*ALL_DEEDS, *BOARD_DEEDS)),
    ):
        yield title, ""
        for key in dict.fromkeys(deed.key for deed in deeds):
            yield key, "; ".join(_meaning(deed) for deed in deeds if deed.key == key)
    yield from _MORE


def _meaning(deed: Deed) -> str:
    return f"{deed.meaning}{' (asks first)' if deed.asks else ''}"


def _parts(rows: Iterable[tuple[str, str]]) -> Iterator[RenderableType]:
    """Lay out each part below its heading, the keys of all parts in one column."""
    table = _table()
    for keys, said in rows:
        if said:
            table.add_row(Text(keys, "bold"), Text(said))
        else:
            yield from (table, Text("")) if table.row_count else ()
            yield Text(keys, "dim bold")
            table = _table()
    yield table


def _table() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=12)
    table.add_column()
    return table
