"""The answers a hunk has without any choice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.landing.diff3 import Hunk, split_lines
from wtagents.core.landing.resolution import ConflictText
from wtagents.ladder.candidates import MOST, candidates
from wtagents.ladder.choice.forest import load_forest
from wtagents.ladder.hunks import open_draft
from wtagents.ladder.mechanical import MECHANICAL, used_imports
from wtagents.ladder.weave import weave

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "v 1.2\n", "\n"]), max_size=8)
TEXTS = st.builds("".join, LINES) | st.text(alphabet="ab 1.\n", max_size=12)


@pytest.mark.parametrize(
    ("way", "base", "target", "branch", "text"),
    [
        ("lines", "a\nb\n", "A\nb\n", "a\nB\n", "A\nB\n"),
        ("lines", "a\n", "x\n", "y\n", None),
        ("tokens", "f(a, b)\n", "f(c, b)\n", "f(a, d)\n", "f(c, d)\n"),
        ("woven, higher version", "1.0\nk\nb\n", "1.2\nk\nb\n", "1.1\nk\nB\n", "1.2\nk\nB\n"),
        ("woven, both insertions", "k\n", "k\nx\n", "k\ny\n", "k\nx\ny\n"),
        ("sorted union", "a\nd\n", "a\nb\nd\n", "a\nc\nd\n", "a\nb\nc\nd\n"),
        ("sorted union", "a\nd\n", "a\nd\nb\n", "a\nc\nd\n", None),
        ("union", "k\n", "k\nx\n", "k\ny\nx\n", "k\ny\nx\n"),
        ("version", "1.0\n", "1.9\n", "1.10\n", "1.10\n"),
        ("version", "1.0 2.0\n", "1.1 2.0\n", "1.0 2.1\n", None),
        ("target, then branch", "", "x", "y\n", None),
        ("branch, then target", "", "x", "y\n", "y\nx"),
    ],
)
def test_each_way_has_its_answer(
    way: str, base: str, target: str, branch: str, text: str | None
) -> None:
    assert MECHANICAL[way](Hunk(base=base, target=target, branch=branch)) == text


def test_imports_are_kept_by_what_the_file_uses() -> None:
    hunk = Hunk(base="", target="import os\nimport re\n", branch="import os\nimport json\n")
    assert used_imports(hunk, {"os", "json"}) == "import os\nimport json\n"
    assert used_imports(Hunk(base="", target="x = 1\n", branch="y = 2\n"), {"x"}) is None


@given(TEXTS, TEXTS, TEXTS)
def test_no_way_glues_lines_or_invents_them(base: str, target: str, branch: str) -> None:
    hunk = Hunk(base=base, target=target, branch=branch)
    known = {line.rstrip("\n") for side in (base, target, branch) for line in split_lines(side)}
    for way in ("lines", "union", "union, branch first", "target, then branch", "sorted union"):
        text = MECHANICAL[way](hunk)
        if text is not None:
            assert {line.rstrip("\n") for line in split_lines(text)} <= known, way


@given(LINES, LINES)
def test_a_weave_with_an_unchanged_side_is_the_other(base: list[str], side: list[str]) -> None:
    for touching in (False, True):
        assert weave(base, side, base, touching=touching) == side
        assert weave(base, base, side, touching=touching) == side
        assert weave(base, side, side, touching=touching) == side


@given(LINES, LINES, LINES)
def test_a_weave_does_not_care_which_side_is_which(
    base: list[str], one: list[str], two: list[str]
) -> None:
    for touching in (False, True):
        assert weave(base, one, two, touching=touching) == weave(base, two, one, touching=touching)


@given(TEXTS, TEXTS, TEXTS)
def test_the_shipped_forest_ranks_at_most_nine_answers(base: str, target: str, branch: str) -> None:
    draft = open_draft(ConflictText(path="a.py", base=base, target=target, branch=branch))
    for ranked in candidates(draft, FOREST):
        chances = [candidate.chance for candidate in ranked]
        assert 0 < len(ranked) <= MOST
        assert chances == sorted(chances, reverse=True)
        assert all(0 < chance < 1 for chance in chances)


FOREST = load_forest()
