"""One batch on its way: admitted, replayed, verified by prefixes, landed as far as it is green.

Whoever cannot go on says so in its own row and leaves; the others go back into the queue and come
again without it. A batch of one is the simple case of the same steps.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, assert_never

from wtagents.core.errors import WtaError
from wtagents.core.landing.prefixes import Search, Verdict, plan_runs
from wtagents.core.record import replace
from wtagents.git.refs import ref_value
from wtagents.git.repo import GitError
from wtagents.operations.landing.admit import admit
from wtagents.operations.landing.advance import Broken, Landed, Superseded, land_prefix
from wtagents.operations.landing.chain import build_chain
from wtagents.operations.landing.gate import Gated
from wtagents.operations.landing.landing import put_back
from wtagents.operations.landing.side_tests import need_tests
from wtagents.operations.landing.verify import Verifier
from wtagents.operations.landing.words import fault, refuse_red

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.chain import Chain, Member
    from wtagents.operations.landing.landing import Landing
    from wtagents.operations.landing.outcome import Tell

HURRIED_AFTER = 2
"""Times that a target moved meanwhile, from which on gates are ended as soon as it moves again: the
next try begins at once and has the whole pause of whoever moves it."""

logger = logging.getLogger(__name__)


def land_batch(
    context: Context, hub: Hub, landings: Sequence[Landing], *, tell: Tell
) -> tuple[int, ...]:
    """Land these together as far as they go; return the requests that must come again alone.

    Afterwards each of them has ended or waits. The caller holds the merger lock.
    """
    try:
        begun = admit(context, hub, landings)
        chain = build_chain(hub, begun) if begun else None
    except (WtaError, OSError) as error:
        return _fault_of_all(landings, error)
    if chain is None or not chain.members:
        return chain.alone if chain else ()
    try:
        _Passage(context, hub, chain, tell).go()
    except (WtaError, OSError) as error:
        return (*chain.alone, *_fault_of_all([each.landing for each in chain.members], error))
    return chain.alone


def _fault_of_all(landings: Sequence[Landing], error: WtaError | OSError) -> tuple[int, ...]:
    """Refuse the only one; of several nobody knows whose fault it is, so each comes alone.

    A git that was killed is nobody's fault: all begin again, but not for ever.
    """
    logger.warning("landing %s", ", ".join(each.task.name for each in landings), exc_info=error)
    if isinstance(error, GitError) and error.was_killed:
        for each in landings:
            each.cut_off()
        return tuple(each.request.id for each in landings)
    if len(landings) == 1:
        landings[0].reject(fault(landings[0].task, error))
        return ()
    put_back(landings, "something failed; it comes again by itself")
    return tuple(each.request.id for each in landings)


class _Passage:
    """The members of one chain between their building and their end."""

    def __init__(self, context: Context, hub: Hub, chain: Chain, tell: Tell) -> None:
        self._context = context
        self._hub = hub
        self._members = chain.members
        self._tell = tell
        self._landed = 0
        self._reds: dict[int, Gated] = {}

    def go(self) -> None:
        """Verify and land until all have ended or are back in the queue."""
        request, merge = self._members[0].landing.request, self._context.settings.merge
        tests = merge.test_command and any(
            need_tests(member.landing.request.resolutions) for member in self._members
        )
        if request.skip_gate or not (merge.gate or tests):
            self._land(len(self._members), Gated())
            return
        verifier = Verifier(self._context, self._hub, self._members, self._tell)
        try:
            self._search(verifier)
        finally:
            verifier.close()

    def _search(self, verifier: Verifier) -> None:
        search = Search(size=len(self._members), slots=verifier.slots)
        hurried = any(each.landing.request.superseded >= HURRIED_AFTER for each in self._members)
        while True:
            plan = plan_runs(search)
            for prefix in plan.stop:
                verifier.stop(prefix)
                search = search.stopped(prefix)
            for prefix in plan.start:
                verifier.start(prefix, again=prefix in self._reds)
                search = search.started(prefix)
            if search.is_done:
                break
            verdict = verifier.next_verdict(given_up=self._is_overtaken if hurried else None)
            if verdict is None:
                self._give_way()
                return
            prefix, gated = verdict
            flakes = len(search.flakes)
            search = search.seen(prefix, _verdict(gated, prefix, self._reds))
            if len(search.flakes) > flakes:
                verifier.note_flake(self._reds[prefix], gated)
                gated = replace(gated, notes=(*gated.notes, "a gate was red, then green: a flake"))
            if gated.red is not None:
                self._reds[prefix] = gated
            elif search.green > self._landed and not self._land(prefix, gated):
                return
        if search.culprit is not None:
            self._blame(verifier, search.culprit)

    def _land(self, prefix: int, gated: Gated) -> bool:
        """Land what is green; False when the rest of the chain is of no use any more."""
        members = self._members[self._landed : prefix]
        end = land_prefix(self._context, self._hub, members, gated)
        match end:
            case Landed():
                self._landed = prefix
                return True
            case Superseded():
                self._give_way(end.warning)
                return False
            case Broken():
                gone = {member.landing.request.id for member, _ in end.refused}
                for member, refusal in end.refused:
                    member.landing.reject(replace(refusal, gates=gated.results))
                self._back(gone, "one of its batch could not land")
                return False
            case _:
                assert_never(end)

    def _give_way(self, warning: str = "") -> None:
        """Begin again on where the target is now."""
        for member in self._left():
            member.landing.supersede(warning)

    def _is_overtaken(self) -> bool:
        """Whether the target is not where this chain can go on from any more."""
        first = self._members[0]
        stands = self._members[self._landed - 1].commit if self._landed else first.source.onto
        return ref_value(self._context.repository, first.landing.request.target.ref) != stands

    def _blame(self, verifier: Verifier, culprit: int) -> None:
        """Refuse the member whose tree was red twice; the rest comes again without it."""
        member, gated = self._members[culprit - 1], self._reds[culprit]
        if gated.red is None:
            raise AssertionError("a culprit that was not red")
        if not gated.red.timed_out:
            verifier.remember(gated.results, gated)
        refusal = refuse_red(member.name, gated.red)
        member.landing.reject(replace(refusal, gates=gated.results))
        self._back({member.landing.request.id}, f"the gates stopped {member.name} before it")

    def _left(self) -> Sequence[Member]:
        return self._members[self._landed :]

    def _back(self, without: set[int], why: str) -> None:
        rest = [each.landing for each in self._left() if each.landing.request.id not in without]
        put_back(rest, why)


def _verdict(gated: Gated, prefix: int, reds: dict[int, Gated]) -> Verdict:
    """Return the verdict; what was red twice at an earlier time needs no second run."""
    if gated.red is None:
        return Verdict.GREEN
    if gated.remembered and prefix not in reds:
        return Verdict.CONFIRMED
    return Verdict.LATE if gated.red.timed_out else Verdict.RED
