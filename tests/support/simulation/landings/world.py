"""Real git that can be cut off between its commands, and gates whose answers are in the tree."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.support.repository import RepositoryBuilder
from tests.support.simulation.checkout import Checkout
from tests.support.simulation.landings.apart import FarFate
from tests.support.simulation.world import Fate, SimulatedContext, SimulatedWorld
from wtagents.git.repo import Repository, RunningGit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import ClassVar

    from wtagents.git.repo import GitResult
    from wtagents.operations.world import World

BAD = ".bad"
"""A file that ends like this makes every gate red."""
PAIR = ("left.txt", "right.txt")
"""Both together do, too: each is well by itself."""
SWAP = "update-ref refs/heads/main"
"""The git command that lands."""


class WorktreeCheckout(Checkout):
    """A worktree whose commits are git's."""

    def commit(self) -> None:
        """Commit everything, as an agent does that was asked to."""
        name = f"{self.path.name}-{self.commits}.txt"
        builder = RepositoryBuilder(self.path)
        builder.write({name: f"{name}\n"})
        builder.git("add", "--all")
        builder.git("commit", "--quiet", "-m", f"Add {name}")
        super().commit()

    def leave(self) -> None:
        """Leave a file that nobody commits yet."""
        (self.path / f"left-{self.commits}.txt").write_text("left\n")
        super().leave()


class DyingRepository(Repository):
    """The repository, in the hands of a process that may be killed round every git command."""

    __slots__ = ()
    fate: ClassVar[Fate] = Fate()

    def start(self, *args: str, **how: Any) -> RunningGit:
        self._effect(f"before git {_named(args)}")
        return super().start(*args, **how)

    def git(self, *args: str, **how: Any) -> GitResult:
        done = super().git(*args, **how)
        self._effect(f"after git {_named(args)}")
        return done

    def _effect(self, name: str) -> None:
        if isinstance(self.fate, FarFate):
            self.fate.own_effect(name)


def _named(args: tuple[str, ...]) -> str:
    """Name a git command, and the branch that it moves."""
    return " ".join((args[0], *(arg for arg in args if arg.startswith("refs/heads/"))))


class LandingContext(SimulatedContext):
    """A process of wta that lands, or does something else, on a real repository."""

    @cached_property
    def repository(self) -> Repository:
        DyingRepository.fate = self.fate
        return DyingRepository.at(self.common_dir)

    @cached_property
    def world(self) -> World:
        return LandingWorld(self)


class LandingWorld(SimulatedWorld):
    """The simulated machine, with gates."""

    def __init__(self, context: LandingContext) -> None:
        super().__init__(context)
        self._verdicts = context.paths.root.parent / "gates"
        """Seen trees; outlives whoever looked."""

    def run_gate(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        seconds: float,
        inherited: tuple[int, ...],
    ) -> int | None:
        self._effect("before a gate")
        files = {
            path.relative_to(cwd).as_posix(): blob_of(path.read_bytes())
            for path in sorted(cwd.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(cwd).parts
        }
        status = self._verdict(files)
        log.write_text(f"{argv} ended with {status} after less than {seconds} s\n")
        self._effect("after a gate")
        return status

    def stop_gates(self, *marks: tuple[str, str]) -> int:
        return 0

    def _verdict(self, files: Mapping[str, str]) -> int:
        """Judge a tree; one tree in eight is red at the first look for no reason."""
        tree = digest_of(files)
        self._verdicts.mkdir(exist_ok=True)
        looks = self._verdicts / f"{tree}.looks"
        is_first = not looks.exists()
        looks.touch()
        if any(name.endswith(BAD) for name in files) or all(name in files for name in PAIR):
            return 1
        if is_first and int(tree[0], 16) < 2:
            return 1
        (self._verdicts / tree).touch()
        return 0


def blob_of(data: bytes) -> str:
    """Return the name that git gives to a file's content."""
    return hashlib.sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()


def digest_of(files: Mapping[str, str]) -> str:
    """Return a name for the files of a tree."""
    text = "\n".join(f"{name} {blob}" for name, blob in sorted(files.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def was_green(root: Path, files: Mapping[str, str]) -> bool:
    """Whether a gate has let exactly these files pass."""
    return (root / "gates" / digest_of(files)).exists()
