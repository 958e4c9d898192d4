"""Push what has landed: the commit that was verified, with a lease, never over anybody's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError, WtaError
from wtagents.core.events import EventKind
from wtagents.core.ids import Oid
from wtagents.core.record import replace
from wtagents.core.text import printable
from wtagents.git.remote import (
    Pushed,
    RemoteMoved,
    Unreachable,
    fetch_remote_tip,
    push_commit,
    remote_of,
    remotes,
)
from wtagents.operations.landing.outcome import MergeOutcome, Push
from wtagents.operations.starting.large_files import uses_large_files
from wtagents.operations.tripwire import require_untouched
from wtagents.store.events import add_event
from wtagents.store.landed_checks import red_target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.ids import BranchName, RefName
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell

_REASON_LIMIT = 200
_SHELL_LIMIT = 80


def require_remote(context: Context, targets: Iterable[BranchName], *, wanted: bool) -> None:
    """Raise StateError while a push could not follow the landing; nothing is asked when none is to.

    A remote that is ahead is found out before anything lands.
    """
    for target in dict.fromkeys(targets):
        remote = push_remote(context, target, wanted=wanted)
        if not remote:
            continue
        require_untouched(context)
        tip = fetch_remote_tip(context.repository, remote, target.ref)
        if isinstance(tip, Unreachable):
            raise StateError(
                f"the remote {remote} cannot be reached",
                cause=printable(tip.reason, _REASON_LIMIT),
                hint=f"git ls-remote {remote}; or land without --push",
            )
        if tip is not None and not _has(context, tip, target.ref):
            raise StateError(
                f"{remote} has commits on {target} that are not here",
                cause=f"its {target} is at {tip.short}",
                hint=f"bring them in first: git pull --rebase {remote} {target}",
            )


def push_remote(context: Context, target: BranchName, *, wanted: bool) -> str:
    """Return where a target is pushed to after a landing, '' for nowhere. Raises StateError."""
    named = context.settings.merge.push or ""
    if not named and wanted:
        named = remote_of(context.repository, target)
        if not named:
            raise StateError(
                f"nothing says where {target} is to be pushed",
                hint='name it: merge.push = "origin", after: git remote add origin URL',
            )
    if named and named not in remotes(context.repository):
        raise StateError(f"there is no remote {named!r}", hint=f"git remote add {named} URL")
    return named


def push_landed(
    context: Context, outcomes: tuple[MergeOutcome, ...], *, wanted: bool, tell: Tell
) -> tuple[MergeOutcome, ...]:
    """Push each target to where it is to go; return the outcomes with what became of it."""
    done: dict[BranchName, Push] = {}
    for target in dict.fromkeys(each.target for each in outcomes if each.landed and each.commits):
        landed = [each.new for each in outcomes if each.target == target and each.commits]
        remote = ""
        try:
            remote = push_remote(context, target, wanted=wanted)
            bad = _unfit(context, target, outcomes) if remote else ""
            if bad:
                hint = f"look at {target}; then: git push {remote} {target}"
                done[target] = _not_pushed(remote, target, bad, hint)
            elif remote:
                require_untouched(context)
                tip = _newest(context, [oid for oid in landed if oid is not None])
                done[target] = _push(context, remote, target, tip)
        except WtaError as error:
            reason = f"{error.message}{f': {error.cause}' if error.cause else ''}"
            named = remote or context.settings.merge.push or "its remote"
            done[target] = _not_pushed(named, target, reason, error.hint)
        if target in done:
            tell(done[target].line)
    return tuple(
        replace(each, push=done.get(each.target)) if each.landed and each.commits else each
        for each in outcomes
    )


def push_undo(context: Context, target: BranchName, commit: Oid, *, wanted: bool) -> Push | None:
    """Push the commit that takes a landing back; None when nothing is to be pushed."""
    remote = push_remote(context, target, wanted=wanted)
    if not remote:
        return None
    require_untouched(context)
    return _push(context, remote, target, commit)


def _unfit(context: Context, target: BranchName, outcomes: Iterable[MergeOutcome]) -> str:
    """Say why a target should not leave this machine, or ''."""
    undone = [each.task for each in outcomes if each.undone and each.target == target]
    if undone:
        return f"{', '.join(undone)} was undone; the next landing is pushed with it"
    with context.database.read() as db:
        red = red_target(db, target)
    return f"the gate {printable(red, _SHELL_LIMIT)!r} is red on {target}" if red else ""


def _push(context: Context, remote: str, target: BranchName, commit: Oid) -> Push:
    repository = context.repository
    if uses_large_files(repository, commit):
        reason = "its large files (git-lfs) need the hooks of the repository"
        return _not_pushed(remote, target, reason, f"by hand: git push {remote} {target}")
    tip = fetch_remote_tip(repository, remote, target.ref)
    if isinstance(tip, Unreachable):
        return _not_pushed(remote, target, tip.reason, f"git push {remote} {target}")
    if tip is not None and _has(context, commit, tip):
        return Push(remote=remote, target=target, commit=commit, pushed=True, detail="", hint="")
    if tip is not None and not _has(context, tip, commit):
        return _moved(remote, target, tip)
    match push_commit(repository, remote, commit, target.ref, tip):
        case Pushed():
            pass
        case RemoteMoved() as moved:
            return _moved(remote, target, moved.actual)
        case Unreachable() as refused:
            return _not_pushed(remote, target, refused.reason, f"git push {remote} {target}")
    data = {"remote": remote, "ref": target.ref, "commit": commit, "before": tip}
    with context.database.write(actor="merger") as db:
        add_event(db, EventKind.REF_PUSHED, at=context.clock.now(), data=data)
    return Push(remote=remote, target=target, commit=commit, pushed=True, detail="", hint="")


def _moved(remote: str, target: BranchName, actual: Oid | None) -> Push:
    at = f", now at {actual.short}" if actual else ""
    return _not_pushed(
        remote,
        target,
        f"superseded: somebody pushed to {target} meanwhile{at}",
        f"git pull --rebase {remote} {target}, run the gates, then: git push {remote} {target}",
    )


def _not_pushed(remote: str, target: BranchName, reason: str, hint: str) -> Push:
    detail = printable(reason, _REASON_LIMIT)
    return Push(remote=remote, target=target, commit=None, pushed=False, detail=detail, hint=hint)


def _newest(context: Context, landed: list[Oid]) -> Oid:
    """Return the last of the landed commits: they stand on each other."""
    said = context.repository.read("rev-list", "--topo-order", "--max-count=1", *landed)
    return Oid(said.text)


def _has(context: Context, old: Oid, new: Oid | RefName) -> bool:
    command = ("merge-base", "--is-ancestor", old, new)
    return context.repository.read(*command, ok=(0, 1, 128)).status == 0
