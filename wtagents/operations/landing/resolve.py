"""A conflict of a replay: to the resolver where it is text, verified, else to a person.

The resolver gets data and returns data; what it says is checked by `core/resolution` and, on the
whole tree, by the gates. Nobody's word is enough to drop a line unless the configuration says so.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wtagents.agent.resolver import ConflictRequest, NoProposal
from wtagents.agent.resolvers.by_kind import resolver_for
from wtagents.core.merge import Rejection, Resolution
from wtagents.core.record import record
from wtagents.core.resolution import ConflictText, check_resolution
from wtagents.core.task import TaskState
from wtagents.core.text import printable
from wtagents.operations.landing.outcome import Refusal
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.agent.resolver import Resolver
    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.resolution import Proposal
    from wtagents.core.task import Task
    from wtagents.git.conflicts import Conflict
    from wtagents.git.hub import Hub
    from wtagents.git.rebase import ReplayConflict
    from wtagents.operations.context import Context
    from wtagents.operations.landing.landing import Landing

RESOLVE_SECONDS = 900.0
_WORDS_LIMIT = 20_000
"""Characters of one task's prompt that a resolver gets."""
_COMMITS_LIMIT = 30
"""Commits of the target whose words a resolver gets."""
_PATHS_LIMIT = 200
_SHOWN = 4


@record
class Resolved:
    """A tree without the conflict."""

    tree: Oid
    resolutions: tuple[Resolution, ...]


def resolve_conflict(
    landing: Landing, hub: Hub, conflict: ReplayConflict, target_tip: Oid
) -> Resolved | Refusal:
    """Ask the resolver that is configured, and check its answer."""
    task, target = landing.task, landing.request.target
    resolver = configured_resolver(landing.context)
    if resolver is None or not all(each.is_resolvable for each in conflict.conflicts):
        return refuse_conflict(task, target, conflict.conflicts)
    paths = [each.path for each in conflict.conflicts]
    shown = printable(", ".join(paths), _PATHS_LIMIT)
    landing.tell(f"{task.name}: asking the resolver about {shown}")
    request = ConflictRequest(
        task=task.name,
        branch_words=task.prompt[:_WORDS_LIMIT],
        target=target,
        target_words=_target_words(landing, hub, conflict, target_tip),
        conflicts=_texts(hub, conflict.conflicts),
    )
    proposal = resolver.resolve(request, seconds=RESOLVE_SECONDS)
    if isinstance(proposal, NoProposal):
        return _unanswered(task, target, paths, proposal)
    return _judge(landing, request, proposal) or _apply(hub, conflict, proposal, resolver)


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


def refuse_conflict(task: Task, target: BranchName, conflicts: Iterable[Conflict]) -> Refusal:
    """Hand a conflict to a person, or back to the agent, with the exact commands."""
    said = _listed([conflict.description for conflict in conflicts])
    return Refusal(
        rejection=Rejection.CONFLICT,
        detail=f"it conflicts with {target}: {said}",
        hint=_by_hand(task, target),
    )


def _unanswered(task: Task, target: BranchName, paths: list[str], answer: NoProposal) -> Refusal:
    later = f"try again: wta merge {task.name}; or " if answer.transient else ""
    return Refusal(
        rejection=Rejection.CONFLICT,
        detail=f"it conflicts with {target} in {_listed(paths)}: {answer.reason}",
        hint=later + _by_hand(task, target),
    )


def _judge(landing: Landing, request: ConflictRequest, proposal: Proposal) -> Refusal | None:
    task, target = landing.task, landing.request.target
    faults = [str(fault) for fault in check_resolution(request.conflicts, proposal)]
    if faults:
        return Refusal(
            rejection=Rejection.RESOLUTION_REFUSED,
            detail=f"the resolver's answer is refused: {_listed(faults)}",
            hint=_by_hand(task, target),
        )
    if proposal.dropped and not landing.context.settings.merge.allow_drops:
        drops = _listed([drop.shown for drop in proposal.dropped])
        return Refusal(
            rejection=Rejection.RESOLUTION_REFUSED,
            detail=f"the resolver's answer drops lines: {drops}",
            hint=f"allow it with merge.allow_drops = true, or {_by_hand(task, target)}",
        )
    return None


def _apply(hub: Hub, conflict: ReplayConflict, proposal: Proposal, resolver: Resolver) -> Resolved:
    files = {file.path: file.text.encode() for file in proposal.files}
    with hub.library() as library:
        tree = library.write_tree_with(conflict.tree, files)
    resolutions = tuple(
        Resolution(
            path=file.path,
            author=resolver.author,
            dropped=tuple(drop.shown for drop in proposal.dropped if drop.path == file.path),
        )
        for file in proposal.files
    )
    return Resolved(tree=tree, resolutions=resolutions)


def _texts(hub: Hub, conflicts: tuple[Conflict, ...]) -> tuple[ConflictText, ...]:
    with hub.library() as library:
        return tuple(
            ConflictText(
                path=each.path,
                base=library.blob(each.base.oid).decode() if each.base else None,
                target=library.blob(each.target.oid).decode() if each.target else "",
                branch=library.blob(each.branch.oid).decode() if each.branch else "",
            )
            for each in conflicts
        )


def _target_words(
    landing: Landing, hub: Hub, conflict: ReplayConflict, target_tip: Oid
) -> tuple[str, ...]:
    """Return the prompts of tasks, else the subjects of commits, that changed these paths."""
    said = hub.repo.read(
        "--literal-pathspecs",
        "log",
        "-z",
        f"--max-count={_COMMITS_LIMIT}",
        "--format=%s%x09%(trailers:key=Wta-Task,valueonly,separator=%x2C)",
        f"{landing.task.base}..{target_tip}",
        "--",
        *(each.path for each in conflict.conflicts),
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


def _listed(lines: list[str]) -> str:
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + more


def _by_hand(task: Task, target: BranchName) -> str:
    place = shlex.quote(str(task.worktree))
    return (
        f"git -C {place} rebase {target}, resolve, then: wta merge {task.name}; or:"
        f' wta send {task.name} "rebase onto {target} and resolve the conflicts"'
    )
