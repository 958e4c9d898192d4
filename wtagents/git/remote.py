"""Remotes: what a branch is there, and a push that overwrites nothing.

The configuration of the user's repository says where a remote is and how to get there, so whoever
calls has looked at the tripwire. No hook runs, nobody is asked for a password, and a remote
that is reached by a command of the configuration (`ext::`) is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError
from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git.repo import GitError

if TYPE_CHECKING:
    from wtagents.core.ids import RefName
    from wtagents.git.repo import GitResult, Repository

REMOTE_SECONDS = 300.0
_CONFIG = {"protocol.allow": "always", "protocol.ext.allow": "never", "push.gpgSign": "false"}
_ENVIRONMENT = {"SSH_ASKPASS": "false", "SSH_ASKPASS_REQUIRE": "never"}


@record
class Pushed:
    """The remote has the commit."""

    already: bool
    """Whether it had it before."""


@record
class RemoteMoved:
    """Somebody else pushed there: nothing was changed."""

    actual: Oid | None


@record
class Unreachable:
    """The remote does not answer, or refuses."""

    reason: str


def remotes(repo: Repository) -> tuple[str, ...]:
    """Return the names of all remotes."""
    return tuple(repo.read("remote").text.splitlines())


def remote_of(repo: Repository, branch: str) -> str:
    """Return the remote that a branch follows; else `origin`, or the only one there is; else ''."""
    known = remotes(repo)
    said = repo.read("config", "--get", f"branch.{branch}.remote", ok=(0, 1)).text
    named = [name for name in (said, "origin") if name in known]
    return named[0] if named else known[0] if len(known) == 1 else ""


def fetch_remote_tip(repo: Repository, remote: str, ref: RefName) -> Oid | Unreachable | None:
    """Return what a ref is on the remote, its history copied here; None when it is not there."""
    try:
        said = _talk(repo, "ls-remote", "--quiet", remote, ref)
        tips = [line.split("\t") for line in said.text.splitlines()]
        tip = next((Oid(oid) for oid, name in tips if name == ref), None)
        if tip is not None:
            options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
            _talk(repo, "fetch", *options, remote, ref)
    except (GitError, DeadlineError) as error:
        return Unreachable(reason=error.cause or error.message)
    return tip


def push_commit(
    repo: Repository, remote: str, commit: Oid, ref: RefName, expected: Oid | None
) -> Pushed | RemoteMoved | Unreachable:
    """Make a ref of the remote a commit if it still is at `expected` (None: not there)."""
    lease = f"--force-with-lease={ref}:{expected or ''}"
    options = ("--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", lease)
    try:
        said = _talk(repo, "push", *options, remote, f"{commit}:{ref}", ok=(0, 1))
    except (GitError, DeadlineError) as error:
        return Unreachable(reason=error.cause or error.message)
    for line in said.text.splitlines():
        flag, _, rest = line.partition("\t")
        summary = rest.partition("\t")[2]
        if flag == "=":
            return Pushed(already=True)
        if flag in (" ", "*", "+"):
            return Pushed(already=False)
        if flag == "!" and ("stale info" in summary or "fetch first" in summary):
            tip = fetch_remote_tip(repo, remote, ref)
            return RemoteMoved(actual=None if isinstance(tip, Unreachable) else tip)
        if flag == "!":
            return Unreachable(reason=summary)
    return Unreachable(reason=said.stderr.strip().rpartition("\n")[2] or "the push failed")


def _talk(repo: Repository, command: str, *args: str, ok: tuple[int, ...] = (0,)) -> GitResult:
    return repo.git(command, *args, config=_CONFIG, env=_ENVIRONMENT, timeout=REMOTE_SECONDS, ok=ok)
