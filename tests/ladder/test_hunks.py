"""A draft keeps every word of the three texts, whatever part of it is answered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.landing.diff3 import Hunk
from wtagents.core.landing.resolution import ConflictText
from wtagents.core.landing.rung import Rung
from wtagents.ladder.hunks import Answer, Answered, Spot, answer_hunks, open_draft

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "\n"]), max_size=12)
TEXTS = st.builds("".join, LINES)


@given(TEXTS, TEXTS, TEXTS)
def test_an_open_draft_holds_every_hunk_of_both_sides(base: str, target: str, branch: str) -> None:
    draft = open_draft(ConflictText(path="a", base=base, target=target, branch=branch))
    rest = draft.rest()
    hunks = [part for part in draft.parts if isinstance(part, Hunk)]
    assert draft.is_done == (not hunks)
    for hunk in hunks:
        assert hunk.base in (rest.base or "")
        assert hunk.target in rest.target
        assert hunk.branch in rest.branch


def test_answered_hunks_are_agreed_text_for_the_next_rung() -> None:
    conflict = ConflictText(path="a", base="1\nk\n2\n", target="1t\nk\n2t\n", branch="1b\nk\n2b\n")

    def first_only(spot: Spot) -> Answer | None:
        return Answer(text="1tb\n", rule="first") if spot.hunk.base == "1\n" else None

    draft = answer_hunks(open_draft(conflict), Rung.RULES, first_only)

    assert not draft.is_done
    assert draft.rest() == ConflictText(
        path="a", base="1tb\nk\n2\n", target="1tb\nk\n2t\n", branch="1tb\nk\n2b\n"
    )
    assert [(place, type(part)) for place, part in draft.answered()] == [
        (0, Answered),
        (1, type(None)),
    ]
    done = answer_hunks(draft, Rung.CANDIDATES, lambda _: Answer(text="2tb\n", rule="second"))
    assert (done.is_done, done.text()) == (True, "1tb\nk\n2tb\n")
