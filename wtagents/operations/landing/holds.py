"""Holds: what about a candidate only a person may let pass; looked for before gates cost anything.

A person approves what was found, at the tip of the branch at which it was found. Another tip,
another line that would be lost, other content of a protected file: it is asked about again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.isolation.credentials import NEAR, SecretScan, credential_in
from wtagents.core.landing.merge import Hold, Rejection
from wtagents.core.landing.protected import protecting_pattern
from wtagents.core.text import printable
from wtagents.git.looking.head_log import foreign_moves
from wtagents.git.merging.added import added_lines
from wtagents.git.merging.changes import tree_changes
from wtagents.operations.landing.approval import seen_holds
from wtagents.operations.landing.dropped import dropped_landing
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.reverts import Attempt, find_reverts
from wtagents.system.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import Resolution
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.merging.changes import Change
    from wtagents.operations.context import Context
    from wtagents.operations.landing.candidate import Built
    from wtagents.operations.landing.reverts import Revert
    from wtagents.operations.landing.source import Source

_MANY = 40
"""Holds of one kind that are kept one by one."""
_SHOWN = 3
_SHORT = 10
_LINE_LIMIT = 60
_DIGEST_BYTES = 16


def refuse_held(built: Built, hub: Hub, source: Source) -> Refusal | None:
    """Stop a candidate that only a person may let land, unless one has seen exactly this."""
    landing = built.landing
    holds = find_holds(
        landing.context,
        hub,
        landing.task,
        source,
        built.commit,
        resolutions=built.resolutions,
        skip_gate=landing.request.skip_gate,
    )
    seen = seen_holds(landing.context, landing.request, source.tip)
    if all(hold.is_among(seen) for hold in holds):
        return None
    return held(landing.task, holds, built.commit, built.resolutions)


def held(
    task: Task, holds: tuple[Hold, ...], candidate: Oid, resolutions: tuple[Resolution, ...] = ()
) -> Refusal:
    """Return the refusal with the commands for a person."""
    first, *more = [hold.detail for hold in holds]
    return Refusal(
        rejection=holds[0].kind,
        detail=first + (f"; and {len(more)} more" if more else ""),
        hint=f"look at it: wta diff {task.name} --landing; then: wta merge {task.name} --approve",
        holds=holds,
        candidate=candidate,
        resolutions=resolutions,
    )


def find_holds(
    context: Context,
    hub: Hub,
    task: Task,
    source: Source,
    candidate: Oid,
    *,
    resolutions: tuple[Resolution, ...] = (),
    skip_gate: bool = False,
) -> tuple[Hold, ...]:
    """Return everything about a candidate on `source.onto` that a person must have seen."""
    changes = tree_changes(hub, source.onto, candidate)
    attempt = Attempt(
        task=task.name,
        base=task.base,
        tip=source.tip,
        onto=source.onto,
        candidate=candidate,
        resolved={each.path for each in resolutions},
        changes=changes,
    )
    gated = bool(context.settings.merge.gate) and not skip_gate
    kinds = (
        list(_foreign(context, task, source)),
        [_reverting(revert) for revert in find_reverts(hub, attempt)],
        list(_protected(context, changes)),
        [] if gated else list(_unverified(hub, candidate, resolutions)),
        list(_incomplete(context, hub, task, source, changes)),
        list(_credentials(context, hub, source.onto, candidate)),
    )
    return tuple(hold for found in kinds for hold in _few(found))


def _foreign(context: Context, task: Task, source: Source) -> Iterator[Hold]:
    """Tell of commits that neither the task's agent nor a person made in its worktree."""
    now = context.clock.now()
    for move in foreign_moves(context.repository, task.worktree, source.tip, now=now):
        yield Hold(
            kind=Rejection.FOREIGN,
            path="",
            detail=f"{task.branch} was moved from outside its worktree,"
            f" from {move.old[:_SHORT]} to {move.new[:_SHORT]}",
            content=f"{move.old} {move.new}",
        )


