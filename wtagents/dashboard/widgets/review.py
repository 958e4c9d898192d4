"""The diff of a task: its files, its lines, and what is said about them to the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message

from wtagents.core.figures import plural
from wtagents.core.text import printable_lines
from wtagents.dashboard.grid import Cell, Column, Heading, Line, Row, Tone, cell
from wtagents.dashboard.patch import Comment, Kind, PatchLine, comments_message, files_of
from wtagents.dashboard.syntax import highlighted
from wtagents.dashboard.widgets.patch_table import PatchTable
from wtagents.dashboard.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult
    from textual.events import Resize

WIDE = 110
_FILES = (
    Column(title="FILE", flexible=True),
    Column(title="ADDED", right=True),
    Column(title="GONE", right=True),
)
_PATCH = (
    Column(title="", width=5, right=True),
    Column(title="", width=5, right=True),
    Column(title="", flexible=True),
)
_SIGNS = {Kind.ADDED: ("+ ", Tone.GOOD), Kind.REMOVED: ("- ", Tone.BAD)}


class Review(Horizontal):
    """Files to the left where there is room, the lines with the comments to the right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "file(1)", "Next file"),
        Binding("F", "file(-1)", "File before", show=False),
        Binding("S", "send_comments", "Send comments"),
    ]

    class CommentAsked(Message):
        """A line is to be commented on; `text` is what was said before."""

        def __init__(self, line: PatchLine, text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

    class CommentsDone(Message):
        """The comments are to be sent."""

        def __init__(self, text: str, number: int) -> None:
            super().__init__()
            self.text = text
            self.number = number

    def __init__(self) -> None:
        super().__init__(id="review")
        self._patch: tuple[PatchLine, ...] = ()
        self._cells: tuple[Cell, ...] = ()
        self._comments: dict[PatchLine, str] = {}

    def compose(self) -> ComposeResult:
        """Show the files and the lines."""
        yield Table(id="files")
        yield PatchTable(id="patch", empty="looking …")

    def on_resize(self, event: Resize) -> None:
        """Show the files where there is room."""
        self.query_one("#files").display = event.size.width >= WIDE

    def show(self, patch: tuple[PatchLine, ...], cells: tuple[Cell, ...], empty: str) -> None:
        """Show a patch with its coloured lines; comments stay on the lines that are still there."""
        self._patch, self._cells = patch, cells
        rows = [
            Row(
                key=each.path,
                cells=(
                    cell(each.path),
                    cell(f"+{each.added}", Tone.GOOD),
                    cell(f"-{each.removed}", Tone.BAD),
                ),
            )
            for each in files_of(patch)
        ]
        self.query_one("#files", Table).show(_FILES, rows)
        self._draw(empty)

    def comment(self, line: PatchLine, text: str) -> None:
        """Say something about a line; nothing takes it back."""
        if text:
            self._comments[line] = text
        else:
            self._comments.pop(line, None)
        self._draw()
        self.refresh_bindings()

    def forget_comments(self) -> None:
        """They were sent."""
        self._comments.clear()
        self._draw()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to send what there is."""
        del parameters
        return bool(self._comments) if action == "send_comments" else True

    def action_file(self, by: int) -> None:
        """Go to the next file, or to the one before."""
        paths = [each.path for each in files_of(self._patch)]
        table = self.query_one(PatchTable)
        here = self._patch[int(table.key)].path if table.key is not None else ""
        if paths:
            at = paths.index(here) if here in paths else -1
            self._go_to_file(paths[(at + by) % len(paths)])

    def action_send_comments(self) -> None:
        """Ask for the comments to be sent as one message."""
        said = self._said()
        self.post_message(self.CommentsDone(comments_message(said), len(said)))

    def _said(self) -> list[Comment]:
        places = {line: index for index, line in enumerate(self._patch)}
        lines = sorted(self._comments, key=lambda line: places.get(line, -1))
        return [Comment(line=line, text=self._comments[line]) for line in lines]

    def _draw(self, empty: str = "") -> None:
        table = self.query_one(PatchTable)
        table.show(_PATCH, list(_lines(self._patch, self._cells, self._comments)), empty=empty)

    def _go_to_file(self, path: str) -> None:
        rows = (index for index, line in enumerate(self._patch) if line.path == path)
        first = next((index for index in rows if _is_row(self._patch[index])), None)
        if first is not None:
            self.query_one(PatchTable).choose(str(first))

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        event.stop()
        if event.key is None:
            return
        if event.table.id == "files":
            self._go_to_file(event.key)
            self.query_one(PatchTable).focus()
            return
        line = self._patch[int(event.key)]
        self.post_message(self.CommentAsked(line, self._comments.get(line, "")))


def coloured(patch: Sequence[PatchLine]) -> tuple[Cell, ...]:
    """Return the text of each line in its tones; both sides of a hunk are read as they stand."""
    cells = [Cell(parts=((line.text, Tone.PLAIN),)) for line in patch]
    for hunk in _hunks(patch):
        for side in ((Kind.SAME, Kind.REMOVED), (Kind.SAME, Kind.ADDED)):
            indexes = [index for index in hunk if patch[index].kind in side]
            if indexes:
                path, texts = patch[hunk[0]].path, [patch[index].text for index in indexes]
                for index, shown in zip(indexes, highlighted(path, texts), strict=True):
                    cells[index] = shown
    return tuple(cells)


def _hunks(patch: Sequence[PatchLine]) -> Iterator[list[int]]:
    hunk: list[int] = []
    for index, line in enumerate(patch):
        if _is_row(line):
            hunk.append(index)
        elif hunk:
            yield hunk
            hunk = []
    if hunk:
        yield hunk


def _is_row(line: PatchLine) -> bool:
    return line.kind in (Kind.SAME, Kind.ADDED, Kind.REMOVED)


def _lines(
    patch: Sequence[PatchLine], cells: Sequence[Cell], comments: dict[PatchLine, str]
) -> Iterator[Line]:
    gone = [text for line, text in comments.items() if line not in patch] if comments else []
    if gone:
        words = plural(len(gone), "comment")
        yield Heading(text=f"{words} on lines that have changed: sent with the others")
    for index, (line, shown) in enumerate(zip(patch, cells, strict=True)):
        match line.kind:
            case Kind.FILE:
                if index:
                    yield Heading(text="")
                yield Heading(text=line.text, tone=Tone.STRONG)
            case Kind.HUNK:
                yield Heading(text=f"⋯ {line.text}", tone=Tone.FAINT)
            case Kind.NOTE:
                yield Heading(text=line.text, tone=Tone.FAINT)
            case _:
                yield _row(index, line, shown)
        for said in printable_lines(comments[line]) if line in comments else ():
            yield Heading(text=f"{'':14}┃ {said}", tone=Tone.NOTICE)


def _row(index: int, line: PatchLine, shown: Cell) -> Row:
    sign = _SIGNS.get(line.kind, ("  ", Tone.PLAIN))
    old = cell(str(line.old) if line.old is not None else "", Tone.FAINT)
    new = cell(str(line.new) if line.new is not None else "", Tone.FAINT)
    return Row(
        key=str(index),
        cells=(old, new, Cell(parts=(sign, *shown.parts))),
        ground=line.kind if line.kind in _SIGNS else "",
    )
