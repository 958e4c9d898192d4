from __future__ import annotations

from pathlib import Path

from wtagents.system.tail import LONGEST_LINE, Tail


def read_all(tail: Tail) -> list[bytes]:
    lines = tail.lines()
    while tail.position < tail.size():
        lines += tail.lines()
    return lines


def test_lines_come_once_and_only_when_they_are_complete(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    tail = Tail(path)
    assert tail.lines() == []
    path.write_bytes(b"one\ntw")
    assert tail.lines() == [b"one"]
    assert tail.lines() == []
    with path.open("ab") as stream:
        stream.write(b"o\n\n\xff\xfe\nlast")
    assert tail.lines() == [b"two", b"", b"\xff\xfe"]
    assert tail.rest() == b"last"
    assert tail.rest() == b""
    tail.close()


def test_many_lines_come_in_order_and_in_portions(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    expected = [b"%d" % number * 40 for number in range(60_000)]
    path.write_bytes(b"\n".join(expected) + b"\n")
    tail = Tail(path)
    first = tail.lines()
    assert 0 < len(first) < len(expected)
    assert first + read_all(tail) == expected
    tail.close()


def test_a_line_without_end_is_cut_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    with path.open("wb") as stream:
        for _ in range(20):
            stream.write(b"x" * (1 << 20))
        stream.write(b"\nnext\n")
    tail = Tail(path)
    long, after = read_all(tail)
    assert (len(long), after) == (LONGEST_LINE, b"next")
    tail.close()


def test_a_cut_file_is_read_from_its_new_beginning(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(b"one\ntwo\nthr")
    tail = Tail(path)
    assert tail.lines() == [b"one", b"two"]
    path.write_bytes(b"new\n")
    assert tail.lines() == []
    assert tail.lines() == [b"new"]
    tail.close()
