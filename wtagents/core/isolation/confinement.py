"""Confinement: what the whole process tree of an agent may read and write.

One description for every mechanism that can enforce it (`system/walls`). Everything may be read and
nothing may be written but what is said here; of two folders that both hold a path the deeper one
decides.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.isolation.network import ALL, Network
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CACHES = (
    "~/.cache",
    "~/.npm",
    "~/.yarn",
    "~/.pnpm-store",
    "~/.local/share/pnpm",
    "~/.bun/install/cache",
    "~/.cargo/registry",
    "~/.cargo/git",
    "~/go/pkg",
    "~/.gradle",
    "~/.m2/repository",
    "~/.nuget/packages",
    "~/.local/share/uv",
)
"""Where package managers keep what they have fetched, for all projects of a person."""
SECRETS = (
    "~/.ssh",
    "~/.gnupg",
    "~/.aws",
    "~/.azure",
    "~/.kube",
    "~/.config/gcloud",
    "~/.config/gh",
    "~/.config/hub",
    "~/.docker",
    "~/.netrc",
    "~/.git-credentials",
    "~/.config/git/credentials",
    "~/.pypirc",
    "~/.password-store",
    "~/.local/share/keyrings",
    "/run/user",
    "/run/docker.sock",
    "/run/podman",
)
"""Credentials of a person, and sockets of programs that act for whoever asks."""
_SIGNALLED = 128
_FATAL = (4, 6, 7, 8, 9, 11)
"""ILL, ABRT, BUS, FPE, KILL, SEGV (signal(7))."""


class SandboxMode(StrEnum):
    """What keeps an agent inside."""

    AUTO = "auto"
    """The first of bubblewrap and Landlock that is proved to work, else none."""
    BUBBLEWRAP = "bubblewrap"
    """Namespaces of its own for files, processes and, if asked for, the network."""
    LANDLOCK = "landlock"
    """The kernel refuses; processes stay visible, sockets in the file system reachable."""
    CLAUDE = "claude"
    """Claude Code's own: its shell commands only, and it asks about every domain."""
    NONE = "none"

    @property
    def holds_all(self) -> bool:
        """Whether every process of the agent is inside, however it was started."""
        return self in {SandboxMode.BUBBLEWRAP, SandboxMode.LANDLOCK}


@record
class SandboxSettings:
    """What keeps agents inside. Paths may begin with `~/`."""

    mode: SandboxMode = SandboxMode.AUTO
    write: tuple[str, ...] = ()
    caches: tuple[str, ...] = CACHES
    hide: tuple[str, ...] = SECRETS
    network: Network = ALL
    gates: bool = True
    """Whether what runs the code of agents (set-up commands, gates) is inside, too."""
    allow_bypass: bool = False


@record
class Replacement:
    """Another file or folder in the place of one: writes go there."""

    place: Path
    source: Path


@record
class Link:
    """A link in a folder that may be written: it leads to what is guarded, but may be replaced."""

    place: Path
    target: str
    """As it is written there."""


@record
class Confinement:
    """One run's walls. All paths are absolute, resolved and existing."""

    mode: SandboxMode
    """Never `auto`."""
    program: str = ""
    """Path of what builds the walls; '' where it is the kernel, or the agent itself."""
    write: tuple[Path, ...] = ()
    guard: tuple[Path, ...] = ()
    """Inside of what may be written: only to be read."""
    hide: tuple[Path, ...] = ()
    """Neither to be read nor written."""
    show: tuple[Path, ...] = ()
    """Inside of what is hidden: to be read."""
    links: tuple[Link, ...] = ()
    """To be put back when they are gone: no mount can lie over a link."""
    replace: tuple[Replacement, ...] = ()
    """Only where files have a namespace of their own."""
    hollow: Path | None = None
    """A git directory into whose top an agent may write without any effect outside: git deletes no
    ref, not even its own marks of a rebase, without a lock file there. What is in it shows through.
    Only where files have a namespace of their own."""
    network: Network = ALL
    environment: tuple[tuple[str, str], ...] = ()
    """What a program inside must know of its walls; set-up commands run outside."""

    @property
    def has_doorman(self) -> bool:
        """Whether the process that is started stays outside and tells the end of the agent."""
        return self.mode is SandboxMode.BUBBLEWRAP

    def own_exit_code(self, told: int | None) -> int | None:
        """Return the agent's exit code, negative for a signal, as bubblewrap tells it.

        It says 128 + N for signal N. Only the signals that no program reports by itself are taken
        for one: Claude Code ends with 143 when it was asked to end.
        """
        if self.has_doorman and told is not None and told - _SIGNALLED in _FATAL:
            return _SIGNALLED - told
        return told


def inside(paths: Iterable[Path], folder: Path) -> tuple[Path, ...]:
    """Return those that lie below a folder, itself excepted."""
    return tuple(path for path in paths if path != folder and path.is_relative_to(folder))


def without_covered(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths in order, each once, without those that lie below another one."""
    ordered = sorted(set(paths))
    return tuple(
        path
        for path in ordered
        if not any(path != other and path.is_relative_to(other) for other in ordered)
    )
