"""The keys, and what the signs in front of a task mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Footer, Static

from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.dashboard.view import GLYPHS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult

KEYS = (
    ("Everywhere", ""),
    ("1  2  3  4", "board, inbox, queue, cost"),
    ("ctrl+p", "find any act by its name; also other themes"),
    ("?  q", "this help; leave: agents and supervisor go on"),
    ("A task, on any screen", ""),
    ("enter  d", "open its story; its diff"),
    ("a  t", "answer what its agent asks; tell it something"),
    ("m  A  w", "merge; approve what is held; withdraw from the queue"),
    ("x  r", "stop its agent; begin it again"),
    ("u  c", "undo its landing; cancel it (both ask first)"),
    ("The board", ""),
    ("n", "begin a new task"),
    ("/  escape", "show only tasks with these words; all again"),
    ("s  o", "sort by the next thing; choose columns"),
    ("The inbox", ""),
    ("y  n", "allow; deny with a reason"),
    ("Y  z  Z", "allow all alike; snooze; show what was snoozed"),
    ("The cost", ""),
    ("b", "by task, by model, by day"),
    ("One task", ""),
    ("i  escape", "talk to its agent; back"),
    ("[  ]", "story, diff, facts"),
    ("l", "the diff of the last attempt to land, or of all changes"),
    ("enter  f  S", "comment on a line; next file; send the comments"),
    ("ctrl+c", "end the running turn, not the agent"),
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
    "looping": "the same command with the same outcome, again and again",
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
        with Vertical(classes="dialog -large"):
            with VerticalScroll(id="help"):
                yield Static(_table(KEYS))
                yield Static(_table((("", ""), ("Signs and words", ""), *meanings)))
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one("#help").focus()

    def action_leave(self) -> None:
        """Go back."""
        self.close(None)


def _table(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True, min_width=14)
    table.add_column()
    for keys, said in rows:
        if said:
            table.add_row(Text(keys, "bold"), Text(said))
        else:
            table.add_row(Text(keys, "dim bold"), Text(""))
    return table
