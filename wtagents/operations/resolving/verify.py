"""What a person made of a step: undecided still, or answers to keep.

The check is that of every rung. Only a person may leave lines out without a reason of their own: by
saying so for all of them, or by taking one side as it is.
"""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING

from wtagents.core.landing.answers import PersonAnswer
from wtagents.core.landing.lessons import learn
from wtagents.core.landing.resolution import (
    ConflictText,
    Dropped,
    count_lines,
    find_gaps,
    text_faults,
)
from wtagents.core.record import record
from wtagents.core.text import printable
from wtagents.git.merging.changes import tree_changes
from wtagents.git.merging.conflicts import ConflictKind, is_text
from wtagents.operations.landing.climbing.person import ABSENT, conflict_key, step_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.ids import Oid
    from wtagents.core.landing.lessons import Lesson
    from wtagents.git.hub import Hub
    from wtagents.git.merging.conflicts import Blob, Conflict
    from wtagents.git.objects import Library
    from wtagents.operations.resolving.desk import Opened

_MARKER = re.compile(rb"^(<{7,} target|>{7,} branch)", re.MULTILINE)
_TEXTS = (ConflictKind.CONTENT, ConflictKind.BOTH_ADDED)
_SHOWN = 3
_KEPT, _LEFT_OUT = "a person kept it", "a person left it out"


@record
class Verified:
    """What may be kept, and what is in the way of it."""

    faults: tuple[str, ...]
    answers: tuple[PersonAnswer, ...]
    lessons: tuple[Lesson, ...]


def verify(hub: Hub, opened: Opened, after: Oid, *, drop: bool) -> Verified:
    """Look at the tree that a person left."""
    changed = {each.path: each for each in tree_changes(hub, opened.commit, after)}
    faults: list[str] = []
    answers: list[PersonAnswer] = []
    lessons: list[Lesson] = []
    with hub.library() as library:
        for conflict in opened.waiting:
            took = conflict.path in opened.decided
            look = _Look(library, conflict, library.entry(after, conflict.path))
            faults += look.faults(touched=took or conflict.path in changed, drop=drop or took)
            answers.append(look.answer())
            lessons += look.lessons()
        whole = step_key(opened.conflicts)
        waiting = {each.path for each in opened.waiting}
        for path in changed.keys() - waiting:
            before = library.entry(opened.half, path)
            said = f"{before[0]:o} {before[1]}" if before else ABSENT
            answers.append(_entry(whole, path, library.entry(after, path), said, ()))
    return Verified(faults=tuple(faults), answers=tuple(answers), lessons=tuple(lessons))


class _Look:
    """One conflicted path and what stands there now."""

    def __init__(self, library: Library, conflict: Conflict, entry: tuple[int, Oid] | None) -> None:
        self._conflict = conflict
        self._entry = entry
        is_file = entry is not None and stat.S_ISREG(entry[0])
        self._content = library.blob(entry[1]) if entry and is_file else None
        self._sides = _sides(library, conflict) if conflict.kind in _TEXTS else None
        self._dropped: tuple[Dropped, ...] = ()

    def faults(self, *, touched: bool, drop: bool) -> Iterator[str]:
        """Yield what a person has still to do, one line each."""
        path = printable(self._conflict.path)
        if self._sides is None:
            if not touched:
                yield f"{path}: nobody has decided yet: {self._conflict.kind.value}"
            elif self._content is not None and _MARKER.search(self._content):
                yield f"{path}: a conflict marker is left in it"
            return
        if self._content is None or not is_text(self._content):
            what = "it is gone" if self._entry is None else "it is no text any more"
            if not drop:
                yield f"{path}: {what}; confirm it with --drop"
            return
        text = self._content.decode()
        for fault in text_faults(self._sides, text):
            yield f"{path}: {fault.detail}"
        sides = self._sides
        gaps = list(
            find_gaps(*map(count_lines, (sides.base or "", sides.target, sides.branch, text)))
        )
        if gaps and not drop:
            named = ", ".join(f"{printable(gap.line, 60)!r}" for gap in gaps[:_SHOWN])
            more = f" and {len(gaps) - _SHOWN} more" if len(gaps) > _SHOWN else ""
            yield f"{path}: of the two sides it lacks or brings back {named}{more}; confirm: --drop"
        self._dropped = tuple(
            Dropped(
                path=self._conflict.path,
                line=gap.line,
                side=gap.side,
                reason=_KEPT if gap.is_back else _LEFT_OUT,
            )
            for gap in gaps
        )

    def answer(self) -> PersonAnswer:
        """Return what to keep."""
        dropped = tuple((drop.line, str(drop.side), drop.reason) for drop in self._dropped)
        key = conflict_key(self._conflict)
        return _entry(key, self._conflict.path, self._entry, "", dropped)

    def lessons(self) -> tuple[Lesson, ...]:
        """Return the same hunk by hunk."""
        if self._sides is None or self._content is None or not is_text(self._content):
            return ()
        return learn(self._sides, self._content.decode(), self._dropped)


def _sides(library: Library, conflict: Conflict) -> ConflictText:
    def text(blob: Blob | None) -> str:
        return library.blob(blob.oid).decode(errors="replace") if blob else ""

    return ConflictText(
        path=conflict.path,
        base=text(conflict.base) if conflict.base else None,
        target=text(conflict.target),
        branch=text(conflict.branch),
    )


def _entry(
    key: str,
    path: str,
    entry: tuple[int, Oid] | None,
    before: str,
    dropped: tuple[tuple[str, str, str], ...],
) -> PersonAnswer:
    mode, blob = entry or (0, None)
    return PersonAnswer(key=key, path=path, mode=mode, blob=blob, before=before, dropped=dropped)
