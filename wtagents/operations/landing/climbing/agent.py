"""Rung "agent": the resolver gets all files that are left, as data, in one request.

What it says is checked by `core/resolution` and, on the whole tree, by the gates. Nobody's word is
enough to drop a line unless the configuration says so. An answer that does not pass is refused with
the reasons, and the resolver may answer once more; then comes who tries last, where that is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.resolver import NoProposal
from wtagents.agent.resolvers.by_kind import resolver_for
from wtagents.core.landing.merge import LastResolver
from wtagents.core.landing.rung import Rung
from wtagents.core.record import replace
from wtagents.core.text import printable
from wtagents.operations.landing.climbing.judge import accept, judge
from wtagents.operations.landing.climbing.last import ask_last
from wtagents.operations.landing.climbing.question import RESOLVE_SECONDS, question_about_left
from wtagents.operations.landing.climbing.refusals import (
    refuse_conflict,
    refuse_faults,
    refuse_unanswered,
)

if TYPE_CHECKING:
    from wtagents.agent.resolver import ConflictRequest, Resolver
    from wtagents.core.landing.resolution import Fault, Proposal
    from wtagents.operations.context import Context
    from wtagents.operations.landing.climbing.climb import Attempt, Climb
    from wtagents.operations.landing.outcome import Refusal

_PATHS_LIMIT = 200


def ask_resolver(climbing: Climb, attempt: Attempt) -> Refusal | None:
    """Have everything that is left answered; refuse where nobody can or may.

    An answer that was refused before leaves one question to the resolver.
    """
    landing, left = climbing.landing, climbing.left
    resolver = configured_resolver(landing.context)
    if resolver is None or climbing.left_for(Rung.AGENT) != left:
        return refuse_conflict(landing.task, landing.request.target, left)
    if attempt.last:
        return ask_last(climbing, attempt.refused)
    shown = printable(", ".join(each.path for each in left), _PATHS_LIMIT)
    landing.tell(f"{landing.task.name}: asking the resolver about {shown}")
    request = question_about_left(climbing, attempt.refused)
    proposal = resolver.resolve(request, seconds=RESOLVE_SECONDS)
    refusal = _settle(climbing, resolver, request, proposal)
    if refusal is None or _is_for_later(proposal):
        return refusal
    if landing.context.settings.merge.resolver_last is LastResolver.NONE:
        return refusal
    return ask_last(climbing, (*attempt.refused, refusal.line), refusal)


def _settle(
    climbing: Climb, resolver: Resolver, request: ConflictRequest, proposal: Proposal | NoProposal
) -> Refusal | None:
    """Take an answer, if need be the second one."""
    landing = climbing.landing
    task, target = landing.task, landing.request.target
    faults = _faults(climbing, request, proposal)
    if faults and not request.refused:
        landing.tell(f"{task.name}: asking the resolver again: {faults[0]}")
        request = replace(request, refused=tuple(map(str, faults)))
        second = resolver.resolve(request, seconds=RESOLVE_SECONDS)
        if isinstance(second, NoProposal):
            return refuse_faults(task, target, faults)
        proposal, faults = second, judge(climbing, request.conflicts, second)
    if isinstance(proposal, NoProposal):
        return refuse_unanswered(task, target, [each.path for each in climbing.left], proposal)
    if faults:
        return refuse_faults(task, target, faults)
    return accept(climbing, proposal, resolver.author)


def _is_for_later(proposal: Proposal | NoProposal) -> bool:
    return isinstance(proposal, NoProposal) and proposal.transient


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
        budget_usd=settings.merge.resolver_budget_usd,
        rooms=context.paths.rooms,
    )
