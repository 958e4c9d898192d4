"""The door to git: every git command of wta goes through `Repository.git`.

Agents write to the shared git directory, so nothing found there is trusted to say where the
repository is or what runs: the directories are given explicitly, hooks and monitors are off,
variables of other repositories are removed, nothing asks, nothing touches the network, and no
configuration is ever written. What needs a clean configuration goes through `git/looking/room.py`.

Programs run through `system/command.py` and not through GitPython's command runner: that one
cannot unset variables, feeds no input, ends only the children it can name at a deadline, and
costs 45 ms of import before the first command. GitPython reads objects (`git/objects.py`).
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError, StateError, SystemFault
from wtagents.core.record import record, replace
from wtagents.system.command import clean_environment, run_command, start_command
from wtagents.system.paths import discover_common_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wtagents.system.command import Completed, RunningCommand

OLDEST_GIT = (2, 38)
"""The first with `merge-tree --write-tree`."""
COMMAND_SECONDS = 60.0
"""How long a command may take that nobody gave another deadline; then it is killed."""
READ_ATTEMPTS = 4
"""A read that meets a half-written neighbour is tried again (a worktree being added or removed)."""

_HARDENED = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.alternateRefsCommand": "true",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "rerere.enabled": "false",
    "rebase.updateRefs": "false",
    "rebase.autoStash": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "submodule.recurse": "false",
    "protocol.allow": "never",
    "advice.detachedHead": "false",
}
_DURABLE = {"core.fsync": "committed,reference", "core.fsyncMethod": "fsync"}
_QUIET = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_ASKPASS": "true",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
_TRANSIENT = (
    "commondir",
    "unable to create temporary file",
    "is not a git repository",
    "packfile",
    "unable to read",
    "could not open",
    "cannot open",
)
"""Words of git when another process adds, removes or repacks at this very moment."""


@record
class GitResult:
    """What one git command said."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Its answer as text, without the last newline."""
        return os.fsdecode(self.stdout).rstrip("\n")

    @property
    def fields(self) -> list[str]:
        """Its answer to `-z`: texts that each end with a NUL."""
        return os.fsdecode(self.stdout).split("\0")[:-1] if self.stdout else []


class GitError(SystemFault):
    """Git refused or failed; the cause is its last line."""

    def __init__(self, args: tuple[str, ...], done: Completed) -> None:
        super().__init__(
            f"git {args[0]} failed", cause=done.complaint, hint="wta doctor looks for the reason"
        )
        self.status = done.returncode
        self.stderr = done.stderr.decode(errors="replace")

    @property
    def was_killed(self) -> bool:
        """Whether it was ended by a signal: what it was about is not to blame."""
        return self.status < 0


class RunningGit:
    """A git command that was started and must be finished."""

    def __init__(self, running: RunningCommand, args: tuple[str, ...]) -> None:
        self._running = running
        self._args = args

    def finish(self, *, timeout: float = COMMAND_SECONDS, ok: tuple[int, ...] = (0,)) -> GitResult:
        """Wait for its end. Raises GitError and DeadlineError as `Repository.git` does."""
        done = self._running.finish(timeout=timeout)
        if done.timed_out:
            raise DeadlineError(
                f"git {self._args[0]} did not end within {timeout:g} s", hint="wta doctor"
            )
        if done.returncode not in ok:
            raise GitError(self._args, done)
        return GitResult(
            status=done.returncode,
            stdout=done.stdout,
            stderr=done.stderr.decode(errors="replace"),
        )

    def kill(self) -> None:
        """End it, if it has not ended."""
        self._running.kill()


