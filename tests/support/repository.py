"""A small vocabulary to build real repositories and to read their state back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_COMMIT_AT = 1_767_225_600
"""2026-01-01 00:00:00 UTC; each commit of a builder is one minute later, so object names repeat."""

_COMMITTED = re.compile(r"\[.* ([0-9a-f]{40,64})\] ")
"""How `git commit` begins to say what it has made."""


class RepositoryBuilder:
    """A checkout: the main worktree or a linked one.

    Everything goes through git itself with argument lists; what git says is returned as text
    without the last newline. A git that fails fails the test with its own words.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits = 0

    @classmethod
    def create(cls, path: Path, *, branch: str = "main") -> Self:
        """Make an empty repository whose unborn branch is `branch`."""
        path.mkdir(parents=True, exist_ok=True)
        builder = cls(path)
        builder.git("init", "--quiet", f"--initial-branch={branch}")
        return builder

    @classmethod
    def begun(cls, path: Path, *, template: Path) -> Self:
        """Make a repository with one commit: a copy of the template, which the first caller makes.

        It is as git would have made it here; only that takes four times as long.
        """
        if not (template / "made").is_file():
            shutil.rmtree(template, ignore_errors=True)
            cls.create(template / "project").commit({"README.md": "# Project\n"}, "Begin")
            (template / "made").touch()
        shutil.copytree(template / "project", path, symlinks=True)
        builder = cls(path)
        builder.git("update-index", "--refresh")
        builder._commits = 1
        return builder

    def git(
        self, *args: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> str:
        """Run git here and return what it says."""
        return self.git_bytes(*args, stdin=stdin, environment=environment).decode().rstrip("\n")

    def git_bytes(
        self, *args: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> bytes:
        """Run git here and return its output as it is."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, **environment} if environment else None,
            input=stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise AssertionError(f"git {' '.join(args)} ended with {done.returncode}: {said}")
        return done.stdout

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files into the checkout; None deletes one."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "Change files") -> str:
        """Write the files, commit exactly them, and return the commit."""
        self.write(files)
        if files:
            self.git("add", "--all", "--force", "--", *files)
        date = f"{FIRST_COMMIT_AT + 60 * self._commits} +0000"
        self._commits += 1
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        said = self.git(
            *("-c", "core.abbrev=no", "commit", "--allow-empty", "-m", message), environment=dates
        )
        named = _COMMITTED.match(said)
        return named[1] if named else self.tip("HEAD")

    def branch(self, name: str, at: str = "HEAD") -> str:
        """Make a branch without checking it out and return its tip."""
        self.git("branch", "--no-track", name, at)
        return self.tip(name)

    def checkout(self, ref: str, *, new: bool = False) -> None:
        """Check out a branch (a new one with `new`) or, detached, a commit."""
        self.git("checkout", "--quiet", *(["-b"] if new else []), ref, "--")

    def worktree(self, path: Path, branch: str, at: str = "HEAD") -> RepositoryBuilder:
        """Add a linked worktree on a new branch and return it."""
        self.git("worktree", "add", "--quiet", "--no-track", "-b", branch, str(path), at)
        return RepositoryBuilder(path)

    def tip(self, ref: str) -> str:
        """Return the commit that a ref names."""
        return self.git("rev-parse", "--verify", f"{ref}^{{commit}}")

    def tree(self, ref: str = "HEAD") -> dict[str, bytes]:
        """Return the files of a commit or tree."""
        listed = self.git_bytes("ls-tree", "-r", "-z", "--name-only", ref).decode()
        names = listed.split("\0")[:-1]
        return {name: self.git_bytes("cat-file", "blob", f"{ref}:{name}") for name in names}

    def files(self) -> dict[str, bytes]:
        """Return the files of the checkout as they lie on the disk, git's own left out."""
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.path).parts
        }

    def status(self) -> list[str]:
        """Return the lines of `status --porcelain`, untracked files one by one."""
        said = self.git_bytes("status", "--porcelain", "-z", "--untracked-files=all").decode()
        return said.split("\0")[:-1]

    def graph(self, *refs: str) -> str:
        """Return the history of the refs (default: all) drawn with the subjects of the commits."""
        drawn = self.git("log", "--graph", "--format=%s", *(refs or ("--all",)), "--")
        return "\n".join(line.rstrip() for line in drawn.splitlines())

    def subjects(self, revisions: str = "HEAD") -> list[str]:
        """Return the subjects of a range, newest first."""
        return self.git("log", "--format=%s", revisions, "--").splitlines()

    def refs(self) -> dict[str, str]:
        """Return every ref with its object."""
        said = self.git("for-each-ref", "--format=%(refname) %(objectname)")
        return dict(line.split(" ", 1) for line in said.splitlines())

    def worktrees(self) -> list[Path]:
        """Return the folders of all worktrees, the main one first."""
        said = self.git_bytes("worktree", "list", "--porcelain", "-z").decode()
        return [
            Path(line.removeprefix("worktree "))
            for line in said.split("\0")
            if line.startswith("worktree ")
        ]
