"""After a landing: gates that look at the target itself, and an undo by itself when one is red.

A red gate is asked again, then about the target as it was: what was red before is nobody's fault.
Of several landings the one after which it was red first is taken back, by one commit like every
undo. Killed anywhere, the next landing looks again at everything that was not looked at.
"""

from __future__ import annotations

import logging
from itertools import groupby
from threading import Event
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.record import record
from wtagents.core.text import printable
from wtagents.git.hub import open_hub
from wtagents.git.refs import ref_value
from wtagents.operations.landing.gate import Gated, Inspection, run_gates
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.take_back import Landed, take_back
from wtagents.store.gates import record_flake
from wtagents.store.landed_checks import note_checked, unchecked_landings
from wtagents.store.tasks import require_task_by_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.landing.merge import GateResult
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell

logger = logging.getLogger(__name__)

_SHELL_LIMIT = 80


@record
class _Look:
    """Who looks at what."""

    context: Context
    hub: Hub
    landings: tuple[Landed, ...]
    """In the order of landing, all on one target."""
    tell: Tell

    @property
    def target(self) -> BranchName:
        """The branch that they landed on."""
        return self.landings[0].request.target

    def at(self, commit: Oid, *, name: str) -> Gated:
        """Let the gates look at one commit of the target."""
        newest = self.landings[-1]
        return run_gates(
            Inspection(
                context=self.context,
                hub=self.hub.repo,
                slot=1,
                tasks=(newest.task.name,),
                commit=commit,
                onto=newest.before,
                target=self.target,
                stem=f"{newest.task.name.folder}-{newest.request.id}-{name}",
                tell=self.tell,
                cancelled=Event(),
                shells=self.context.settings.merge.post_gate,
            )
        )


@record
class _Found:
    """What a target is left with."""

    shell: str = ""
    """The gate that is red, or ''."""
    culprit: int | None = None
    """The task since whose landing it is, and which landed still."""


def check_landed(context: Context, tell: Tell) -> None:
    """Look at what has landed since the last look; the caller holds the merger lock."""
    if not context.settings.merge.post_gate:
        return
    with context.database.read() as db:
        found = unchecked_landings(db)
        tasks = {each.id: require_task_by_id(db, each.task_id) for each in found or ()}
    if found is not None and not found:
        return
    landings = [
        Landed(
            context=context,
            task=tasks[each.id],
            request=each,
            before=each.onto,
            commit=each.candidate,
            tell=tell,
        )
        for each in found or ()
        if each.onto is not None and each.candidate is not None and each.onto != each.candidate
    ]
    found_on: dict[BranchName, _Found] = {}
    by_target = sorted(landings, key=lambda each: each.request.target)
    for target, group in groupby(by_target, key=lambda each: each.request.target):
        try:
            found_on[target] = _check(context, tuple(group), tell)
        except (WtaError, OSError):
            logger.exception("looking at %s after a landing", target)
    with context.database.write(actor="merger") as db:
        seen = {target: each.shell for target, each in found_on.items()}
        blamed = {target: each.culprit for target, each in found_on.items() if each.culprit}
        note_checked(db, seen, blamed, context.clock.now())


def _check(context: Context, landings: tuple[Landed, ...], tell: Tell) -> _Found:
    """Look at one target."""
    hub = open_hub(context.paths, context.repository)
    hub.fetch(context.repository, landings[0].before, landings[-1].commit)
    look = _Look(context=context, hub=hub, landings=landings, tell=tell)
    result = _red(look, landings[-1].commit)
    if result is None:
        return _Found()
    shell = printable(result.command, _SHELL_LIMIT)
    before = look.at(landings[0].before, name="before")
    if before.red is not None:
        tell(f"the gate {shell!r} is red on {look.target}, and was before these landings")
        return _Found(shell=shell)
    culprit = _culprit(look, landings)
    tell(f"{look.target} is RED: the gate {shell!r} fails since {culprit.task.name} landed")
    if not context.settings.merge.auto_undo:
        tell(f"take it back: wta undo {culprit.task.name}; the gate said: {result.log}")
        return _Found(shell=shell, culprit=culprit.task.id)
    return _take_back(look, culprit, shell)


def _red(look: _Look, commit: Oid) -> GateResult | None:
    """Return the gate that is red twice on one commit."""
    first = look.at(commit, name="after")
    if first.red is None:
        return None
    again = look.at(commit, name="again")
    if again.red is not None:
        return again.red.result
    context, result = look.context, first.red.result
    look.tell(f"the gate {result.command!r} was red, then green, on the same tree: a flake")
    if again.tree is not None:
        with context.database.write(actor="merger") as db:
            record_flake(db, result.command, again.tree, result.log, at=context.clock.now())
    return None


def _culprit(look: _Look, landings: Sequence[Landed]) -> Landed:
    """Return the first landing with which the target is red; it was green before all of them."""
    green, red = -1, len(landings) - 1
    while red - green > 1:
        middle = (green + red) // 2
        if look.at(landings[middle].commit, name="between").red is None:
            green = middle
        else:
            red = middle
    return landings[red]


def _take_back(look: _Look, culprit: Landed, shell: str) -> _Found:
    """Undo one landing; return what the target is red with all the same."""
    name, why = culprit.task.name, f"the gate {shell!r} was red after it had landed"
    end = take_back(culprit, look.hub, why=why)
    if isinstance(end, Refusal):
        look.tell(f"{name} could NOT be undone: {end.line}; {end.hint}")
        return _Found(shell=shell, culprit=culprit.task.id)
    look.tell(f"{name} is undone on {look.target} by {end.new.short}: {why}")
    if end.warning:
        look.tell(f"{name}: {printable(end.warning)}")
    tip = ref_value(look.context.repository, look.target.ref)
    if tip is None:
        return _Found()
    look.hub.fetch(look.context.repository, tip)
    left = _red(look, tip)
    if left is not None:
        look.tell(f"{look.target} is RED all the same: see {left.log}")
    return _Found(shell=printable(left.command, _SHELL_LIMIT) if left is not None else "")
