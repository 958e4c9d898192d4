"""Land a prefix: prove that it is what was verified, then move the target and all rows together.

What is proved at the last moment, in the user's own repository: the commits stand on the target's
tip and on each other, each changes exactly what was recorded when it was built, and the last one's
tree is the one that the gates saw. Otherwise nothing lands, and the target is untouched.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, assert_never

from wtagents.core.landing.merge import MergeState
from wtagents.core.record import record
from wtagents.git.advancing.advance import Advanced, Moved, advance
from wtagents.git.advancing.lock import CheckoutBusy, CheckoutDirty
from wtagents.git.merging.patches import patches
from wtagents.git.refs import tips_of
from wtagents.git.repo import GitError
from wtagents.operations.landing.landing import advance_all, finish_all
from wtagents.operations.landing.source import refuse_all_touched
from wtagents.operations.landing.words import (
    landed_words,
    refuse_busy,
    refuse_dirty,
    refuse_moved,
    refuse_unlike,
    settled_words,
    spared_hint,
    took_along_words,
)
from wtagents.store.merges import merge_request_by_id

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wtagents.core.ids import BranchName
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.chain import Member
    from wtagents.operations.landing.gate import Gated
    from wtagents.operations.landing.outcome import Refusal


_PATIENCE_SECONDS = 3.0
"""How long a git command in a checkout of the target is waited for."""
_LOOK_SECONDS = 0.05


@record
class Landed:
    """The target has all of them."""


@record
class Superseded:
    """The target moved while the batch was under way: nothing was changed."""

    warning: str = ""
    """What a person has to look at; '' when nothing."""


@record
class Broken:
    """The chain cannot land as it was verified: nothing was changed."""

    refused: tuple[tuple[Member, Refusal], ...] = ()
    """Who stands in the way; nobody when a request was withdrawn."""


End = Landed | Superseded | Broken


def land_prefix(context: Context, hub: Hub, members: Sequence[Member], gated: Gated) -> End:
    """Bring the target to the last of these members, which follow each other from its tip.

    Raises GitError when git refuses, SystemFault when the store does; after a kill the rows decide.
    """
    old, new = members[0].source.onto, members[-1].commit
    known = {old, *(member.source.tip for member in members)}
    hub.send(context.repository, new, known=sorted(known))
    with context.repository_lock():
        refused = _moved(context, members) or _touched(context, members)
        unlike = "" if refused else _unlike(context, members, gated)
        if unlike:
            refused = tuple((each, refuse_unlike(each.landing.task, unlike)) for each in members)
        if refused:
            return Broken(refused=refused)
        return _advance(context, members, gated)


def _advance(context: Context, members: Sequence[Member], gated: Gated) -> End:
    """Move the target, under the repository lock; from here on the rows decide after a kill."""
    advancing = advance_all([member.landing for member in members], gated.results)
    if not isinstance(advancing, tuple):
        return _in_the_way(context, next(each for each in members if each.landing is advancing))
    target = members[0].landing.request.target
    result = _advance_target(context, target, members)
    match result:
        case Advanced():
            notes = (*_company(members), *gated.notes, *settled_words(result.settled))
            finish_all(
                [
                    (row, member.commit, landed_words(context, row.request, member.commits, notes))
                    for row, member in zip(advancing, members, strict=True)
                ],
                hint=spared_hint(result.settled),
            )
            return Landed()
        case Moved():
            return Superseded(warning=took_along_words(target, result.took_along))
        case CheckoutDirty():
            return Broken(
                refused=tuple(
                    (member, refuse_dirty(member.landing.task, target, result))
                    for member in _who_touches(members, result.paths)
                )
            )
        case CheckoutBusy():
            return Broken(
                refused=tuple(
                    (member, refuse_busy(member.landing.task, target, result)) for member in members
                )
            )
        case _:
            assert_never(result)


def _advance_target(
    context: Context, target: BranchName, members: Sequence[Member]
) -> Advanced | Moved | CheckoutDirty | CheckoutBusy:
    """Advance; a git command of the person's that is just at work is waited for."""
    old, new = members[0].source.onto, members[-1].commit
    known = members[0].source.configuration
    never, deadline = Event(), context.clock.monotonic() + _PATIENCE_SECONDS
    while True:
        result = advance(context.repository, target, old, new, configuration=known)
        is_passing = isinstance(result, CheckoutBusy) and result.is_passing
        if not is_passing or context.clock.monotonic() >= deadline:
            return result
        context.clock.wait(never, _LOOK_SECONDS)


def _company(members: Sequence[Member]) -> tuple[str, ...]:
    others = len(members) - 1
    if not others:
        return ()
    return ("verified together with " + ("1 other" if others == 1 else f"{others} others"),)


def _moved(context: Context, members: Sequence[Member]) -> tuple[tuple[Member, Refusal], ...]:
    tips = tips_of(context.repository, [member.landing.task.branch for member in members])
    return tuple(
        (member, refuse_moved(member.landing.task))
        for member in members
        if tips.get(member.landing.task.branch) != member.source.tip
    )


def _touched(context: Context, members: Sequence[Member]) -> tuple[tuple[Member, Refusal], ...]:
    touched = refuse_all_touched(context, [member.landing.task for member in members])
    return tuple(
        (member, touched[member.landing.task.id])
        for member in members
        if member.landing.task.id in touched
    )


def _unlike(context: Context, members: Sequence[Member], gated: Gated) -> str:
    """Say how what would land differs from what was built and verified; '' when it does not."""
    repository, chain = context.repository, [members[0].source.onto]
    chain += [member.commit for member in members]
    try:
        found = patches(repository, chain)
    except (GitError, ValueError):
        return "its commits are not whole in the repository"
    if found is None:
        return "its commits do not stand on the target's tip"
    for member, patch in zip(members, found, strict=True):
        if patch.digest != member.patch.digest:
            return f"{member.name} changes something else than when it was built"
    if gated.tree is not None and gated.tree != found[-1].tree:
        return "its tree is not the one that the gates saw"
    return ""


def _in_the_way(context: Context, member: Member) -> Broken:
    """Tell a request that was withdrawn from one whose row was written by somebody else."""
    with context.database.read() as db:
        stored = merge_request_by_id(db, member.landing.request.id)
    if stored is None or stored.state is not MergeState.GATING:
        return Broken()
    what = "its request does not say what was built and verified"
    return Broken(refused=((member, refuse_unlike(member.landing.task, what)),))


def _who_touches(members: Sequence[Member], dirty: Collection[str]) -> list[Member]:
    """Return the members that change one of these paths; all when that cannot be told."""
    found = [
        member
        for member in members
        if any(_meet(path, other) for path in member.patch.paths for other in dirty)
    ]
    return found or list(members)


def _meet(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/")
