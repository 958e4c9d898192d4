"""Rung "candidates": the choice among mechanical answers by what people chose in like conflicts.

A forest says of each answer how likely people would have given it. A file is answered when all its
hunks together are likely enough; what the answers leave out of a side is listed, never silent.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import Agreed, Hunk
from wtagents.core.landing.rung import Rung
from wtagents.core.record import record, replace
from wtagents.ladder.check import accounted
from wtagents.ladder.choice.answers import mechanical_answers
from wtagents.ladder.choice.features import file_facts
from wtagents.ladder.choice.forest import load_forest
from wtagents.ladder.hunks import Answer, Answered
from wtagents.ladder.words import normal_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.ladder.choice.forest import Forest
    from wtagents.ladder.hunks import Draft

LIKELY = 0.60
"""Chance of a whole file from which on it is answered: three of four such files equal the file
that people made (measured on conflicts that the forest had not seen)."""
HUNK_LIMIT = 40
"""A file with more hunks is nothing to guess at."""
MOST = 9
"""Answers to one hunk."""


@record
class Candidate:
    """One mechanical answer to one hunk."""

    answer: Answer
    chance: float
    """How likely people would have given it; those of one hunk need not add up to 1."""


def candidates(draft: Draft, forest: Forest | None = None) -> Iterator[tuple[Candidate, ...]]:
    """Yield the answers to each open hunk, the likeliest first. What they drop is not yet known."""
    hunks = [part for part in draft.parts if isinstance(part, Hunk)]
    facts = file_facts(draft)
    grown = forest or _shipped_forest()
    for hunk in hunks:
        found = (
            Candidate(
                answer=Answer(text=each.text, rule=each.ways[0]),
                chance=grown.chance(each.features),
            )
            for each in mechanical_answers(facts, hunks, hunk)
        )
        yield tuple(sorted(found, key=lambda candidate: -candidate.chance)[:MOST])


def choose(opened: Draft, draft: Draft, forest: Forest | None = None) -> Draft | None:
    """Return the draft with all hunks answered; None where that is not likely enough.

    `opened` is the same file with every hunk open: what rules have answered is weighed, too.
    """
    if sum(1 for part in opened.parts if isinstance(part, Hunk)) > HUNK_LIMIT:
        return None
    ranked = candidates(opened, forest)
    parts = list(draft.parts)
    chance = 1.0
    for place, part in enumerate(parts):
        if isinstance(part, Agreed):
            continue
        found = next(ranked)
        if isinstance(part, Answered):
            chance *= _chance_of(part.answer, found)
        else:
            chance *= found[0].chance
            answer = accounted(draft.path, part, found[0].answer)
            parts[place] = Answered(hunk=part, rung=Rung.CANDIDATES, answer=answer)
        if chance < LIKELY:
            return None
    return replace(draft, parts=tuple(parts))


def _chance_of(answer: Answer, found: tuple[Candidate, ...]) -> float:
    lines = normal_lines(answer.text)
    return next(
        (each.chance for each in found if normal_lines(each.answer.text) == lines), found[0].chance
    )


@cache
def _shipped_forest() -> Forest:
    return load_forest()
