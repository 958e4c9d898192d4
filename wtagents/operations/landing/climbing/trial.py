"""The rungs that gates judge: candidates one after the other, then the resolver, at most twice.

The gates look at the whole candidate in the first slot; what they said of it is remembered, so that
a green one is not verified again. An answer that they turn red goes back to the resolver once, with
their output, then to who tries last, where that is wanted. Costs end there: after that the landing
goes its usual way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import Author, LastResolver, MergeState
from wtagents.core.landing.rung import Rung
from wtagents.core.record import replace
from wtagents.core.text import printable
from wtagents.operations.landing.candidate import Built, Overtaken, resolve_candidate
from wtagents.operations.landing.climbing.climb import Attempt
from wtagents.operations.landing.climbing.slot import inspect_alone
from wtagents.operations.landing.environment import gate_environment
from wtagents.operations.landing.gate import run_gates
from wtagents.operations.landing.holds import refuse_held
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.side_tests import side_tests
from wtagents.store.gates import remember_verdicts
from wtagents.store.lessons import drop_notes

if TYPE_CHECKING:
    from wtagents.git.hub import Hub
    from wtagents.git.merging.rebase import ReplayConflict
    from wtagents.operations.landing.candidate import Contained
    from wtagents.operations.landing.gate import Red
    from wtagents.operations.landing.landing import Landing
    from wtagents.operations.landing.source import Source

_OUTPUT_LIMIT = 4000
_WITH_TOOLS = frozenset({Author.AGENT_WITH_TOOLS, Author.AUTHOR_SESSION})


class _Trial:
    """One conflict of one landing, tried in several ways."""

    def __init__(
        self, landing: Landing, hub: Hub, source: Source, conflict: ReplayConflict
    ) -> None:
        self._landing = landing
        self._hub = hub
        self._source = source
        self._conflict = conflict

    def attempt(self, attempt: Attempt) -> Built | Contained | Refusal | Overtaken:
        """Resolve everything in one way; a refused try leaves the row ready for the next one."""
        with self._landing.context.database.write(durable=False) as db:
            drop_notes(db, self._landing.request.id)
        return resolve_candidate(self._landing, self._hub, self._source, self._conflict, attempt)

    def reopen(self) -> bool:
        """Put the row of a refused try back to where the next one begins."""
        return self._landing.move(MergeState.REPLAYING) is not None

    def red(self, built: Built) -> Red | None:
        """Let the gates look at it; None when they pass, or a person looks at it first."""
        context, landing = self._landing.context, self._landing
        merge = context.settings.merge
        # Without gates a person looks at it in any case, and shall see what its tests say.
        if merge.gate and refuse_held(built, self._hub, self._source):
            return None
        tests = side_tests(merge, self._hub, landing.task, self._source, built.commit)
        if not merge.gate and not tests:
            return None
        alone = inspect_alone(landing, self._hub, built.commit, self._source.onto)
        gated = run_gates(replace(alone, tests=tests))
        if gated.red is None and gated.tree is not None:
            environment = gate_environment(context)
            now = context.clock.now()
            with context.database.write(durable=False) as db:
                remember_verdicts(db, gated.tree, environment, gated.results, at=now)
        return gated.red


def resolve_verified(
    landing: Landing, hub: Hub, source: Source, conflict: ReplayConflict
) -> Built | Contained | Refusal | Overtaken:
    """Have the conflicts of a replay resolved, by what the gates let pass where there are any."""
    merge = landing.context.settings.merge
    trial = _Trial(landing, hub, source, conflict)
    if landing.request.skip_gate:
        return trial.attempt(Attempt())
    tries = merge.candidates if merge.gate and Rung.CANDIDATES in merge.ladder else 0
    last = merge.resolver_last is not LastResolver.NONE
    return _by_candidates(trial, tries) or _by_resolver(trial, last=last)


def _by_candidates(trial: _Trial, most: int) -> Built | Contained | Overtaken | None:
    """Return the first candidate that the gates let pass, or what the rungs below have made."""
    for choice in range(most):
        found = trial.attempt(Attempt(choice=choice))
        if isinstance(found, Refusal):
            return None if trial.reopen() else Overtaken()
        if not isinstance(found, Built) or not _stands_on(found, Rung.CANDIDATES):
            return found
        if trial.red(found) is None:
            return found
    return None


def _by_resolver(trial: _Trial, *, last: bool) -> Built | Contained | Refusal | Overtaken:
    """Ask the resolver, again when its answer is red, and who tries last when that is, too."""
    found = trial.attempt(Attempt())
    refused: tuple[str, ...] = ()
    for is_last in (False, True) if last else (False,):
        if not isinstance(found, Built) or not _may_be_better(found):
            return found
        red = trial.red(found)
        if red is None:
            return found
        shown = f"{found.landing.task.name}: asking again, a {red.kind} was red"
        found.landing.tell(shown)
        refused += (_words(red),)
        found = trial.attempt(Attempt(refused=refused, last=is_last))
    return found


def _may_be_better(built: Built) -> bool:
    """Whether somebody is left who may be asked after a red gate."""
    authors = {each.author for each in built.resolutions}
    return _stands_on(built, Rung.AGENT) and not authors & _WITH_TOOLS


def _stands_on(built: Built, rung: Rung) -> bool:
    return any(each.rung is rung for each in built.resolutions)


def _words(red: Red) -> str:
    """Return what the gate said, for the resolver."""
    shell = printable(red.result.command, 200)
    how = "did not end in time" if red.timed_out else "failed"
    return f"the {red.kind} {shell!r} {how} on the result:\n{red.result.tail[-_OUTPUT_LIMIT:]}"
