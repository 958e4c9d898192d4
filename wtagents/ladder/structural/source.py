"""One text: its bytes, its rows, and where nodes stand in them."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.ladder.structural.naming import is_comment

if TYPE_CHECKING:
    from tree_sitter import Node

    from wtagents.ladder.structural.language import Language

_DEPTH = 40
"""How deep a comment may hang at the end of a node."""


@record
class Source:
    """A text that ends with a line feed. Rows count from 0, places are bytes."""

    language: Language
    data: bytes
    starts: tuple[int, ...]
    """Where each row starts, and the end of the text."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.starts) - 1

    def text(self, start: int, end: int) -> str:
        """Return what stands between two places."""
        return self.data[start:end].decode()

    def lines(self, first: int, end: int) -> str:
        """Return the rows from `first` to `end`, which is not among them."""
        return self.text(self.starts[first], self.starts[end])

    def row(self, place: int) -> int:
        """Return the row of a place."""
        return bisect_right(self.starts, place, hi=self.rows) - 1

    def is_blank(self, row: int) -> bool:
        """Whether nothing is on a row."""
        return not self.data[self.starts[row] : self.starts[row + 1]].strip()

    def is_comment_line(self, row: int) -> bool:
        """Whether a row begins with the language's mark of a comment."""
        mark = self.language.comment.encode()
        line = self.data[self.starts[row] : self.starts[row + 1]]
        return bool(mark) and line.lstrip().startswith(mark)

    def begins_row(self, place: int) -> bool:
        """Whether only white space stands before a place on its row."""
        return not self.data[self.starts[self.row(place)] : place].strip()

    def end(self, node: Node) -> int:
        """Return where a node ends, without line feeds and comments that grammars hang there."""
        end = self._trimmed(node.start_byte, node.end_byte)
        while True:
            comment = self._last_comment(node, end)
            if comment is None:
                return end
            end = self._trimmed(node.start_byte, comment.start_byte)

    def _trimmed(self, start: int, end: int) -> int:
        return start + len(self.data[start:end].rstrip())

    def _last_comment(self, node: Node, end: int) -> Node | None:
        """Return the comment on rows of its own that ends a node and is not indented in it."""
        last = node
        for _ in range(_DEPTH):
            inner = [child for child in last.children if child.start_byte < end]
            if not inner or self._trimmed(inner[-1].start_byte, inner[-1].end_byte) < end:
                return None
            last = inner[-1]
            if is_comment(last):
                below = last.start_point.column <= node.start_point.column
                return last if below and self.begins_row(last.start_byte) else None
        return None


def open_source(language: Language, data: bytes) -> Source:
    """Return the source of a text that ends with a line feed."""
    starts = [0]
    for line in data.splitlines(keepends=True) if b"\r" not in data else _lines(data):
        starts.append(starts[-1] + len(line))
    return Source(language=language, data=data, starts=tuple(starts))


def _lines(data: bytes) -> list[bytes]:
    return [line + b"\n" for line in data.split(b"\n")[:-1]]
