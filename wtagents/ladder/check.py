"""What an answer to a hunk leaves out. Computed from the texts; no rule is asked or trusted.

A line that the answer lacks is superseded, not left out, when one of three counts finds nothing
missing and nothing back; each takes the limits of `core/landing/resolution.py`, the grain differs:

    by lines      every line that a side added or that both kept is there, none is back
    by words      the same for words and signs: a line that is woven of two changes holds both
    by versions   the same for words with a sign for each version, and no line of the answer has
                  a lower version than a side has in such a line
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.resolution import Dropped, Gap, Side, count_lines, find_gaps
from wtagents.core.record import replace
from wtagents.ladder.words import versions, without_versions, words

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from wtagents.core.landing.diff3 import Hunk
    from wtagents.ladder.hunks import Answer

_REASONS = {
    "added": "not taken over",
    "kept": "left out although both sides kept it",
    "removed": "kept although it was removed",
}
_SUPERSEDED = "it stands there with the other side's change"


def accounted(path: str, hunk: Hunk, answer: Answer) -> Answer:
    """Return the answer with what it supersedes and what it drops, whatever it said before."""
    gaps = _gaps(hunk, answer.text, count_lines)
    if _is_proved(hunk, answer.text):
        drops = tuple(
            Dropped(path=path, line=gap.line, side=gap.side, reason=_SUPERSEDED)
            for gap in gaps
            if not gap.is_back
        )
        return replace(answer, superseded=drops, dropped=())
    drops = tuple(
        Dropped(path=path, line=gap.line, side=gap.side, reason=_reason(gap)) for gap in gaps
    )
    return replace(answer, superseded=(), dropped=drops)


def _is_proved(hunk: Hunk, text: str) -> bool:
    if not _gaps(hunk, text, count_lines) or not _gaps(hunk, text, words):
        return True
    return _versions_rise(hunk, text) and not _gaps(hunk, text, _words_but_versions)


def _reason(gap: Gap) -> str:
    other = {Side.TARGET: "the branch's change", Side.BRANCH: "the target's change"}
    chosen = other.get(gap.side, "another change")
    return f"{_REASONS[gap.deed]}: {chosen} was chosen"


def _gaps(hunk: Hunk, text: str, count: Callable[[str], Counter[str]]) -> tuple[Gap, ...]:
    return tuple(find_gaps(*map(count, (hunk.base, hunk.target, hunk.branch, text))))


def _words_but_versions(text: str) -> Counter[str]:
    return words(without_versions(text))


def _versions_rise(hunk: Hunk, text: str) -> bool:
    lowest: dict[str, list[tuple[int, ...]]] = {}
    for line in text.splitlines():
        mask, found = without_versions(line.strip()), versions(line)
        lowest[mask] = min(lowest.get(mask, found), found)
    return all(
        versions(line) <= lowest.get(without_versions(line.strip()), [])
        for side in (hunk.target, hunk.branch)
        for line in side.splitlines()
        if versions(line)
    )
