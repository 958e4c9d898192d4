"""What every answer of candidates and resolver must pass before a gate looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import Resolution
from wtagents.core.landing.resolution import Fault, FaultKind, check_resolution
from wtagents.core.landing.rung import Rung
from wtagents.core.landing.testing import is_test
from wtagents.ladder.exchange import Lost, Question
from wtagents.ladder.outcome import LeftAlone
from wtagents.operations.landing.climbing.apart import ask_ladder
from wtagents.operations.landing.climbing.climb import Answer
from wtagents.operations.landing.climbing.refusals import refuse_drops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.landing.merge import Author
    from wtagents.core.landing.resolution import ConflictText, Proposal
    from wtagents.ladder.exchange import Reply
    from wtagents.operations.landing.climbing.climb import Climb
    from wtagents.operations.landing.outcome import Refusal


def judge(
    climbing: Climb, conflicts: Sequence[ConflictText], proposal: Proposal
) -> tuple[Fault, ...]:
    """Return what is wrong with an answer: by its lines, and by the tests that it declares."""
    faults = check_resolution(conflicts, proposal)
    if faults:
        return faults
    patterns = climbing.landing.context.settings.merge.test_paths
    texts = {file.path: file.text for file in proposal.files}
    questions = [
        Question(conflict=conflict, proposed=texts[conflict.path])
        for conflict in conflicts
        if is_test(conflict.path, patterns)
    ]
    replies = zip(questions, ask_ladder(questions), strict=True)
    return tuple(
        Fault(path=question.conflict.path, kind=FaultKind.UNDECLARED, detail=detail)
        for question, reply in replies
        for detail in _details(reply)
    )


def _details(reply: Reply) -> tuple[str, ...]:
    if isinstance(reply, Lost):
        return reply.details
    why = reply.why if isinstance(reply, LeftAlone) else "no answer"
    return (f"what it declares could not be read: {why}",)


def accept(climbing: Climb, proposal: Proposal, author: Author) -> Refusal | None:
    """Keep an answer of the rung "agent" without faults; refuse drops that nobody has allowed."""
    landing = climbing.landing
    if proposal.dropped and not landing.context.settings.merge.allow_drops:
        return refuse_drops(landing.task, landing.request.target, proposal.dropped)
    climbing.answer(
        Answer(
            resolution=Resolution(
                path=file.path,
                author=author,
                rung=Rung.AGENT,
                dropped=tuple(drop.shown for drop in proposal.dropped if drop.path == file.path),
            ),
            content=file.text.encode(),
            dropped=tuple(drop for drop in proposal.dropped if drop.path == file.path),
        )
        for file in proposal.files
    )
    return None
