"""The order of the rungs, and the check that every result passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.resolution import Proposal, ProposedFile, check_resolution, text_faults
from wtagents.core.landing.rung import Rung
from wtagents.ladder.hunks import Draft, answer_hunks, open_draft, too_large
from wtagents.ladder.outcome import LeftAlone, Merged, Outcome, Solved
from wtagents.ladder.rules.table import answer_by_rules, answer_for_both
from wtagents.ladder.structural.merge import merge_structurally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.landing.resolution import ConflictText
    from wtagents.ladder.choice.forest import Forest


def climb(
    conflict: ConflictText, *, keep_both: bool = False, forest: Forest | None = None
) -> Outcome:
    """Merge one file by the rungs that need no model; the first sound answer counts.

    `keep_both` asks for both changes, whatever people use to choose: nothing is dropped. `forest`
    replaces the one that the choice ships with.
    """
    opened = open_draft(conflict)
    if opened.is_done:
        return _without_hunks(conflict, opened)
    large = too_large(opened)
    if large:
        return LeftAlone(why=large)
    refused = ""
    for merged in _attempts(opened, keep_both=keep_both, forest=forest):
        fault = next(text_faults(conflict, merged.text), None)
        if fault is None:
            return merged
        refused = fault.detail
    hunks = sum(1 for _ in opened.answered())
    return LeftAlone(
        why=f"its merge was refused: {refused}"
        if refused
        else f"no rung is sure of {'its hunk' if hunks == 1 else f'all of its {hunks} hunks'}"
    )


def _attempts(opened: Draft, *, keep_both: bool, forest: Forest | None) -> Iterator[Merged]:
    """Yield whole files, the cheapest rung's first."""
    rule = answer_for_both if keep_both else answer_by_rules
    draft = answer_hunks(opened, Rung.RULES, rule)
    if draft.is_done:
        yield _finished(draft)
    else:
        structural = _with_structure(draft, keep_both=keep_both)
        if structural is not None:
            yield structural
    if not keep_both:
        from wtagents.ladder.candidates import choose

        chosen = choose(opened, draft, forest)
        if chosen is not None:
            yield _finished(chosen)


def _without_hunks(conflict: ConflictText, opened: Draft) -> Outcome:
    """Git saw a conflict where these lines have none: they can be matched in more than one way."""
    base = conflict.base or ""
    if conflict.branch in (base, conflict.target) or conflict.target == base:
        solved = Solved(hunk=0, rung=Rung.ALREADY_THERE, rule="nothing to merge")
        return Merged(text=opened.text(), rungs=(solved,))
    return LeftAlone(why="its lines can be matched in more than one way")


def _finished(draft: Draft) -> Merged:
    answers = [(place, part) for place, part in draft.answered() if part is not None]
    return Merged(
        text=draft.text(),
        rungs=tuple(
            Solved(hunk=place, rung=part.rung, rule=part.answer.rule) for place, part in answers
        ),
        superseded=tuple(drop for _, part in answers for drop in part.answer.superseded),
        dropped=tuple(drop for _, part in answers for drop in part.answer.dropped),
    )


def _with_structure(draft: Draft, *, keep_both: bool) -> Merged | None:
    """The rules' answers stand; the structural rung merges what is left of the file.

    Its rows that the merge reshaped are superseded; any other line that it lost refuses it.
    """
    rest = draft.rest()
    merged = merge_structurally(rest, keep_both=keep_both)
    if merged is None:
        return None
    file = ProposedFile(path=rest.path, text=merged.text)
    if check_resolution((rest,), Proposal(files=(file,), dropped=merged.dropped)):
        return None
    rule = merged.rungs[0].rule if merged.rungs else ""
    answers = list(draft.answered())
    return Merged(
        text=merged.text,
        rungs=tuple(
            Solved(hunk=place, rung=part.rung, rule=part.answer.rule)
            if part
            else Solved(hunk=place, rung=Rung.STRUCTURAL, rule=rule)
            for place, part in answers
        ),
        superseded=(
            *(drop for _, part in answers if part for drop in part.answer.superseded),
            *merged.dropped,
        ),
    )
