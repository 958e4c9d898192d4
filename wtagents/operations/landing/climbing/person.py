"""Rung "person": what somebody made of a conflict by `wta resolve`, for this task alone.

An answer holds for exactly the sides that the person has seen. Where the target moved meanwhile,
the answers to single hunks go on to hold; what is put together from them is checked anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.lessons import recall
from wtagents.core.landing.merge import Author, Resolution
from wtagents.core.landing.resolution import (
    Dropped,
    Proposal,
    ProposedFile,
    Side,
    check_resolution,
)
from wtagents.core.landing.rung import Rung
from wtagents.git.merging.conflicts import Blob
from wtagents.operations.landing.climbing.climb import Answer
from wtagents.store.answers import answers_of, lessons_of
from wtagents.system.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.landing.answers import PersonAnswer
    from wtagents.git.merging.conflicts import Conflict
    from wtagents.operations.landing.climbing.climb import Climb

_DIGEST_BYTES = 20
ABSENT = "absent"


def take_answers(climbing: Climb) -> None:
    """Answer what a person has answered."""
    landing = climbing.landing
    with landing.context.database.read() as db:
        stored = answers_of(db, landing.task.id)
        lessons = lessons_of(db, landing.task.id) if stored else {}
    if not stored:
        return
    keys = {conflict_key(each) for each in climbing.conflict.conflicts}
    climbing.answer(_answer(each) for each in stored if each.key in keys)
    whole = step_key(climbing.conflict.conflicts)
    climbing.answer(
        _answer(each)
        for each in stored
        if each.key == whole and each.before == described(climbing, each.path)
    )
    left = [each for each in climbing.left if each.is_resolvable]
    for text in climbing.texts(left):
        recalled = recall(text, lessons)
        if recalled is None:
            continue
        file = ProposedFile(path=text.path, text=recalled.text)
        proposal = Proposal(files=(file,), dropped=recalled.dropped)
        if not check_resolution((text,), proposal):
            content = recalled.text.encode()
            climbing.answer([_by_person(text.path, content, recalled.dropped)])


def conflict_key(conflict: Conflict) -> str:
    """Return the name of one conflict: its path, class and sides."""
    sides = (conflict.base, conflict.target, conflict.branch)
    said = [f"{side.mode:o} {side.oid}" if side else "" for side in sides]
    return _digest([conflict.path, conflict.kind.name, *said])


def step_key(conflicts: Iterable[Conflict]) -> str:
    """Return the name of everything that was in conflict at once."""
    return _digest(sorted(conflict_key(each) for each in conflicts))


def described(climbing: Climb, path: str) -> str:
    """Return what a path of the half-merged tree is, to be compared."""
    with climbing.hub.library() as library:
        entry = library.entry(climbing.conflict.tree, path)
    return f"{entry[0]:o} {entry[1]}" if entry else ABSENT


def _answer(stored: PersonAnswer) -> Answer:
    content = Blob(mode=stored.mode, oid=stored.blob) if stored.blob else None
    dropped = tuple(
        Dropped(path=stored.path, line=line, side=Side(side), reason=reason)
        for line, side, reason in stored.dropped
    )
    return _by_person(stored.path, content, dropped)


def _by_person(path: str, content: bytes | Blob | None, dropped: tuple[Dropped, ...]) -> Answer:
    resolution = Resolution(
        path=path,
        author=Author.HUMAN,
        rung=Rung.PERSON,
        dropped=tuple(drop.shown for drop in dropped),
    )
    return Answer(resolution=resolution, content=content, dropped=dropped)


def _digest(parts: list[str]) -> str:
    return digest("\0".join(parts).encode(errors="surrogateescape"), size=_DIGEST_BYTES)
