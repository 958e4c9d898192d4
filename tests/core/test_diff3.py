"""Three texts in chunks: nothing is lost, and one-sided changes need nobody."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.landing.diff3 import Agreed, Hunk, plan_merge, split_lines
from wtagents.core.landing.lockstep import EXACT_LIMIT, common_runs

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


def test_a_large_text_is_merged_where_its_sides_changed_it() -> None:
    lines = [f"{number}\n" if number % 3 else "}\n" for number in range(3_000)]
    target, branch = lines.copy(), lines.copy()
    target[2_500], branch[2_500] = "one\n", "two\n"
    branch[2_000:2_000], branch[901:902] = ["branch\n", "}\n"], []
    target[300:302] = ["target\n"]
    merged = lines.copy()
    merged[2_000:2_000], merged[901:902] = ["branch\n", "}\n"], []
    merged[300:302] = ["target\n"]
    place = merged.index("2500\n")
    assert len(lines) ** 2 > EXACT_LIMIT
    assert plan_merge("".join(lines), "".join(target), "".join(branch)) == (
        Agreed(text="".join(merged[:place])),
        Hunk(base="2500\n", target="one\n", branch="two\n"),
        Agreed(text="".join(merged[place + 1 :])),
    )


def test_a_text_that_is_made_to_take_long_ends() -> None:
    lines = [str(number) for number in range(40_000)]
    swapped = [line for at in range(0, len(lines), 2) for line in reversed(lines[at : at + 2])]
    runs = common_runs(lines, swapped)
    assert sum(length for _, _, length in runs) == len(lines) // 2
    assert all(lines[a : a + n] == swapped[b : b + n] for a, b, n in runs)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in itertools.pairwise(runs))
