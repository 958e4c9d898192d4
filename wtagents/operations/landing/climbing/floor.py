"""The rungs that need no model, file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import Author, Resolution
from wtagents.core.landing.resolution import ConflictText, Proposal, ProposedFile, check_resolution
from wtagents.core.landing.rung import UNATTENDED, Rung
from wtagents.ladder.exchange import Question
from wtagents.operations.landing.climbing.apart import ask_ladder
from wtagents.operations.landing.climbing.climb import Answer
from wtagents.operations.landing.climbing.mergiraf import merge_by_mergiraf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.ladder.outcome import Merged
    from wtagents.operations.landing.climbing.climb import Climb

_MECHANICAL = frozenset({Rung.RULES, Rung.STRUCTURAL})


def solve_mechanically(climbing: Climb) -> None:
    """Answer what rules and syntax can decide."""
    allowed = _MECHANICAL & set(climbing.landing.context.settings.merge.ladder)
    left = {each.path: each for rung in allowed for each in climbing.left_for(rung)}
    texts = climbing.texts(tuple(left.values()))
    found = {each.resolution.path: each for each in _answers(texts, allowed)}
    if Rung.STRUCTURAL in allowed:
        found |= _by_program(climbing, texts, found)
    climbing.answer(found.values())


def _by_program(
    climbing: Climb, texts: tuple[ConflictText, ...], found: dict[str, Answer]
) -> dict[str, Answer]:
    """Return what mergiraf makes of the files that rules alone do not solve."""
    context = climbing.landing.context
    wanted = [
        text
        for text in texts
        if text.path not in found or found[text.path].resolution.rung is Rung.STRUCTURAL
    ]
    merged = merge_by_mergiraf(wanted, context.paths.rooms, context.clock)
    return {
        path: Answer(
            resolution=Resolution(path=path, author=Author.WTA, rung=Rung.STRUCTURAL, dropped=()),
            content=text.encode(),
        )
        for path, text in merged.items()
    }


def _answers(texts: tuple[ConflictText, ...], allowed: frozenset[Rung]) -> Iterator[Answer]:
    replies = ask_ladder([Question(conflict=text) for text in texts])
    for text, reply in zip(texts, replies, strict=True):
        if isinstance(reply, tuple):
            yield from (answer for merged in reply if (answer := _checked(text, merged, allowed)))


def _checked(text: ConflictText, merged: Merged, allowed: frozenset[Rung]) -> Answer | None:
    rungs = {solved.rung for solved in merged.rungs} or {Rung.RULES}
    if not rungs <= allowed | {Rung.ALREADY_THERE}:
        return None
    proposal = Proposal(
        files=(ProposedFile(path=text.path, text=merged.text),),
        dropped=merged.superseded + merged.dropped,
    )
    if check_resolution((text,), proposal):
        return None
    resolution = Resolution(
        path=text.path,
        author=Author.WTA,
        rung=max(rungs, key=_height),
        dropped=tuple(drop.shown for drop in merged.dropped),
    )
    return Answer(resolution=resolution, content=merged.text.encode())


def _height(rung: Rung) -> int:
    return UNATTENDED.index(rung) if rung in UNATTENDED else -1
