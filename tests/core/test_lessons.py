"""What a resolved file teaches, and where it is recalled."""

from __future__ import annotations

import pytest

from wtagents.core.landing.lessons import hunk_keys, learn, recall
from wtagents.core.landing.resolution import ConflictText, Dropped, Side

LINES = [f"line {number}\n" for number in range(12)]


def conflict(**sides: str) -> ConflictText:
    return ConflictText(**{"path": "a.txt", "base": "".join(LINES), **sides})


def changed(**by_line: str) -> str:
    """Return the lines with some of them put differently: `changed(l2="x")`."""
    lines = list(LINES)
    for name, text in by_line.items():
        lines[int(name[1:])] = text
    return "".join(lines)


TWO = conflict(
    target=changed(l2="t2\n", l8="t8\n"),
    branch=changed(l2="b2\n", l8="b8\n"),
)
ANSWER = changed(l2="t2 b2\n", l8="b8\nt8\n")


def test_every_hunk_is_a_lesson_of_its_own() -> None:
    lessons = learn(TWO, ANSWER, ())
    assert [lesson.text for lesson in lessons] == ["t2 b2\n", "b8\nt8\n"]
    assert tuple(lesson.key for lesson in lessons) == hunk_keys(TWO)


def test_it_is_recalled_in_another_file_with_other_surroundings() -> None:
    known = {lesson.key: lesson for lesson in learn(TWO, ANSWER, ())}
    one = ConflictText(
        path="sub/other.txt",
        base="before\nline 8\nafter\n",
        target="before\nt8\nafter\n",
        branch="before\nb8\nafter\n",
    )
    found = recall(one, known)
    assert found is not None
    assert found.text == "before\nb8\nt8\nafter\n"


def test_line_ends_and_trailing_blanks_make_no_difference() -> None:
    known = {lesson.key: lesson for lesson in learn(TWO, ANSWER, ())}
    one = ConflictText(
        path="b.txt",
        base="x\r\nline 8  \r\ny\r\n",
        target="x\r\nt8\r\ny\r\n",
        branch="x\r\nb8\t\r\ny\r\n",
    )
    found = recall(one, known)
    assert found is not None
    assert found.text == "x\r\nb8\r\nt8\r\ny\r\n"


@pytest.mark.parametrize(
    "other",
    [
        {"path": "a.py"},
        {"target": changed(l2="t2\n", l8="t9\n")},
        {"branch": changed(l2="b2\n", l8="  b8\n")},
        {"base": changed(l8="older\n")},
    ],
    ids=["language", "target", "indented", "base"],
)
def test_another_hunk_is_not_known(other: dict[str, str]) -> None:
    known = {lesson.key: lesson for lesson in learn(TWO, ANSWER, ())}
    assert recall(conflict(**{"target": TWO.target, "branch": TWO.branch, **other}), known) is None


@pytest.mark.parametrize(
    "text",
    [
        ANSWER.replace("line 5\n", "line five\n"),
        ANSWER + "more\n",
        "first\n" + ANSWER,
        "",
    ],
    ids=["inside", "behind", "before", "empty"],
)
def test_a_file_that_was_changed_elsewhere_teaches_nothing(text: str) -> None:
    assert learn(TWO, text, ()) == ()


def test_what_can_be_cut_in_two_ways_teaches_nothing() -> None:
    one = ConflictText(
        path="a.txt",
        base="1\n\n2\n\n3\n",
        target="t\n\n2\n\nt\n",
        branch="b\n\n2\n\nb\n",
    )
    assert learn(one, "t\n\n2\n\nb\n\n2\n\nt\n", ()) == ()


def test_dropped_lines_come_back_with_their_reason() -> None:
    dropped = Dropped(path="a.txt", line="t2", side=Side.TARGET, reason="b2 says it")
    lessons = learn(TWO, changed(l2="b2\n", l8="t8\nb8\n"), (dropped,))
    assert [len(lesson.dropped) for lesson in lessons] == [1, 0]
    found = recall(TWO, {lesson.key: lesson for lesson in lessons})
    assert found is not None
    assert found.dropped == (dropped,)


def test_hunks_at_both_ends_and_no_last_line_feed() -> None:
    one = ConflictText(path="x", base="a\nm\nz", target="t\nm\ntz", branch="b\nm\nbz")
    lessons = learn(one, "t b\nm\ntz bz", ())
    assert [lesson.text for lesson in lessons] == ["t b\n", "tz bz"]


def test_a_file_without_hunks_is_not_recalled() -> None:
    one = ConflictText(path="x", base="a\n", target="b\n", branch="b\n")
    assert recall(one, {}) is None
