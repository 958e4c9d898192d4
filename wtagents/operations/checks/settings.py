"""Git settings and files of the repository that endanger agents, or are endangered by them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.operations.checks.check import failed, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.operations.checks.check import Check
    from wtagents.operations.context import Context

_TRUE = frozenset({"", "true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def git_settings(context: Context) -> dict[str, str]:
    """Return what git's own files say, the last word of each key; ours of this call left out."""
    fields = context.repository.read("config", "--list", "-z", "--show-scope").fields
    found = {}
    for scope, entry in zip(fields[::2], fields[1::2], strict=True):
        key, _, value = entry.partition("\n")
        if scope != "command":
            found[key] = value
    return found


def check_tripwire(context: Context) -> Iterator[Check]:
    """An agent can write to the shared git directory; the user's own git obeys it."""
    from wtagents.operations.tripwire import observe_every_tripwire

    changed = observe_every_tripwire(context) if context.paths.database.exists() else []
    if changed:
        yield failed(
            "tripwire",
            f"changed since it was accepted: {'; '.join(changed)}",
            f"look at it in {context.common_dir}; then: wta doctor --accept",
        )
    else:
        yield ok("tripwire", "configuration and hooks are as accepted")


def check_git_settings(context: Context) -> Iterator[Check]:
    """Settings that lose commits, or act on other branches than the one that is meant."""
    settings = git_settings(context)
    dangers = list(_dangers(settings))
    yield from dangers
    if not dangers:
        yield ok("git settings", "none that endangers")


def _dangers(settings: dict[str, str]) -> Iterator[Check]:
    def is_on(key: str) -> bool:
        return key in settings and settings[key].lower() in _TRUE

    if settings.get("gc.pruneexpire") in ("now", "all"):
        yield failed(
            "gc.pruneExpire",
            "git gc deletes objects that running agents are about to use",
            "git config --unset gc.pruneExpire",
        )
    if is_on("extensions.worktreeconfig") and is_on("core.bare"):
        yield failed(
            "core.bare",
            "shared core.bare=true with extensions.worktreeConfig breaks every linked worktree",
            "git config --worktree core.bare true && git config --unset core.bare",
        )
    hooks = settings.get("core.hookspath", "")
    if hooks and not Path(hooks).expanduser().is_absolute():
        yield note(
            "core.hooksPath",
            f"{hooks} is relative: hooks come from the tree that an agent edits",
            "wta itself runs no hooks; make it absolute for the agents' own commits",
        )
    if is_on("rerere.autoupdate"):
        yield note(
            "rerere.autoUpdate",
            "one agent's wrong resolution is replayed silently in another worktree",
            "git config --unset rerere.autoUpdate",
        )
    if is_on("rebase.updaterefs"):
        yield note(
            "rebase.updateRefs",
            "an agent's rebase moves other branches along",
            "git config --unset rebase.updateRefs",
        )
    pushed = settings.get("receive.denycurrentbranch", "").lower()
    if pushed in ("updateinstead", "ignore", "warn", *_FALSE):
        yield note(
            "receive.denyCurrentBranch",
            "who pushes here moves the checked out branch, maybe in the middle of a landing"
            if pushed == "updateinstead"
            else "who pushes here moves the checked out branch, and leaves its files behind",
            "git config --unset receive.denyCurrentBranch; push to another branch, and land that",
        )


def check_identity(context: Context) -> Iterator[Check]:
    """Without a name and an address no agent can commit."""
    settings = git_settings(context)
    missing = [key for key in ("user.name", "user.email") if not settings.get(key)]
    if missing:
        yield failed(
            "identity",
            f"{' and '.join(missing)} not set: agents cannot commit",
            f'git config {missing[0]} "…"',
        )
    else:
        yield ok("identity", f"{settings['user.name']} <{settings['user.email']}>")


def check_signing(context: Context) -> Iterator[Check]:
    """A commit that must be signed hangs or fails where nobody can type a passphrase."""
    settings = git_settings(context)
    if settings.get("commit.gpgsign", "false").lower() not in _TRUE:
        return
    form = settings.get("gpg.format", "openpgp")
    program = settings.get(f"gpg.{form}.program") or settings.get("gpg.program")
    program = program or {"ssh": "ssh-keygen", "x509": "gpgsm"}.get(form, "gpg")
    off = "git config commit.gpgSign false, or give the agents a key without a passphrase"
    if shutil.which(program) is None:
        yield failed("signing", f"commit.gpgSign is on, but {program} is not there", off)
    elif not settings.get("user.signingkey"):
        yield failed("signing", "commit.gpgSign is on, but user.signingKey is not set", off)
    else:
        yield note("signing", "commit.gpgSign is on: a passphrase prompt would stop agents", off)


def check_large_files(context: Context) -> Iterator[Check]:
    """Without git-lfs a worktree of a repository that is set up for it cannot be checked out."""
    from wtagents.operations.starting.large_files import INSTALL, missing_program, uses_large_files

    repository = context.repository
    program = missing_program(repository, "HEAD")
    if program is not None:
        what = f"the repository keeps files in LFS, but {program} is not there: no task can begin"
        yield failed("git-lfs", what, INSTALL)
    elif shutil.which("git-lfs") is None and uses_large_files(repository, "HEAD"):
        what = "it is not there: agents find small pointers instead of the files kept in LFS"
        yield note("git-lfs", what, INSTALL)


def check_submodules(context: Context) -> Iterator[Check]:
    """A new worktree has empty folders where submodules belong."""
    said = context.repository.read("cat-file", "-e", "HEAD:.gitmodules", ok=(0, 1, 128))
    if said.status == 0:
        yield note(
            "submodules",
            "their folders are empty in a new worktree",
            'fill them by worktree.setup: ["git submodule update --init --recursive"]',
        )


def check_instructions_file(context: Context) -> Iterator[Check]:
    """CLAUDE.local.md is ours to write in a task's worktree, unless it belongs to somebody."""
    listed = context.repository.read(
        "ls-tree", "HEAD", "--", "CLAUDE.local.md", ok=(0, 1, 128)
    ).text
    mine = (context.main_worktree or context.common_dir) / "CLAUDE.local.md"
    if listed or mine.is_symlink():
        what = "a symbolic link" if listed.startswith("120000") or mine.is_symlink() else "tracked"
        yield note(
            "CLAUDE.local.md",
            f"it is {what}: wta does not write it, agents get their instructions by a flag",
            "keep personal instructions out of the repository: git rm --cached CLAUDE.local.md",
        )
