"""Rung "agent": the resolver gets all files that are left, as data, in one request.

What it says is checked by `core/resolution` and, on the whole tree, by the gates. Nobody's word is
enough to drop a line unless the configuration says so. An answer that does not pass is refused with
the reasons, and the resolver may answer once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.resolver import ConflictRequest, NoProposal
from wtagents.agent.resolvers.by_kind import resolver_for
from wtagents.core.merge import Resolution
from wtagents.core.record import replace
from wtagents.core.rung import Rung
from wtagents.core.task import TaskState
from wtagents.core.text import printable
from wtagents.operations.landing.climbing.climb import Answer
from wtagents.operations.landing.climbing.judge import judge
from wtagents.operations.landing.climbing.refusals import (
    refuse_conflict,
    refuse_drops,
    refuse_faults,
    refuse_unanswered,
)
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from wtagents.agent.resolver import Resolver
    from wtagents.core.resolution import Fault, Proposal
    from wtagents.operations.context import Context
    from wtagents.operations.landing.climbing.climb import Climb
    from wtagents.operations.landing.outcome import Refusal

RESOLVE_SECONDS = 900.0
_WORDS_LIMIT = 20_000
"""Characters of one task's prompt that a resolver gets."""
_COMMITS_LIMIT = 30
"""Commits of the target whose words a resolver gets."""
_PATHS_LIMIT = 200


def ask_resolver(climbing: Climb, refused: tuple[str, ...] = ()) -> Refusal | None:
    """Have the resolver answer everything that is left; refuse where it cannot or may not.

    `refused` says what was wrong with an answer before: then there is no second question.
    """
    landing = climbing.landing
    task, target = landing.task, landing.request.target
    resolver = configured_resolver(landing.context)
    left = climbing.left
    if resolver is None or climbing.left_for(Rung.AGENT) != left:
        return refuse_conflict(task, target, left)
    paths = [each.path for each in left]
    shown = printable(", ".join(paths), _PATHS_LIMIT)
    landing.tell(f"{task.name}: asking the resolver about {shown}")
    request = ConflictRequest(
        task=task.name,
        branch_words=task.prompt[:_WORDS_LIMIT],
        target=target,
        target_words=_target_words(climbing, paths),
        conflicts=climbing.texts(left),
        refused=refused,
    )
    proposal = resolver.resolve(request, seconds=RESOLVE_SECONDS)
    faults = _faults(climbing, request, proposal)
    if faults and not refused:
        landing.tell(f"{task.name}: asking the resolver again: {faults[0]}")
        request = replace(request, refused=tuple(map(str, faults)))
        second = resolver.resolve(request, seconds=RESOLVE_SECONDS)
        if isinstance(second, NoProposal):
            return refuse_faults(task, target, faults)
        proposal, faults = second, judge(climbing, request.conflicts, second)
    if isinstance(proposal, NoProposal):
        return refuse_unanswered(task, target, paths, proposal)
    if faults:
        return refuse_faults(task, target, faults)
    if proposal.dropped and not landing.context.settings.merge.allow_drops:
        return refuse_drops(task, target, proposal.dropped)
    climbing.answer(_answers(proposal, resolver))
    return None


def _faults(
    climbing: Climb, request: ConflictRequest, proposal: Proposal | NoProposal
) -> tuple[Fault, ...]:
    if isinstance(proposal, NoProposal):
        return ()
    return judge(climbing, request.conflicts, proposal)


def configured_resolver(context: Context) -> Resolver | None:
    """Return who is asked about text conflicts; None when a person resolves them all."""
    settings = context.settings
    return resolver_for(
        settings.merge.resolver,
        program=settings.agent.program,
        command=settings.merge.resolver_command,
        model=settings.merge.resolver_model,
        rooms=context.paths.rooms,
    )


def _answers(proposal: Proposal, resolver: Resolver) -> list[Answer]:
    return [
        Answer(
            resolution=Resolution(
                path=file.path,
                author=resolver.author,
                rung=Rung.AGENT,
                dropped=tuple(drop.shown for drop in proposal.dropped if drop.path == file.path),
            ),
            content=file.text.encode(),
            dropped=tuple(drop for drop in proposal.dropped if drop.path == file.path),
        )
        for file in proposal.files
    ]


def _target_words(climbing: Climb, paths: list[str]) -> tuple[str, ...]:
    """Return the prompts of tasks, else the subjects of commits, that changed these paths."""
    landing = climbing.landing
    said = climbing.hub.repo.read(
        "--literal-pathspecs",
        "log",
        "-z",
        f"--max-count={_COMMITS_LIMIT}",
        "--format=%s%x09%(trailers:key=Wta-Task,valueonly,separator=%x2C)",
        f"{landing.task.base}..{climbing.target_tip}",
        "--",
        *paths,
    )
    with landing.context.database.read() as db:
        prompts = {
            str(task.name): task.prompt
            for task in tasks(db, removed=True)
            if task.state is TaskState.MERGED
        }
    words = (line.rpartition("\t") for line in said.text.split("\0") if line)
    return tuple(
        dict.fromkeys(
            prompts[name][:_WORDS_LIMIT] if name in prompts else subject
            for subject, _, name in words
        )
    )
