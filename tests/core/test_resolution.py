"""A proposed resolution is refused for every way to lose, bring back or add what nobody wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.landing.resolution import (
    ConflictText,
    Dropped,
    Fault,
    FaultKind,
    Proposal,
    ProposedFile,
    Side,
    check_resolution,
    fit_line_ends,
)

PATH = "src/a.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conflict of distinct lines and a result that keeps everything it must."""

    conflict: ConflictText
    result: list[str]
    needed: list[str]
    """Lines that the result must have."""
    removed: list[str]
    """Lines that one side took away."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    base = [f"base {n}" for n in range(draw(st.integers(0, 8)))]
    away = [draw(st.sets(st.sampled_from(base))) if base else set() for _ in range(2)]
    added = [[f"{side} {n}" for n in range(draw(st.integers(0, 4)))] for side in ("t", "r")]
    sides = [
        draw(st.permutations([line for line in base if line not in gone] + new))
        for gone, new in zip(away, added, strict=True)
    ]
    needed = [line for line in base if line not in away[0] | away[1]] + added[0] + added[1]
    return Case(
        conflict=ConflictText(
            path=PATH, base=text(base), target=text(sides[0]), branch=text(sides[1])
        ),
        result=draw(st.permutations(needed)),
        needed=needed,
        removed=sorted(away[0] | away[1]),
    )


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def proposal(lines: list[str], *dropped: Dropped) -> Proposal:
    return Proposal(files=(ProposedFile(path=PATH, text=text(lines)),), dropped=dropped)


def drop(line: str, reason: str = "superseded") -> Dropped:
    return Dropped(path=PATH, line=line, side=Side.TARGET, reason=reason)


def kinds(faults: tuple[Fault, ...]) -> set[FaultKind]:
    return {fault.kind for fault in faults}


@given(cases())
def test_what_keeps_every_line_is_accepted(case: Case) -> None:
    assert check_resolution([case.conflict], proposal(case.result)) == ()


@given(cases(), st.data())
def test_a_line_that_is_gone_without_a_word_is_refused(case: Case, data: st.DataObject) -> None:
    if not case.needed:
        return
    lost = data.draw(st.sampled_from(case.needed))
    rest = [line for line in case.result if line != lost]
    assert kinds(check_resolution([case.conflict], proposal(rest))) == {FaultKind.MISSING}
    assert check_resolution([case.conflict], proposal(rest, drop(lost))) == ()
    elsewhere = replace(drop(lost), path="src/b.txt")
    assert kinds(check_resolution([case.conflict], proposal(rest, elsewhere))) == {
        FaultKind.MISSING
    }
    no_reason = check_resolution([case.conflict], proposal(rest, drop(lost, reason=" ")))
    assert kinds(no_reason) == {FaultKind.NO_REASON, FaultKind.MISSING}


@given(cases(), st.data())
def test_a_line_that_was_taken_away_does_not_come_back(case: Case, data: st.DataObject) -> None:
    if not case.removed:
        return
    back = data.draw(st.sampled_from(case.removed))
    place = data.draw(st.integers(0, len(case.result)))
    result = [*case.result[:place], back, *case.result[place:]]
    assert kinds(check_resolution([case.conflict], proposal(result))) == {FaultKind.RETURNED}
    excused = check_resolution([case.conflict], proposal(result, drop(back)))
    assert kinds(excused) == {FaultKind.RETURNED}


MARKERS = ["<<<<<<< HEAD", "=======", ">>>>>>> wta/x", "||||||| base", "<<<<<<<", ">>>>>>>>> a"]


@given(cases(), st.sampled_from(MARKERS), st.sampled_from(["\n", "\r\n"]))
def test_a_marker_is_refused(case: Case, marker: str, end: str) -> None:
    marked = text(case.result) + marker + end
    answer = Proposal(files=(ProposedFile(path=PATH, text=marked),))
    assert kinds(check_resolution([case.conflict], answer)) == {FaultKind.MARKER}


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_that_the_base_had_may_stay(marker: str) -> None:
    conflict = ConflictText(
        path=PATH, base=text([marker]), target=text([marker, "t"]), branch=text([marker, "r"])
    )
    assert check_resolution([conflict], proposal([marker, "t", "r"])) == ()
    twice = check_resolution([conflict], proposal([marker, marker, "t", "r"]))
    assert kinds(twice) == {FaultKind.MARKER}


def test_a_marker_of_one_side_alone_is_refused() -> None:
    conflict = ConflictText(
        path=PATH, base="a\n", target="a\nt\n", branch="<<<<<<< HEAD\na\nr\n>>>>>>> x\n"
    )
    faults = check_resolution([conflict], proposal(["<<<<<<< HEAD", "a", "t", "r", ">>>>>>> x"]))
    assert kinds(faults) == {FaultKind.MARKER}


def test_seven_equals_below_a_heading_of_each_side_are_no_markers() -> None:
    conflict = ConflictText(
        path=PATH,
        base="",
        target="Changes\n=======\nt\n",
        branch="Details\n=======\nr\n",
    )
    both = ["Changes", "=======", "t", "Details", "=======", "r"]
    assert check_resolution([conflict], proposal(both)) == ()
    assert kinds(check_resolution([conflict], proposal([*both, "======="]))) == {FaultKind.MARKER}


@given(
    st.lists(st.sampled_from(["a.py", "b.py", ".github/workflows/x.yml", "../a.py"]), max_size=5)
)
def test_exactly_the_conflicted_paths_are_answered(paths: list[str]) -> None:
    asked = [
        ConflictText(path=path, base="", target="t = 1\n", branch="r = 2\n")
        for path in ("a.py", "b.py")
    ]
    files = tuple(ProposedFile(path=path, text="t = 1\nr = 2\n") for path in paths)
    faults = check_resolution(asked, Proposal(files=files))
    assert {fault.path for fault in faults if fault.kind is FaultKind.OUTSIDE} == set(paths) - {
        "a.py",
        "b.py",
    }
    assert {fault.path for fault in faults if fault.kind is FaultKind.UNANSWERED} == {
        "a.py",
        "b.py",
    } - set(paths)
    assert (faults == ()) == (sorted(paths) == ["a.py", "b.py"])


SYNTAX = {
    "a.py": ("x = 1\n", "x = (1\n"),
    "a.pyi": ("def f() -> int: ...\n", "def f() -> int\n"),
    "a.json": ('{"a": 1}\n', '{"a": 1,}\n'),
    "a.toml": ("a = 1\n", "a = \n"),
}


@pytest.mark.parametrize("path", SYNTAX)
def test_what_both_sides_could_parse_must_parse(path: str) -> None:
    sound, broken = SYNTAX[path]
    answer = Proposal(files=(ProposedFile(path=path, text=broken + sound),))
    parsed = ConflictText(path=path, base=None, target=sound, branch=sound)
    assert FaultKind.SYNTAX in kinds(check_resolution([parsed], answer))
    half = ConflictText(path=path, base=None, target=sound, branch=broken + sound)
    assert FaultKind.SYNTAX not in kinds(check_resolution([half], answer))


LONG_KEY = ".".join(['"\u2028"'] * 40_000) + " = 1\n"


@pytest.mark.parametrize(
    "text",
    ["x = " + "(" * 5000, "[" * 100_000, LONG_KEY, "x = '\\d'\n", "x = 1\r\ny = 2\r"],
    ids=["calls", "lists", "long-key", "escape", "line-ends"],
)
def test_hostile_source_is_judged_without_harm(text: str) -> None:
    for path in SYNTAX:
        conflict = ConflictText(path=path, base=None, target="", branch="")
        answer = Proposal(files=(ProposedFile(path=path, text=text),))
        assert FaultKind.MISSING not in kinds(check_resolution([conflict], answer))


@pytest.mark.parametrize("text", ["t\nr\n\0", "t\nr\n\ud800"])
def test_what_cannot_be_a_text_file_is_refused(text: str) -> None:
    conflict = ConflictText(path=PATH, base=None, target="t\n", branch="r\n")
    answer = Proposal(files=(ProposedFile(path=PATH, text=text),))
    assert kinds(check_resolution([conflict], answer)) == {FaultKind.NOT_TEXT}


def test_white_space_alone_is_no_loss() -> None:
    conflict = ConflictText(
        path=PATH, base="a  b\n", target="a b\n\n\nt\n", branch="if x:\n\ta b\n  r\n"
    )
    assert check_resolution([conflict], proposal(["if x:", "    a b", "t", "r"])) == ()


def test_each_copy_of_a_line_counts() -> None:
    conflict = ConflictText(
        path=PATH, base="end\n", target="end\nt\nend\n", branch="end\nr\nend\nend\n"
    )
    assert check_resolution([conflict], proposal(["end", "t", "end", "r", "end"])) == ()
    short = check_resolution([conflict], proposal(["end", "t", "r", "end"]))
    assert [str(fault) for fault in short] == [
        "src/a.txt: 'end' that both sides added is neither there nor listed as dropped"
    ]
    assert check_resolution([conflict], proposal(["end", "t", "r", "end"], drop("end"))) == ()


def test_the_copy_that_one_side_left_must_stay() -> None:
    conflict = ConflictText(path=PATH, base="end\nend\n", target="end\nt\n", branch="end\nr\nend\n")
    assert check_resolution([conflict], proposal(["end", "t", "r"])) == ()
    assert kinds(check_resolution([conflict], proposal(["t", "r"]))) == {FaultKind.MISSING}
    back = check_resolution([conflict], proposal(["end", "t", "r", "end"]))
    assert kinds(back) == {FaultKind.RETURNED}


def test_faults_say_whose_line_it_was() -> None:
    conflict = ConflictText(
        path=PATH, base="old\nkept\n", target="kept\nt 1\nt 2\n", branch="old\nkept\nr\n"
    )
    faults = check_resolution([conflict], proposal(["old", "r"]))
    assert [str(fault) for fault in faults] == [
        "src/a.txt: 'kept' that both sides kept is neither there nor listed as dropped",
        "src/a.txt: 't 1' and 1 more that the target added is neither there nor listed as dropped",
        "src/a.txt: 'old' that the target removed is back",
    ]


def test_a_drop_is_shown_in_one_printable_line() -> None:
    shown = Dropped(
        path="a\x1b[2Jb", line="x\x1b]0;y\x07\u202ez", side=Side.BRANCH, reason="a\nb"
    ).shown
    assert shown == "ab: 'xz' of the branch: a b"


@pytest.mark.parametrize(
    ("target", "branch", "answer", "fitted"),
    [
        ("a\n", "b\n", "c", "c\n"),
        ("a\n", "b\n", "c\r\nd\r\n", "c\nd\n"),
        ("a\r\n", "b\r\n", "c\nd", "c\r\nd\r\n"),
        ("a", "b\n", "c", "c"),
        ("a\n", "b\r\n", "c\r\nd", "c\r\nd\n"),
        ("a\n", "b\n", "", ""),
    ],
)
def test_line_ends_are_those_of_both_sides(
    target: str, branch: str, answer: str, fitted: str
) -> None:
    conflict = ConflictText(path=PATH, base=None, target=target, branch=branch)
    assert fit_line_ends(conflict, answer) == fitted
