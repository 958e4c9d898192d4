"""The mechanical answers to one hunk with all that is known about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.ladder.choice.features import (
    Features,
    FileFacts,
    answer_features,
    hunk_features,
    used_around,
)
from wtagents.ladder.mechanical import MECHANICAL, used_imports
from wtagents.ladder.words import normal_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.landing.diff3 import Hunk

USED_IMPORTS = "used imports"


@record
class Mechanical:
    """One answer; all ways that come to the same lines are one."""

    text: str
    ways: tuple[str, ...]
    features: Features


def mechanical_answers(
    facts: FileFacts, hunks: Sequence[Hunk], hunk: Hunk
) -> tuple[Mechanical, ...]:
    """Return the different answers to one of the file's open hunks."""
    used = used_around(facts, hunks, hunk)
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    ways = [(way, answer(hunk)) for way, answer in MECHANICAL.items()]
    ways.append((USED_IMPORTS, used_imports(hunk, set(used))))
    for way, text in ways:
        if text is not None:
            found.setdefault(tuple(normal_lines(text)), []).append((way, text))
    common = hunk_features(facts, hunk, used)
    return tuple(_mechanical(hunk, same, used, common) for same in found.values())


def _mechanical(
    hunk: Hunk, same: list[tuple[str, str]], used: frozenset[str], common: Features
) -> Mechanical:
    names = tuple(way for way, _ in same)
    text = same[0][1]
    features = common | answer_features(hunk, text, names, used)
    return Mechanical(text=text, ways=names, features=features)
