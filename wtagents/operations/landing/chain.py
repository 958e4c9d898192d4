"""The chain of a batch: each branch replayed on the one before it, the first on the target's tip.

A branch that conflicts on the way leaves the batch and comes again by itself: only there a resolver
is asked, so that the others do not wait for its answer. Nothing outside the hub changes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, assert_never

from wtagents.core.errors import WtaError
from wtagents.core.landing.merge import MergeState
from wtagents.core.record import record, replace
from wtagents.git.merging.changes import tree_changes
from wtagents.git.merging.patches import patch_of
from wtagents.git.merging.predict import open_merge_desk
from wtagents.operations.landing.candidate import (
    Built,
    Conflicted,
    Contained,
    Overtaken,
    build_candidate,
)
from wtagents.operations.landing.climbing.trial import resolve_verified
from wtagents.operations.landing.holds import refuse_held
from wtagents.operations.landing.landing import move_all, put_back
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.words import fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.ids import Oid
    from wtagents.git.hub import Hub
    from wtagents.git.merging.patches import Patch
    from wtagents.git.merging.predict import MergeDesk
    from wtagents.git.merging.rebase import ReplayConflict
    from wtagents.operations.landing.landing import Landing
    from wtagents.operations.landing.source import Source

logger = logging.getLogger(__name__)


@record
class Begun:
    """One request whose branch is about to be replayed."""

    landing: Landing
    source: Source
    """Its `onto` is the target's tip."""


@record
class Member:
    """One request with its place in the chain."""

    landing: Landing
    source: Source
    """Its `onto` is the commit of the member before it."""
    commit: Oid
    commits: int
    patch: Patch

    @property
    def name(self) -> str:
        """The task's name."""
        return str(self.landing.task.name)


@record
class Chain:
    """What of a batch can be verified together, and who has to come again by itself."""

    members: tuple[Member, ...]
    alone: tuple[int, ...]
    """Request ids of those that conflicted with the target or with those before them."""


@record
class _Link:
    """One branch on top of the one before it."""

    built: Built
    source: Source
    patch: Patch


def build_chain(hub: Hub, begun: Sequence[Begun]) -> Chain:
    """Replay the branches one on the other; who cannot be in the chain has moved on by itself.

    Only for a batch of one a resolver is asked.
    """
    links, alone = _replay_all(hub, begun)
    if not links:
        return Chain(members=(), alone=tuple(alone))
    whole = _until_attributes_change(links)
    put_back([link.built.landing for link in links[whole:]], "it comes after new attributes")
    batch = links[0].built.landing.request.id
    moved = move_all(
        [
            (
                link.built.landing,
                MergeState.GATING,
                {
                    "onto": link.source.onto,
                    "candidate": link.built.commit,
                    "resolutions": link.built.resolutions,
                    "patch": link.patch.digest,
                    "batch": batch,
                    "place": place,
                },
            )
            for place, link in enumerate(links[:whole], 1)
        ]
    )
    return Chain(members=_unbroken(links[:whole], moved), alone=tuple(alone))


def _replay_all(hub: Hub, begun: Sequence[Begun]) -> tuple[list[_Link], list[int]]:
    links: list[_Link] = []
    alone: list[Landing] = []
    conflict: ReplayConflict | None = None
    tip = begun[0].source.onto
    with open_merge_desk(hub, tip) as desk:
        for each in begun:
            source = replace(each.source, onto=tip)
            result = _replay(each.landing, desk, source)
            if isinstance(result, Conflicted):
                conflict = result.conflict
                alone.append(each.landing)
            elif isinstance(result, Refusal) and result.holds and links:
                # What a person is shown must stand on the target itself.
                alone.append(each.landing)
            else:
                _place(hub, links, each.landing, source, result)
            tip = links[-1].built.commit if links else tip
    if len(begun) == 1 and conflict is not None:
        _place(hub, links, begun[0].landing, begun[0].source, _resolve(hub, begun[0], conflict))
        return links, []
    put_back(alone, "it comes again by itself")
    return links, [landing.request.id for landing in alone]


def _place(
    hub: Hub,
    links: list[_Link],
    landing: Landing,
    source: Source,
    result: Built | Contained | Refusal | Overtaken,
) -> None:
    """Put a branch at the end of the chain, or let its request move on without it."""
    match result:
        case Built():
            with hub.library() as library:
                tree = library.commit(result.commit).tree
                changes = tree_changes(hub, source.onto, result.commit)
            links.append(_Link(built=result, source=source, patch=patch_of(changes, tree)))
        case Contained() if not links:
            landing.finish(source.onto, result.detail)
        case Contained():
            put_back([landing], "those before it have all of it already")
        case Refusal():
            landing.reject(result)
        case Overtaken():
            pass
        case _:
            assert_never(result)


def _replay(
    landing: Landing, desk: MergeDesk, source: Source
) -> Built | Contained | Conflicted | Refusal:
    try:
        built = build_candidate(landing, desk, source)
        return (isinstance(built, Built) and refuse_held(built, desk.hub, source)) or built
    except (WtaError, OSError) as error:
        logger.warning("replaying %s", landing.task.name, exc_info=error)
        return fault(landing.task, error)


def _resolve(
    hub: Hub, only: Begun, conflict: ReplayConflict
) -> Built | Contained | Refusal | Overtaken:
    built = resolve_verified(only.landing, hub, only.source, conflict)
    return (isinstance(built, Built) and refuse_held(built, hub, only.source)) or built


def _until_attributes_change(links: Sequence[_Link]) -> int:
    """Return how many links were merged by the attributes that hold for them.

    The room has those of the target: who comes after a change of them is replayed in a new one.
    """
    for number, link in enumerate(links, 1):
        if any(path.rpartition("/")[2] == ".gitattributes" for path in link.patch.paths):
            return number
    return len(links)


def _unbroken(links: Sequence[_Link], moved: Sequence[Landing | None]) -> tuple[Member, ...]:
    """Return the members up to the first one that somebody took back meanwhile."""
    members: list[Member] = []
    for link, landing in zip(links, moved, strict=True):
        if landing is None:
            break
        members.append(
            Member(
                landing=landing,
                source=link.source,
                commit=link.built.commit,
                commits=link.built.commits,
                patch=link.patch,
            )
        )
    put_back([each for each in moved[len(members) :] if each is not None], "begun anew")
    return tuple(members)