def _reverting(revert: Revert) -> Hold:
    path = printable(revert.path)
    by = ", ".join(
        f"{each.commit.short} (task {each.task})" if each.task else f"{each.commit.short}"
        for each in revert.brought_by[:_SHOWN]
    )
    if len(revert.brought_by) > _SHOWN:
        by += f" and {len(revert.brought_by) - _SHOWN} more"
    since = f" that came since with {by}" if by else " that came since"
    if not revert.lines:
        what = f"{path}: it takes back the changes{since}"
    else:
        shown = ", ".join(repr(printable(line, _LINE_LIMIT)) for line in revert.lines[:_SHOWN])
        more = f" and {len(revert.lines) - _SHOWN} more" if len(revert.lines) > _SHOWN else ""
        what = f"{path}: it removes {shown}{more}{since}"
    return Hold(
        kind=Rejection.REVERTS,
        path=revert.path,
        detail=printable(what),
        content=_digest("\n".join(revert.lines)),
    )


def _protected(context: Context, changes: Iterable[Change]) -> Iterator[Hold]:
    patterns = context.settings.merge.protected
    for change in changes:
        pattern = protecting_pattern(change.path, patterns)
        if pattern:
            yield Hold(
                kind=Rejection.PROTECTED,
                path=change.path,
                detail=f"{printable(change.path)}: {_deed(change)} ({printable(pattern)})",
                content=f"{change.new.mode:o} {change.new.oid}" if change.new else "",
            )


def _deed(change: Change) -> str:
    if change.new is None:
        return "it deletes a protected path"
    if change.old is None:
        return "it adds a protected path"
    if change.old.mode != change.new.mode:
        return f"it changes the mode of a protected path to {change.new.mode:o}"
    return "it changes a protected path"


def _unverified(hub: Hub, candidate: Oid, resolutions: tuple[Resolution, ...]) -> Iterator[Hold]:
    doubtful = {each.path: each for each in resolutions if each.needs_gate}
    if not doubtful:
        return
    with hub.library() as library:
        tree = library.commit(candidate).tree
        for path, resolution in doubtful.items():
            entry = library.entry(tree, path)
            who = f"resolved by {resolution.solver}"
            yield Hold(
                kind=Rejection.UNVERIFIED,
                path=path,
                detail=f"{printable(path)}: {who}, and no gate verifies it",
                content=f"{entry[0]:o} {entry[1]}" if entry else "",
            )


def _incomplete(
    context: Context, hub: Hub, task: Task, source: Source, changes: Iterable[Change]
) -> Iterator[Hold]:
    """Tell what an undone landing changed and this one leaves alone, without meaning to."""
    ends = dropped_landing(context, hub, task, source)
    if ends is None:
        return
    now = {change.path for change in changes}
    for change in tree_changes(hub, *ends):
        if change.path not in now:
            yield Hold(
                kind=Rejection.INCOMPLETE,
                path=change.path,
                detail=f"{printable(change.path)}: it lands without the change that was undone;"
                f" a rebase drops it: git rebase --reapply-cherry-picks {task.target}",
                content=f"{change.new.mode:o} {change.new.oid}" if change.new else "",
            )


def _credentials(context: Context, hub: Hub, onto: Oid, candidate: Oid) -> Iterator[Hold]:
    """Tell what looks like a credential, never the thing itself.

    Every commit is looked at: what a later one takes away stays in the history for all to read.
    """
    if context.settings.merge.secrets is SecretScan.OFF:
        return
    for line in added_lines(hub.repo, onto, candidate, near=NEAR):
        rule = credential_in(line.text)
        if rule:
            where = f"{printable(line.path)}:{line.number}: commit {line.commit.short}"
            yield Hold(
                kind=Rejection.CREDENTIAL,
                path=line.path,
                detail=f"{where} adds what looks like a credential ({rule})",
                content=_digest(f"{rule}\0{line.text}"),
            )


def _few(found: list[Hold]) -> list[Hold]:
    """Return the holds of one kind; very many become one that names some of them."""
    if len(found) <= _MANY:
        return found
    named = ", ".join(printable(hold.path, _LINE_LIMIT) for hold in found[:_SHOWN])
    everything = "\0".join(f"{hold.path}\0{hold.content}" for hold in found)
    return [
        Hold(
            kind=found[0].kind,
            path="",
            detail=f"{len(found)} paths, among them {named}: {found[0].detail}",
            content=_digest(everything),
        )
    ]


def _digest(text: str) -> str:
    return digest(text.encode(errors="surrogateescape"), size=_DIGEST_BYTES)
