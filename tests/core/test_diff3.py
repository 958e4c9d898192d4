"""Three texts in chunks: nothing is lost, and one-sided changes need nobody."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.diff3 import Agreed, Hunk, plan_merge, split_lines

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "\n"]), max_size=12)
TEXTS = st.builds("".join, LINES) | st.text(alphabet="ab\n\r\f", max_size=12)


@given(TEXTS, TEXTS, TEXTS)
def test_a_change_of_one_side_is_taken_whole(base: str, one: str, other: str) -> None:
    assert plan_merge(base, one, base) == agreed(one)
    assert plan_merge(base, base, one) == agreed(one)
    assert plan_merge(base, one, one) == agreed(one)
    assert plan_merge("", one, other) == (
        agreed(one or other) if one == other or not (one and other) else plan_merge("", one, other)
    )


def agreed(text: str) -> tuple[Agreed, ...]:
    return (Agreed(text=text),) if text else ()


@given(TEXTS, TEXTS, TEXTS)
def test_every_hunk_is_a_conflict_and_every_side_can_be_put_together(
    base: str, target: str, branch: str
) -> None:
    chunks = plan_merge(base, target, branch)
    for hunk in chunks:
        if isinstance(hunk, Hunk):
            assert len({hunk.base, hunk.target, hunk.branch}) == 3
            assert hunk.target in target
            assert hunk.branch in branch
            assert hunk.base in base
    for one, two in itertools.pairwise(chunks):
        assert not (isinstance(one, Agreed) and isinstance(two, Agreed))


@given(TEXTS, TEXTS, TEXTS)
def test_the_sides_are_treated_alike(base: str, target: str, branch: str) -> None:
    turned = tuple(
        Hunk(base=chunk.base, target=chunk.branch, branch=chunk.target)
        if isinstance(chunk, Hunk)
        else chunk
        for chunk in plan_merge(base, branch, target)
    )
    assert plan_merge(base, target, branch) == turned


@given(TEXTS)
def test_lines_put_together_are_the_text(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(lines)


def test_a_usual_conflict() -> None:
    base = "def f():\n    return 1\n\n\ndef g():\n    return 2\n"
    target = '"""Doc."""\ndef f():\n    return 10\n\n\ndef g():\n    return 2\n'
    branch = "def f():\n    return 11\n\n\ndef g():\n    return 2\n# end\n"
    assert plan_merge(base, target, branch) == (
        Agreed(text='"""Doc."""\ndef f():\n'),
        Hunk(base="    return 1\n", target="    return 10\n", branch="    return 11\n"),
        Agreed(text="\n\ndef g():\n    return 2\n# end\n"),
    )
