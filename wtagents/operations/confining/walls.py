"""The walls of one run: what its agent needs, what is others', in paths that exist."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.agent.port import OwnSandbox
from wtagents.core.isolation.confinement import (
    Confinement,
    Link,
    Replacement,
    SandboxMode,
    inside,
    without_covered,
)
from wtagents.core.record import record
from wtagents.git.admin import admin_dir
from wtagents.system.command import find_program
from wtagents.system.files import PRIVATE_FOLDER, make_private_folder, write_atomic
from wtagents.system.paths import config_home, state_home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wtagents.agent.port import AgentFiles
    from wtagents.core.isolation.confinement import SandboxSettings
    from wtagents.core.isolation.network import Network
    from wtagents.operations.confining.choose import Sandbox
    from wtagents.operations.context import Context
    from wtagents.system.paths import ResourceFolder, RunFolder

TEMPORARY = Path("/tmp")  # noqa: S108 - the one that programs name, not one that we use
OTHERS_TEMPORARY = Path("/var/tmp")  # noqa: S108
_DEVICES = Path("/dev")
_MEMORY = _DEVICES / "shm"
_PLACEHOLDER = ".keep"
"""Keeps git from removing a folder of refs when it has packed all of them. No name of a ref."""
_HEADS = "refs/heads"
_POINTERS = ("commondir", "gitdir", "config.worktree", "locked")
_OFF = (
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
)
"""Ways to programs that act for a person."""
_CACHES = (
    "XDG_CACHE_HOME",
    "CCACHE_DIR",
    "GOCACHE",
    "GOMODCACHE",
    "PIP_CACHE_DIR",
    "SCCACHE_DIR",
    "UV_CACHE_DIR",
    "YARN_CACHE_FOLDER",
    "npm_config_cache",
)
"""Where a person keeps caches in other places than usual."""
_GIT_SETTINGS = (
    # The shared directory is not theirs to tidy up.
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    # The key is out of reach; commits are written anew when they land, without a signature too.
    ("commit.gpgSign", "false"),
)


@record
class Needs:
    """What goes into the walls of a run."""

    sandbox: Sandbox
    files: AgentFiles
    """Of the agent program."""
    folder: RunFolder
    resources: ResourceFolder
    branch: str
    program: str = ""
    """The agent's, as it is started."""
    past: Path | None = None
    """A conversation of another worktree that this one goes on with."""


def build_walls(context: Context, worktree: Path, needs: Needs) -> Confinement | None:
    """Return the walls of a run, and make the folders that must be there; None for none."""
    sandbox, settings = needs.sandbox, context.settings.sandbox
    if not sandbox.mode.holds_all:
        return None
    has_own_files = sandbox.mode is SandboxMode.BUBBLEWRAP
    _prepare(needs, has_own_files=has_own_files)
    own = tuple(_own_places(context, worktree, needs))
    chosen = tuple(chosen_places(settings))
    others = tuple(_others_places(context, worktree))
    is_private = has_own_files and not inside((*others, *own, *programs()), TEMPORARY)
    shared = () if is_private else (TEMPORARY,)
    write = tuple(existing((*own, *chosen, *shared, OTHERS_TEMPORARY)))
    replace = tuple(_replacements(needs)) if has_own_files else ()
    if is_private:
        replace = (*replace, Replacement(place=TEMPORARY, source=needs.resources.temporary))
    hidden = (*expanded(settings.hide), state_home())
    # Where files have no namespace, a guarded one would keep its folder from taking new ones.
    guard = (
        (
            *_pointers(context, worktree),
            *_others_branches(context.common_dir, needs.branch),
            *needs.files.guard,
        )
        if has_own_files
        else ()
    )
    return Confinement(
        mode=sandbox.mode,
        program=sandbox.program,
        write=write,
        guard=tuple(existing((*guard, *inside_any(others, write)))),
        hide=tuple(_hidden(needs, hidden, has_own_files=has_own_files)),
        show=tuple(existing(_shown(context, needs, write))),
        links=tuple(_links(needs.files.guard)) if has_own_files else (),
        replace=replace,
        hollow=context.common_dir.resolve() if has_own_files else None,
        network=settings.network.plus(needs.files.service),
        environment=inner_environment(
            needs.resources.temporary, settings.network, is_private=is_private
        ),
    )


def own_sandbox(context: Context, worktree: Path, branch: str) -> OwnSandbox:
    """Return what Claude Code's own sandbox is told, where no other one works."""
    settings, common = context.settings.sandbox, context.common_dir
    admin = admin_dir(context.repository, worktree)
    git = (common / "objects", *_branch_folders(common, branch))
    wanted = (worktree, *([admin] if admin else ()), *git)
    chosen = chosen_places(settings)
    hidden = (*expanded(settings.hide), state_home())
    return OwnSandbox(write=tuple(existing((*wanted, *chosen))), hide=tuple(existing(hidden)))


def inner_environment(
    temporary: Path, network: Network, *, is_private: bool
) -> tuple[tuple[str, str], ...]:
    """Return what a program must know of its walls."""
    told = {
        **dict.fromkeys(_OFF, ""),
        "TMPDIR": str(TEMPORARY if is_private else temporary),
        "GIT_CONFIG_COUNT": str(len(_GIT_SETTINGS)),
    }
    for number, pair in enumerate(_GIT_SETTINGS):
        for part, word in zip(("KEY", "VALUE"), pair, strict=True):
            told[f"GIT_CONFIG_{part}_{number}"] = word
    if network.is_listed:
        from wtagents.system.walls.porter import proxy_environment

        told |= proxy_environment()
    return tuple(told.items())


