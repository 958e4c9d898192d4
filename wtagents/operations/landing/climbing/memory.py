"""Rung "memory": answers that landed and were verified, given again to hunks like theirs.

What is recalled passes the same check as a new answer; one that does not is forgotten, as is one
that a gate turns red. Only answers of a resolver or a person are worth remembering: the rungs below
find theirs again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.lessons import hunk_keys, learn, recall
from wtagents.core.landing.merge import Author, Resolution
from wtagents.core.landing.resolution import Proposal, ProposedFile, check_resolution
from wtagents.core.landing.rung import Rung
from wtagents.operations.landing.climbing.climb import Answer
from wtagents.store.lessons import forget_lessons, note_lessons, recall_lessons

if TYPE_CHECKING:
    from wtagents.core.landing.resolution import ConflictText
    from wtagents.operations.landing.climbing.climb import Climb

_TAUGHT_BY = (Rung.CANDIDATES, Rung.AGENT, Rung.PERSON)


def recall_answers(climbing: Climb, *, note: bool = True) -> None:
    """Answer the files of which every hunk is known; `note` where they are about to land."""
    context = climbing.landing.context
    for text in climbing.texts(climbing.left_for(Rung.MEMORY)):
        keys = hunk_keys(text)
        with context.database.read() as db:
            known = recall_lessons(db, keys)
        recalled = recall(text, known)
        if recalled is None:
            continue
        file = ProposedFile(path=text.path, text=recalled.text)
        proposal = Proposal(files=(file,), dropped=recalled.dropped)
        if check_resolution((text,), proposal):
            if note:
                with context.database.write() as db:
                    forget_lessons(db, keys)
            continue
        if note:
            with context.database.write() as db:
                note_lessons(db, climbing.landing.request.id, known.values(), recalled=True)
        climbing.answer([_answer(text, proposal)])


def note_answers(climbing: Climb) -> None:
    """Note what a landing will have taught when it has landed and was verified."""
    taught = [each for each in climbing.answers if each.resolution.rung in _TAUGHT_BY]
    if not taught:
        return
    paths = {each.resolution.path: each for each in taught}
    conflicts = [each for each in climbing.conflict.conflicts if each.path in paths]
    texts = climbing.texts([each for each in conflicts if each.is_resolvable])
    with climbing.landing.context.database.write() as db:
        for text in texts:
            answer = paths[text.path]
            lessons = learn(text, climbing.text_of(answer), answer.dropped)
            note_lessons(db, climbing.landing.request.id, lessons, recalled=False)


def _answer(text: ConflictText, proposal: Proposal) -> Answer:
    resolution = Resolution(
        path=text.path,
        author=Author.WTA,
        rung=Rung.MEMORY,
        dropped=tuple(drop.shown for drop in proposal.dropped),
    )
    return Answer(resolution=resolution, content=proposal.files[0].text.encode())
