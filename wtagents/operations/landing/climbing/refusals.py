"""What a person reads when a conflict cannot be solved without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import Rejection
from wtagents.core.landing.regeneration import advise_regeneration
from wtagents.operations.landing.outcome import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wtagents.agent.resolver import NoProposal
    from wtagents.core.ids import BranchName
    from wtagents.core.landing.resolution import Dropped, Fault
    from wtagents.core.task import Task
    from wtagents.git.merging.conflicts import Conflict

_SHOWN = 4


def refuse_conflict(task: Task, target: BranchName, conflicts: Iterable[Conflict]) -> Refusal:
    """Hand a conflict to a person, or back to the agent, with the exact commands."""
    left = tuple(conflicts)
    advice = advise_regeneration(each.path for each in left)
    return Refusal(
        rejection=Rejection.CONFLICT,
        detail=f"it conflicts with {target}: {_listed([each.description for each in left])}",
        hint=(f"declare how it is made: {advice}; or " if advice else "") + _by_hand(task, target),
    )


def refuse_regeneration(task: Task, target: BranchName, said: str, log: str) -> Refusal:
    """The declared command did not do what it is for."""
    return Refusal(
        rejection=Rejection.RESOLUTION_REFUSED,
        detail=said,
        hint=f"look at {log}, correct [[merge.regenerate]], then: wta merge {task.name}; or"
        f" {_by_hand(task, target)}",
    )


def refuse_unanswered(
    task: Task, target: BranchName, paths: Sequence[str], answer: NoProposal
) -> Refusal:
    """The resolver has nothing to say."""
    later = f"try again: wta merge {task.name}; or " if answer.transient else ""
    return Refusal(
        rejection=Rejection.CONFLICT,
        detail=f"it conflicts with {target} in {_listed(paths)}: {answer.reason}",
        hint=later + _by_hand(task, target),
    )


def refuse_faults(task: Task, target: BranchName, faults: Sequence[Fault]) -> Refusal:
    """The resolver's answer does not pass the check."""
    return Refusal(
        rejection=Rejection.RESOLUTION_REFUSED,
        detail=f"the resolver's answer is refused: {_listed([str(fault) for fault in faults])}",
        hint=_by_hand(task, target),
    )


def refuse_last(task: Task, target: BranchName, said: str, refused: Sequence[str]) -> Refusal:
    """Who tries last did not solve it either."""
    before = f"; before that {refused[0].splitlines()[0]}" if refused else ""
    return Refusal(
        rejection=Rejection.RESOLUTION_REFUSED,
        detail=f"{said}{before}",
        hint=_by_hand(task, target),
    )


def refuse_drops(task: Task, target: BranchName, dropped: Sequence[Dropped]) -> Refusal:
    """The resolver leaves lines out, and nobody has allowed that."""
    drops = _listed([drop.shown for drop in dropped])
    return Refusal(
        rejection=Rejection.RESOLUTION_REFUSED,
        detail=f"the resolver's answer drops lines: {drops}",
        hint=f"allow it with merge.allow_drops = true, or {_by_hand(task, target)}",
    )


def _listed(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + more


def _by_hand(task: Task, target: BranchName) -> str:
    return (
        f"wta resolve {task.name}; or:"
        f' wta send {task.name} "rebase onto {target} and resolve the conflicts"'
    )