@record
class Repository:
    """One repository, seen from its common directory or from one of its worktrees."""

    common_dir: Path
    git_dir: Path
    """The common directory, or the private one of a linked worktree."""
    work_tree: Path | None = None
    """The checkout that commands may touch; None for commands that need none."""
    store: Path | None = None
    """Where objects are read and written; None for the repository's own store."""
    held: tuple[int, ...] = ()
    """Descriptors of locks that every command goes on holding, should this process die."""

    @classmethod
    def at(cls, path: Path) -> Repository:
        """Find the repository that holds a folder.

        Raises StateError where there is none, where git would refuse because of its owner, and for
        refs that are not kept as files (reftable).
        """
        common = discover_common_dir(path)
        if common is None:
            raise StateError(
                f"{path} is not in a git repository", hint="cd into a repository, or: git init"
            )
        _require_own(common, path)
        if (common / "reftable").is_dir():
            raise StateError(
                f"{common} keeps its refs in a reftable",
                cause="wta reads HEAD files and reflogs itself",
                hint="git refs migrate --ref-format=files",
            )
        return cls.bare(common)

    @classmethod
    def bare(cls, folder: Path) -> Repository:
        """Return the repository whose common directory is known."""
        folder = folder.resolve()
        return cls(common_dir=folder, git_dir=folder)

    @property
    def main_worktree(self) -> Path | None:
        """The checkout beside the common directory; None in a bare repository.

        Raises StateError for a directory apart from its checkout that does not name it: moving a
        branch would leave that checkout behind, and its next commit would take the landing back.
        """
        beside = self.common_dir.parent if self.common_dir.name == ".git" else None
        if beside is not None and (self.common_dir / "index").is_file():
            return beside
        said = self.read("config", "--null", "--get-regexp", r"^core\.(bare|worktree)$", ok=(0, 1))
        values = dict(field.partition("\n")[::2] for field in said.fields)
        if "core.worktree" in values:
            return (self.common_dir / values["core.worktree"]).resolve()
        if beside is None and values.get("core.bare") == "false":
            raise StateError(
                f"nothing says where {self.common_dir} is checked out",
                cause="it lies apart from its checkout, and core.worktree is not set",
                hint='there: git config core.worktree "$(git rev-parse --show-toplevel)"',
            )
        return None if values.get("core.bare") == "true" else beside

    @property
    def objects(self) -> Path:
        """The object store that all worktrees share."""
        return self.store or self.common_dir / "objects"

    def seen_from(self, git_dir: Path, work_tree: Path) -> Repository:
        """Return the same repository as one of its worktrees sees it."""
        return replace(self, git_dir=git_dir, work_tree=work_tree)

    def with_objects(self, store: Path) -> Repository:
        """Return the same repository over another object store."""
        return replace(self, store=store)

    def holding(self, *descriptors: int) -> Repository:
        """Return the same view, whose commands inherit the descriptors of locks."""
        return replace(self, held=(*self.held, *descriptors))

    def start(
        self,
        *args: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        durable: bool = False,
    ) -> RunningGit:
        """Start one git command, to be finished; see `git`."""
        settings = _HARDENED | (_DURABLE if durable else {}) | dict(config or {})
        environment = clean_environment(_QUIET | self._places() | _as_variables(settings))
        environment |= env or {}
        running = start_command(
            ("git", *args),
            cwd=self.work_tree or self.common_dir,
            env=environment,
            stdin=stdin,
            inherited=self.held,
        )
        return RunningGit(running, args)

    def git(
        self,
        *args: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        timeout: float = COMMAND_SECONDS,
        ok: tuple[int, ...] = (0,),
        durable: bool = False,
    ) -> GitResult:
        """Run one git command; with `durable` what it writes survives a power cut.

        Raises GitError for a status outside `ok`, DeadlineError after `timeout` seconds.
        """
        running = self.start(*args, stdin=stdin, env=env, config=config, durable=durable)
        return running.finish(timeout=timeout, ok=ok)

    def read(
        self,
        *args: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = COMMAND_SECONDS,
        ok: tuple[int, ...] = (0,),
    ) -> GitResult:
        """Run a command that changes nothing; errors that a neighbour causes are tried again."""
        for _ in range(READ_ATTEMPTS - 1):
            try:
                return self.git(*args, stdin=stdin, env=env, timeout=timeout, ok=ok)
            except GitError as error:
                if not any(word in error.stderr for word in _TRANSIENT):
                    raise
        return self.git(*args, stdin=stdin, env=env, timeout=timeout, ok=ok)

    @contextmanager
    def reading(self, *args: str, ok: tuple[int, ...] = (0,)) -> Iterator[Callable[[], GitResult]]:
        """Begin what `read` does; the block does something else, then calls for the answer."""
        running = self.start(*args)

        def finish() -> GitResult:
            try:
                return running.finish(ok=ok)
            except GitError:
                return self.read(*args, ok=ok)

        try:
            yield finish
        finally:
            running.kill()

    def _places(self) -> dict[str, str]:
        places = {"GIT_DIR": str(self.git_dir), "GIT_COMMON_DIR": str(self.common_dir)}
        if self.work_tree is not None:
            places["GIT_WORK_TREE"] = str(self.work_tree)
        if self.store is not None:
            places["GIT_OBJECT_DIRECTORY"] = str(self.store)
        return places


def require_git_version() -> tuple[int, int]:
    """Return git's version.

    Raises SystemFault when git is missing or older than `OLDEST_GIT`.
    """
    hint = f"install git {OLDEST_GIT[0]}.{OLDEST_GIT[1]} or newer"
    done = run_command(("git", "--version"), cwd=Path("/"), timeout=20)
    found = re.search(r"(\d+)\.(\d+)", done.text)
    if not done.ok or found is None:
        raise SystemFault("git does not say its version", cause=done.complaint, hint=hint)
    version = int(found[1]), int(found[2])
    if version < OLDEST_GIT:
        raise SystemFault(f"git {found[0]} is too old", hint=hint)
    return version


def _as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings of the command's own scope, which win over every configuration file."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


def _require_own(common: Path, path: Path) -> None:
    """Let git judge a repository of another user: naming its directory skips git's own check."""
    if common.stat().st_uid == os.geteuid():
        return
    done = run_command(("git", "rev-parse", "--git-dir"), cwd=path, timeout=20)
    if not done.ok:
        raise StateError(
            f"{common} belongs to another user",
            cause=done.complaint,
            hint=f"git config --global --add safe.directory {path}",
        )