def _own_places(context: Context, worktree: Path, needs: Needs) -> Iterator[Path]:
    """Yield what the agent may change: its worktree, and of the shared directory what git needs."""
    common, files = context.common_dir, needs.files
    yield worktree
    admin = admin_dir(context.repository, worktree)
    if admin is not None:
        yield admin
        for branches in _branch_folders(common, needs.branch):
            (branches / _PLACEHOLDER).mkdir(parents=True, exist_ok=True)
            yield branches
    yield common / "objects"
    yield common / "lfs"
    yield needs.resources.root
    yield context.paths.claims
    if files.home is not None:
        yield files.home
    if files.conversation is not None:
        yield files.conversation
    yield from files.write


def _branch_folders(common: Path, branch: str) -> tuple[Path, Path]:
    """Return where git locks and moves a branch: a folder of our own, but for adopted ones."""
    folder = Path(_HEADS, *branch.split("/")[:-1][:1])
    return common / folder, common / "logs" / folder


def _others_branches(common: Path, branch: str) -> Iterator[Path]:
    """Yield the branches beside one that does not lie in a folder of our own."""
    if "/" not in branch:
        for folder in _branch_folders(common, branch):
            yield from (
                each for each in folder.iterdir() if each.name not in {branch, _PLACEHOLDER}
            )


def _others_places(context: Context, worktree: Path) -> Iterator[Path]:
    """Yield what must stay as it is even where all around it may be changed."""
    yield Path.home()
    yield context.common_dir
    if context.main_worktree is not None:
        yield context.main_worktree
    yield worktree.parent
    yield config_home()
    yield state_home()


def programs() -> Iterator[Path]:
    yield Path(sys.prefix)
    yield Path(__file__).parents[2]


def _pointers(context: Context, worktree: Path) -> Iterator[Path]:
    yield worktree / ".git"
    admin = admin_dir(context.repository, worktree)
    if admin is not None:
        yield from (admin / name for name in _POINTERS)
    yield context.common_dir / "objects" / "info" / "alternates"


def _hidden(needs: Needs, paths: Iterable[Path], *, has_own_files: bool) -> Iterator[Path]:
    needed = set(existing(needs.files.credentials))
    yield from (path for path in without_covered(existing(paths)) if path not in needed)
    if has_own_files and needs.files.conversations is not None:
        yield from existing((needs.files.conversations,))


def _shown(context: Context, needs: Needs, write: Iterable[Path]) -> Iterator[Path]:
    """Yield what may be read though it lies where inside there is something else, or nothing."""
    yield needs.folder.instructions
    if needs.past is not None:
        yield needs.past
    places = (context.main_worktree, *programs(), *_agents_program(needs.program))
    for place in (each.resolve() for each in places if each is not None):
        is_covered = any(place.is_relative_to(each) for each in (TEMPORARY, _DEVICES))
        if is_covered and not any(place.is_relative_to(each) for each in write):
            yield place


def _agents_program(name: str) -> Iterator[Path]:
    """Yield a program with what lies beside it, unless that is what all programs share."""
    found = find_program(name) if name else None
    if found is not None:
        program = Path(found).resolve()
        yield program if program.parent in {TEMPORARY, _MEMORY} else program.parent


def _replacements(needs: Needs) -> Iterator[Replacement]:
    for place in needs.files.private:
        if place.is_dir():
            yield Replacement(place=place.resolve(), source=needs.folder.own / place.name)
    for place in needs.files.copy:
        if place.is_file():
            copy = needs.folder.own / place.name
            write_atomic(copy, place.read_bytes(), durable=False)
            yield Replacement(place=place.resolve(), source=copy)


def _links(guarded: Iterable[Path]) -> Iterator[Link]:
    for path in guarded:
        if path.is_symlink():
            place = path.parent.resolve() / path.name
            yield Link(place=place, target=str(path.readlink()))


def _prepare(needs: Needs, *, has_own_files: bool) -> None:
    """Make what must exist: a wall can only be built round something."""
    files = needs.files
    make_private_folder(needs.folder.own)
    for folder in (needs.resources.temporary, needs.resources.cache):
        make_private_folder(folder)
    for place in (files.home, files.conversation):
        if place is not None:
            place.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if not has_own_files:
        return
    for place in files.private:
        place.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        make_private_folder(needs.folder.own / place.name)
    empty = dict(files.empty)
    for path in files.guard:
        if os.path.lexists(path):
            continue
        if path in empty:
            write_atomic(path, empty[path])
        elif not path.suffix:
            path.mkdir(mode=PRIVATE_FOLDER)


def inside_any(paths: Iterable[Path], folders: Iterable[Path]) -> Iterator[Path]:
    kept = {path.resolve() for path in paths if path.exists()}
    for folder in folders:
        yield from inside(kept, folder)


def chosen_places(settings: SandboxSettings) -> Iterator[Path]:
    """Yield what a person lets agents write; without any cache there is none elsewhere, either."""
    moved = [os.environ.get(name, "") for name in _CACHES] if settings.caches else []
    yield from expanded((*settings.write, *settings.caches, *filter(None, moved)))


def expanded(paths: Iterable[str]) -> Iterator[Path]:
    for path in paths:
        place = Path(path).expanduser()
        if place.is_absolute():
            yield place


def existing(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the real places, each once."""
    seen: set[Path] = set()
    for path in paths:
        place = path.resolve()
        if place not in seen and os.path.lexists(place):
            seen.add(place)
            yield place
