"""From three texts to one: which rung answers what, and what a climb never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.landing.resolution import ConflictText, Side, count_lines
from wtagents.core.landing.rung import Rung
from wtagents.ladder.choice.forest import LEAF, Forest
from wtagents.ladder.climb import climb
from wtagents.ladder.hunks import HUNK_LINES
from wtagents.ladder.outcome import LeftAlone, Merged, Outcome, Solved

ALPHABET = [
    "x = 1\n",
    "y = 2\n",
    "call(x, y)\n",
    "v = 1.2.3\n",
    "v = 1.3.0\n",
    "call(x,  z)\n",
    "\n",
]
TEXTS = st.builds("".join, st.lists(st.sampled_from(ALPHABET), max_size=8))
SURE = Forest(features=(), start=9.0, trees=())
"""Says of every answer that people would have given it."""
NEVER = Forest(features=("hunks",), start=0.0, trees=(((LEAF, -9.0, 0, 0),),))


def conflict(base: str, target: str, branch: str, path: str = "a.txt") -> ConflictText:
    return ConflictText(path=path, base=base, target=target, branch=branch)


def solved(outcome: Outcome) -> list[tuple[str, str]]:
    assert isinstance(outcome, Merged), outcome
    return [(each.rung.value, each.rule) for each in outcome.rungs]


@pytest.mark.parametrize(
    ("base", "target", "branch", "text", "rule"),
    [
        ("f(a,b)\n", "f(a, b)\n", "f(a,b,c)\n", "f(a,b,c)\n", "white space"),
        ("v = 1.3.7\n", "v = 1.4.0\n", "v = 1.3.8\n", "v = 1.4.0\n", "version"),
        ("v = 1.9.0\n", "v = 1.9.1\n", "v = 1.10.0\n", "v = 1.10.0\n", "version"),
        ("f(a)\n", "g(a)\n", "g(a, b)\n", "g(a, b)\n", "superset"),
    ],
)
def test_what_both_agree_on_in_substance_needs_nobody(
    base: str, target: str, branch: str, text: str, rule: str
) -> None:
    for one, two in ((target, branch), (branch, target)):
        merged = climb(conflict(base, one, two), forest=NEVER)
        assert isinstance(merged, Merged)
        assert (merged.text, solved(merged), merged.dropped) == (text, [("rules", rule)], ())


@pytest.mark.parametrize(
    ("base", "target", "branch", "text", "rule"),
    [
        ("a = 1\nb = 1\n", "a = x\nb = 1\n", "a = 1\nb = y\n", "a = x\nb = y\n", "adjacent lines"),
        (
            "call(one, two, three)\n",
            "call(first, two, three)\n",
            "call(one, two, third)\n",
            "call(first, two, third)\n",
            "words of a line",
        ),
    ],
)
def test_both_changes_are_woven_where_both_must_survive(
    base: str, target: str, branch: str, text: str, rule: str
) -> None:
    for one, two in ((target, branch), (branch, target)):
        merged = climb(conflict(base, one, two), keep_both=True)
        assert isinstance(merged, Merged)
        assert (merged.text, solved(merged), merged.dropped) == (text, [("rules", rule)], ())
        assert climb(conflict(base, one, two), forest=NEVER) == LeftAlone(
            why="no rung is sure of its hunk"
        )


@pytest.mark.parametrize(
    ("base", "target", "branch"),
    [
        ("limit = 10\n", "limit = 20\n", "limit = 30\n"),  # which number?
        ("f(a)\ng(b)\n", "f(a)\n", "f(a)\ng(c)\n"),  # removed beside an edit
        ("a\n", "a\nnew\n", "a\nother\n"),  # two insertions: in which order?
        ("1.2 2.0\n", "1.3 2.0\n", "1.2 1.9\n"),  # one raised, one lowered
    ],
)
def test_what_only_a_person_can_know_is_left_alone(base: str, target: str, branch: str) -> None:
    for both in (False, True):
        outcome = climb(conflict(base, target, branch), keep_both=both, forest=NEVER)
        assert outcome == LeftAlone(why="no rung is sure of its hunk")


def test_each_hunk_carries_its_own_rung() -> None:
    base = "v = 1.0.0\n" + "same\n" * 3 + "mode = slow\n"
    outcome = climb(
        conflict(
            base,
            base.replace("1.0.0", "1.1.0").replace("slow", "fast"),
            base.replace("1.0.0", "1.2.0").replace("slow", "safe"),
        ),
        forest=SURE,
    )
    assert isinstance(outcome, Merged)
    assert outcome.rungs == (
        Solved(hunk=0, rung=Rung.RULES, rule="version"),
        Solved(hunk=1, rung=Rung.CANDIDATES, rule="target"),
    )
    assert outcome.text.startswith("v = 1.2.0\n")
    assert [drop.line for drop in outcome.superseded] == ["v = 1.1.0"]
    assert [(drop.line, drop.side) for drop in outcome.dropped] == [("mode = safe", Side.BRANCH)]


def test_a_choice_that_does_not_parse_is_refused() -> None:
    outcome = climb(
        conflict('{"a": 1}\n', '{"a": 2}\n', '{"a": 3}\n', path="a.json"),
        forest=Forest(
            features=("is target, then branch",),
            start=-9.0,
            trees=(((0, 0.5, 1, 2), (LEAF, -9.0, 0, 0), (LEAF, 99.0, 0, 0)),),
        ),
    )
    assert isinstance(outcome, LeftAlone)
    assert outcome.why.startswith("its merge was refused: both sides parse and the result does not")


def test_markers_of_a_side_never_reach_a_result() -> None:
    marked = "<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> other\n"
    outcome = climb(conflict("one\n", marked, "three\n"), forest=SURE)
    assert isinstance(outcome, LeftAlone)


def test_lines_that_match_in_two_ways_are_left_alone() -> None:
    assert climb(conflict("a\n", "b\n", "a\n")) == Merged(
        text="b\n", rungs=(Solved(hunk=0, rung=Rung.ALREADY_THERE, rule="nothing to merge"),)
    )
    assert climb(conflict("a\nk\nb\n", "A\nk\nb\n", "a\nk\nB\n")) == LeftAlone(
        why="its lines can be matched in more than one way"
    )


@given(TEXTS, TEXTS, TEXTS, st.booleans())
def test_no_line_that_a_side_added_goes_without_a_word(
    base: str,
    target: str,
    branch: str,
    keep_both: bool,  # noqa: FBT001
) -> None:
    forest = NEVER if keep_both else SURE
    outcome = climb(conflict(base, target, branch), keep_both=keep_both, forest=forest)
    if isinstance(outcome, LeftAlone):
        return
    if keep_both:
        assert outcome.dropped == ()
    named = {drop.line for drop in (*outcome.dropped, *outcome.superseded)}
    result, below = count_lines(outcome.text), count_lines(base)
    for side in (target, branch):
        for line, times in count_lines(side).items():
            if times > below[line]:
                assert result[line] or line in named, line


@given(TEXTS, TEXTS, TEXTS)
def test_a_merge_of_a_merge_changes_nothing(base: str, target: str, branch: str) -> None:
    outcome = climb(conflict(base, target, branch), forest=SURE)
    if isinstance(outcome, Merged):
        for side in (target, branch):
            again = climb(conflict(side, outcome.text, side))
            assert isinstance(again, Merged)
            assert again.text == outcome.text


@given(TEXTS, TEXTS, TEXTS)
def test_sure_rules_do_not_care_which_side_is_which(base: str, target: str, branch: str) -> None:
    one = climb(conflict(base, target, branch), forest=NEVER)
    two = climb(conflict(base, branch, target), forest=NEVER)
    assert isinstance(one, Merged) == isinstance(two, Merged)
    if isinstance(one, Merged) and isinstance(two, Merged):
        assert "".join(one.text.split()) == "".join(two.text.split())


@pytest.mark.parametrize(
    ("path", "base", "target", "branch"),
    [
        ("a.c", 'f("a b", 1)\n', 'f("a  b", 1)\n', 'f("a b", 2)\n'),
        ("a.js", "f(`a b`, 1)\n", "f(`a  b`, 1)\n", "f(`a b`, 2)\n"),
        (
            "a.py",
            "if a:\n    b(1)\n    c(1)\n",
            "if a:\n    b(1)\nc(1)\n",
            "if a:\n    b(2)\n    c(2)\n",
        ),
        ("a.yaml", "a:\n  b: 1\nc: 1\n", "a:\n  b: 1\n  c: 1\n", "a:\n  b: 2\nc: 2\n"),
    ],
    ids=["quotes", "long-quotes", "python", "yaml"],
)
def test_white_space_that_has_a_meaning_is_not_lost(
    path: str, base: str, target: str, branch: str
) -> None:
    for one, two in ((target, branch), (branch, target)):
        outcome = climb(conflict(base, one, two, path), forest=NEVER)
        assert "white space" not in str(getattr(outcome, "rungs", ""))
    spaced = climb(conflict(base, base.replace("1", "1 "), branch, path), forest=NEVER)
    assert isinstance(spaced, Merged) == (path != "a.js")


def test_what_would_take_long_is_left_alone() -> None:
    sides = ("".join(f"{word}{n}\n" for n in range(HUNK_LINES + 1)) for word in ("", "x", "y"))
    base, target, branch = sides
    assert climb(conflict(base, target, branch)) == LeftAlone(why="a hunk has more than 2000 lines")
    agreed = "agreed\n" * 100_000
    merged = climb(conflict(f"{agreed}v = 1.0\n", f"{agreed}v = 1.1\n", f"{agreed}v = 1.2\n"))
    assert isinstance(merged, Merged)
    assert merged.text == f"{agreed}v = 1.2\n"
