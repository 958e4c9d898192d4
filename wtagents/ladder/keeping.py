"""Mechanical answers that keep both changes, for gates to choose from: orders, unions and the like.

None of them drops a line; which one is meant nobody here knows, so that one lands only when the
gates have seen it. Gates do not see everything: where both sides changed the same line, or both say
what one name is, keeping both would let the last one win in silence, so that there is no answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import Hunk
from wtagents.core.landing.resolution import Proposal, ProposedFile, check_resolution, count_lines
from wtagents.core.landing.rung import Rung
from wtagents.core.record import replace
from wtagents.ladder.candidates import HUNK_LIMIT, candidates
from wtagents.ladder.check import accounted
from wtagents.ladder.declared import lost_declarations
from wtagents.ladder.hunks import Answered, answer_hunks, open_draft, too_large
from wtagents.ladder.outcome import Merged
from wtagents.ladder.rules.table import answer_for_both

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.landing.resolution import ConflictText
    from wtagents.ladder.hunks import Answer, Draft

_NAMING = re.compile(r"(?:[a-z]+ )*([\w.\"'$-]+) ?(?::?=(?!=)|:|(?<=\w)\(.*(?:\{|:|->.*)$)")
"""`name = …`, `name: …`, `"key": …`, `let name = …`, `def name(…):`, `func name(…) {`."""


def merges_of_both(conflict: ConflictText, *, is_test: bool = False) -> Iterator[Merged]:
    """Yield whole files that pass the check, the likeliest first; tests declare all they should."""
    seen: set[str] = set()
    for draft in _drafts(conflict):
        text = draft.text()
        superseded = tuple(
            drop for _, part in draft.answered() if part for drop in part.answer.superseded
        )
        file = ProposedFile(path=conflict.path, text=text)
        proposal = Proposal(files=(file,), dropped=superseded)
        if text in seen or check_resolution((conflict,), proposal):
            continue
        seen.add(text)
        if not (is_test and lost_declarations(conflict, text)):
            yield Merged(text=text, rungs=(), superseded=superseded)


def _drafts(conflict: ConflictText) -> Iterator[Draft]:
    opened = open_draft(conflict)
    if too_large(opened):
        return
    draft = answer_hunks(opened, Rung.RULES, answer_for_both)
    hunks = [part for part in draft.parts if isinstance(part, Hunk)]
    if not hunks or len(hunks) > HUNK_LIMIT or not all(map(_may_stand_together, hunks)):
        return
    kept = [
        [
            answer
            for each in ranked
            if not (answer := accounted(conflict.path, hunk, each.answer)).dropped
        ]
        for hunk, ranked in zip(hunks, candidates(draft), strict=True)
    ]
    if not all(kept):
        return
    for number in range(max(map(len, kept))):
        yield _filled(draft, [each[min(number, len(each) - 1)] for each in kept])


def _may_stand_together(hunk: Hunk) -> bool:
    """Whether both sides only added something, and not the same thing in two ways."""
    base, target, branch = map(count_lines, (hunk.base, hunk.target, hunk.branch))
    if base - target or base - branch:
        return False
    added = [side - base for side in (target, branch)]
    mine, theirs = ({name for line in lines if (name := _named(line))} for lines in added)
    return not mine & theirs


def _named(line: str) -> str:
    """Return what a line says the meaning of: a variable, a key, a function."""
    found = _NAMING.match(line)
    return found[1].strip("\"'") if found else ""


def _filled(draft: Draft, answers: list[Answer]) -> Draft:
    waiting = iter(answers)
    parts = tuple(
        Answered(hunk=part, rung=Rung.CANDIDATES, answer=next(waiting))
        if isinstance(part, Hunk)
        else part
        for part in draft.parts
    )
    return replace(draft, parts=parts)
