"""Rung "candidates": mechanical answers that keep both changes, for the gates to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import Author, Resolution
from wtagents.core.landing.resolution import Proposal, ProposedFile, check_resolution
from wtagents.core.landing.rung import Rung
from wtagents.core.landing.testing import is_test
from wtagents.ladder.exchange import Question
from wtagents.operations.landing.climbing.apart import ask_ladder
from wtagents.operations.landing.climbing.climb import Answer
from wtagents.operations.landing.climbing.refusals import refuse_conflict

if TYPE_CHECKING:
    from wtagents.core.landing.resolution import ConflictText
    from wtagents.ladder.outcome import Merged
    from wtagents.operations.landing.climbing.climb import Climb
    from wtagents.operations.landing.outcome import Refusal


def take_candidates(climbing: Climb, choice: int) -> Refusal | None:
    """Answer every file that is left by its candidate of this number; the last one counts on."""
    landing, left = climbing.landing, climbing.left
    patterns = landing.context.settings.merge.test_paths
    questions = [
        Question(conflict=text, candidates=choice + 1, is_test=is_test(text.path, patterns))
        for text in climbing.texts(climbing.left_for(Rung.CANDIDATES))
    ]
    taken = 0
    for question, reply in zip(questions, ask_ladder(questions), strict=True):
        text = question.conflict
        found = (
            [each for each in reply if _is_sound(text, each)] if isinstance(reply, tuple) else []
        )
        if found:
            taken = max(taken, len(found))
            climbing.answer([_answer(text.path, found[-1])])
    if climbing.left or taken <= choice:
        return refuse_conflict(landing.task, landing.request.target, left)
    return None


def _is_sound(text: ConflictText, merged: Merged) -> bool:
    """Whether it passes the check, whoever made it."""
    file = ProposedFile(path=text.path, text=merged.text)
    return not check_resolution((text,), Proposal(files=(file,), dropped=merged.superseded))


def _answer(path: str, merged: Merged) -> Answer:
    resolution = Resolution(path=path, author=Author.WTA, rung=Rung.CANDIDATES, dropped=())
    return Answer(resolution=resolution, content=merged.text.encode(), dropped=merged.superseded)
