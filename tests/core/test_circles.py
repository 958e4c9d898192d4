"""Whether files and a full context show that an agent goes in circles, and what is said of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.records import NOW, a_pulse, a_task, facts
from wtagents.core.ids import Oid
from wtagents.core.run import Phase, Usage
from wtagents.core.tending.attention import attention
from wtagents.core.tending.liveness import Liveness, Thresholds, Verdict, judge
from wtagents.core.tending.trail import LOOKS, Look, Trail

AFTER = Thresholds(loop_returns=3, full_requests=25)
FULL = Usage(turns=90, context_tokens=190_000, context_window=200_000)


def trail(trees: str, *, heads: str = "", turns: int = 10) -> Trail:
    """One look for each letter, five minutes and so many requests apart."""
    found = Trail()
    for place, tree in enumerate(trees):
        found = found.followed_by(
            Look(
                tree=Oid(f"{ord(tree):040x}"),
                head=Oid(f"{ord((heads or tree)[place % len(heads or tree)]):040x}"),
                at=NOW + timedelta(minutes=5 * place),
                turn=turns * (place + 1),
            )
        )
    return found


def called(seen: Trail, **pulse: Any) -> Verdict:
    given = {"phase": Phase.TOOL, "question": None, "at": NOW, **pulse}
    return judge(facts(pulse=a_pulse(**given), trail=seen), AFTER, NOW)


@pytest.mark.parametrize(
    ("trees", "way"),
    [
        ("ABABABA", "A->B->A"),
        ("XYABABABA", "A->B->A"),
        ("AABBBABBAABAA", "A->B->A"),
        ("ABCABCABCABC", "A->B->C->A"),
        ("ABACBABCABA", "A->B->C->A"),
        ("ABCDEFABCDEFABCDEFABCDEF", "A->B->C->D->…->A"),
    ],
)
def test_files_that_come_back_three_times_are_a_circle(trees: str, way: str) -> None:
    seen = called(trail(trees))
    began = trail(trees).circle
    assert began is not None
    words = f"the files went back to what they were at {began.since.astimezone():%H:%M} 3 times"
    assert (seen.liveness, seen.circle) == (Liveness.LOOPING, f"{words}, {way}")
    assert seen.reasons[0] == seen.circle
    assert attention(a_task(), seen, None, None) == f"goes in circles: {seen.circle}"


@pytest.mark.parametrize(
    "trees",
    [
        "",
        "A",
        "AAAAAAAAAA",
        "ABCDEFGH",
        "ABA",  # a revert, or a stash
        "ABABA",  # a comparison with and without the change
        "BABCACADADEAEFAFGAG",  # a stash at each step, and then something new
        "ABABABC",  # it got out of it
    ],
)
def test_a_revert_a_stash_and_a_comparison_are_no_circle(trees: str) -> None:
    assert called(trail(trees)).liveness is Liveness.WORKING


def test_commits_of_a_change_and_of_its_revert_are_a_circle() -> None:
    assert called(trail("ABABABA", heads="abcdefg")).liveness is Liveness.LOOPING


def test_the_trail_is_short_and_two_returns_are_worth_mentioning() -> None:
    assert len(trail("AB" * LOOKS).looks) == LOOKS
    seen = called(trail("ABABA"))
    assert [each for each in seen.reasons if "2 times, A->B->A" in each] == [seen.reasons[-1]]


@pytest.mark.parametrize(
    ("trees", "heads", "full_turn", "name"),
    [
        ("AAAAA", "x", 25, Liveness.LOOPING),
        ("ABBBB", "x", 10, Liveness.LOOPING),
        ("AAAAA", "x", 26, Liveness.WORKING),  # 24 requests
        ("AAABB", "x", 10, Liveness.WORKING),  # new files
        ("AAAAA", "wwxyz", 10, Liveness.WORKING),  # new commits
        ("AAAAA", "x", 49, Liveness.WORKING),  # a step of its list; the last look was soon after
        ("AAAAA", "x", 0, Liveness.WORKING),  # compacted
        ("A", "x", 0, Liveness.WORKING),
        ("", "", 25, Liveness.WORKING),  # nobody has looked
    ],
)
def test_a_full_context_without_anything_new_is_a_circle(
    trees: str, heads: str, full_turn: int, name: Liveness
) -> None:
    usage = FULL if full_turn else Usage(context_tokens=9, context_window=200_000)
    seen = called(trail(trees, heads=heads), usage=usage, full_turn=full_turn)
    assert seen.liveness is name
    if name is Liveness.LOOPING:
        idle = 50 - max(full_turn, 20 if "B" in trees else 10)
        words = f"{idle} requests brought no new file, commit or step of its list"
        assert seen.circle == f"its context is 95 % full, and {words}"


@pytest.mark.parametrize("phase", [Phase.ASKING, Phase.IDLE, Phase.CHECKING])
def test_who_waits_goes_in_no_circles(phase: Phase) -> None:
    seen = called(trail("ABABABA"), phase=phase)
    assert seen.liveness is not Liveness.LOOPING
    assert seen.circle == ""
