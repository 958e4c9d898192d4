from __future__ import annotations

from wtagents.system.programs.lines import LONGEST_LINE, Lines


def test_lines_come_once_and_only_when_they_are_complete() -> None:
    lines = Lines()
    assert lines.lines() == []
    lines.take(b"one\ntw")
    assert lines.lines() == [b"one"]
    assert lines.lines() == []
    lines.take(b"o\n\n\xff\xfe\nlast")
    assert lines.lines() == [b"two", b"", b"\xff\xfe"]
    assert (lines.position, lines.rest(), lines.rest()) == (16, b"last", b"")


def test_a_line_without_end_is_cut_and_the_next_one_is_whole() -> None:
    lines = Lines()
    for _ in range(20):
        lines.take(b"x" * (1 << 20))
    lines.take(b"\nnext\n")
    long, after = lines.lines()
    assert (len(long), after) == (LONGEST_LINE, b"next")
