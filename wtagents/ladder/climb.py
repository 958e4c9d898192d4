"""The order of the rungs, and the check that every result passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.resolution import Proposal, ProposedFile, check_resolution
from wtagents.core.rung import Rung
from wtagents.ladder.hunks import Draft, answer_hunks, open_draft
from wtagents.ladder.outcome import LeftAlone, Merged, Outcome, Solved
from wtagents.ladder.rules.table import answer_by_rules
from wtagents.ladder.structural.merge import merge_structurally

if TYPE_CHECKING:
    from wtagents.core.resolution import ConflictText


def climb(conflict: ConflictText) -> Outcome:
    """Merge one file by the rungs that need no model; the first that has an answer gives it."""
    draft = answer_hunks(open_draft(conflict), Rung.RULES, answer_by_rules)
    merged = _finished(draft)
    if merged is None:
        merged = _with_structure(draft)
    if merged is None:
        left = sum(1 for _, answered in draft.answered() if answered is None)
        return LeftAlone(why=f"no rung knows an answer to {left} of its hunks")
    return _checked(conflict, merged)


def _finished(draft: Draft) -> Merged | None:
    if not draft.is_done:
        return None
    answers = [(place, part) for place, part in draft.answered() if part is not None]
    return Merged(
        text=draft.text(),
        rungs=tuple(
            Solved(hunk=place, rung=part.rung, rule=part.answer.rule) for place, part in answers
        ),
        dropped=tuple(drop for _, part in answers for drop in part.answer.dropped),
    )


def _with_structure(draft: Draft) -> Merged | None:
    """The rules' answers stand; the structural rung merges what is left of the file."""
    merged = merge_structurally(draft.rest())
    if merged is None:
        return None
    rule = merged.rungs[0].rule if merged.rungs else ""
    solved = (
        Solved(hunk=place, rung=Rung.STRUCTURAL, rule=rule)
        if part is None
        else Solved(hunk=place, rung=part.rung, rule=part.answer.rule)
        for place, part in draft.answered()
    )
    dropped = tuple(drop for _, part in draft.answered() if part for drop in part.answer.dropped)
    return Merged(text=merged.text, rungs=tuple(solved), dropped=dropped + merged.dropped)


def _checked(conflict: ConflictText, merged: Merged) -> Outcome:
    """No rung is trusted: its result passes the check that an agent's answer passes."""
    file = ProposedFile(path=conflict.path, text=merged.text)
    faults = check_resolution((conflict,), Proposal(files=(file,), dropped=merged.dropped))
    return LeftAlone(why=f"its merge was refused: {faults[0].detail}") if faults else merged
