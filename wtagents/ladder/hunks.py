"""A conflicted file as agreed text and hunks, of which some are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.landing.diff3 import Agreed, Hunk, plan_merge
from wtagents.core.landing.resolution import ConflictText
from wtagents.core.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wtagents.core.landing.resolution import Dropped
    from wtagents.core.landing.rung import Rung

HUNK_LINES = 2_000
"""Lines of a side of a hunk: the time of some rules grows with their square."""


@record
class Answer:
    """What a rule makes of one hunk."""

    text: str
    rule: str
    superseded: tuple[Dropped, ...] = ()
    dropped: tuple[Dropped, ...] = ()


@record
class Answered:
    """A hunk that has its answer."""

    hunk: Hunk
    rung: Rung
    answer: Answer


@record
class Spot:
    """One open hunk and where it stands; all that a rule sees."""

    path: str
    hunk: Hunk


Part: TypeAlias = Agreed | Hunk | Answered
HunkRule: TypeAlias = "Callable[[Spot], Answer | None]"


@record
class Draft:
    """A file on its way up the ladder."""

    path: str
    parts: tuple[Part, ...]

    @property
    def is_done(self) -> bool:
        """Whether no hunk is open."""
        return not any(isinstance(part, Hunk) for part in self.parts)

    def text(self) -> str:
        """Return the merged text of a draft that is done."""
        return "".join(_side(part, "target") for part in self.parts)

    def rest(self) -> ConflictText:
        """Return what is still in conflict: answered hunks are agreed text on all three sides."""
        base, target, branch = (
            "".join(_side(part, side) for part in self.parts)
            for side in ("base", "target", "branch")
        )
        return ConflictText(path=self.path, base=base, target=target, branch=branch)

    def answered(self) -> Iterator[tuple[int, Answered | None]]:
        """Yield every hunk's place with its answer, None where it is open."""
        hunks = (part for part in self.parts if not isinstance(part, Agreed))
        for place, part in enumerate(hunks):
            yield place, part if isinstance(part, Answered) else None


def too_large(draft: Draft) -> str:
    """Say why nobody should wait for the rules; '' where the hunks are of a usual size."""
    hunks = (part for part in draft.parts if isinstance(part, Hunk))
    sides = (side for hunk in hunks for side in (hunk.base, hunk.target, hunk.branch))
    if any(side.count("\n") > HUNK_LINES for side in sides):
        return f"a hunk has more than {HUNK_LINES} lines"
    return ""


def open_draft(conflict: ConflictText) -> Draft:
    """Return the draft in which no hunk is answered."""
    chunks = plan_merge(conflict.base or "", conflict.target, conflict.branch)
    return Draft(path=conflict.path, parts=tuple(chunks))


def answer_hunks(draft: Draft, rung: Rung, rule: HunkRule) -> Draft:
    """Return the draft with the answers that the rule has for open hunks."""
    parts = list(draft.parts)
    for place, part in enumerate(draft.parts):
        if isinstance(part, Hunk):
            answer = rule(Spot(path=draft.path, hunk=part))
            if answer is not None:
                parts[place] = Answered(hunk=part, rung=rung, answer=answer)
    return replace(draft, parts=tuple(parts))


def _side(part: Part, side: str) -> str:
    if isinstance(part, Agreed):
        return part.text
    if isinstance(part, Answered):
        return part.answer.text
    return str(getattr(part, side))
