"""The clean room: look at a checkout without the configuration that its agent can write.

Status and diff run the clean filters, monitors, text converters and diff programs that the shared
configuration names. In the room git sees the same files, objects and index through a throwaway git
directory whose configuration is ours, so none of them runs, and the agent's own index is never
touched: the room has a copy. Filters of the user's own global configuration (git-lfs) still apply.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.git.repo import Repository
from wtagents.system.paths import StatePaths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wtagents.core.ids import Oid

_CARRIED = (
    "core.autocrlf",
    "core.eol",
    "core.filemode",
    "core.symlinks",
    *(("core.ignorecase", "core.precomposeunicode") if sys.platform == "darwin" else ()),
)
"""Settings that decide whether a file counts as changed; their values run nothing. Where the file
system tells names apart by case, `core.ignorecase` would hide files."""
_SETTINGS = r"^(core|extensions|user)\."


@contextmanager
def clean_room(
    repo: Repository, git_dir: Path, worktree: Path, head: Oid | None, *, configuration: str = ""
) -> Iterator[Repository]:
    """Yield a view of a worktree whose HEAD is the given commit, for commands that look.

    None for a branch that has no commit yet. `configuration` is the answer of
    `room_configuration`, where it has been asked already.
    """
    # Takes 6 ms to load, and most commands look at no worktree.
    from wtagents.system.folders.rooms import open_room

    with ExitStack() as stack:
        try:
            made = stack.enter_context(open_room(_rooms(repo), "look"))
            furnish(made.path, repo, git_dir, head, configuration=configuration)
            room, held = made.path, [made.lock]
        except (SystemFault, OSError):
            # A full or read-only disk of the state folder: to look is still possible elsewhere.
            from tempfile import TemporaryDirectory

            temporary = TemporaryDirectory(prefix="wta-look-")
            room, held = Path(stack.enter_context(temporary)), []
            furnish(room, repo, git_dir, head, configuration=configuration)
        view = Repository(common_dir=room, git_dir=room, work_tree=worktree)
        yield view.holding(*held).with_objects(repo.objects)


def _rooms(repo: Repository) -> Path:
    return StatePaths.of_repository(repo.common_dir).rooms


class Flag(Enum):
    """What hides edits from git."""

    ASSUME_UNCHANGED = "assume-unchanged"
    SKIP_WORKTREE = "skip-worktree"


def uncover(room: Repository, worktree: Path) -> dict[str, Flag]:
    """Take the flags that hide edits off the room's index; return the paths that had them.

    A path that is skipped because it is not checked out keeps its flag.
    """
    hidden: dict[str, Flag] = {}
    for line in room.read("ls-files", "-v", "-z").fields:
        tag, path = line[0], line[2:]
        if tag in "sS" and os.path.lexists(worktree / path):
            hidden[path] = Flag.SKIP_WORKTREE
        elif tag.islower():
            hidden[path] = Flag.ASSUME_UNCHANGED
    paths = "".join(f"{path}\0" for path in hidden)
    for option in ("--no-assume-unchanged", "--no-skip-worktree") if paths else ():
        room.git("update-index", option, "-z", "--stdin", stdin=os.fsencode(paths))
    return hidden


def furnish(
    room: Path,
    repo: Repository,
    git_dir: Path,
    head: Oid | None,
    *,
    configuration: str = "",
) -> None:
    """Make an empty folder the throwaway git directory of a worktree.

    `configuration` is the answer of `room_configuration`, where it has been asked already.
    """
    (room / "refs").mkdir()
    (room / "info").mkdir()
    (room / "objects").mkdir()
    (room / "HEAD").write_text(f"{head or 'ref: refs/heads/none'}\n")
    (room / "config").write_text(configuration or room_configuration(repo))
    for name in ("info/exclude", "info/attributes", "shallow"):
        _copy(repo.common_dir / name, room / name)
    _copy(git_dir / "index", room / "index")
    for shared in git_dir.glob("sharedindex.*"):
        _copy(shared, room / shared.name)


def room_configuration(repo: Repository) -> str:
    """Return the settings that decide whether a file counts as changed, as a file of ours."""
    return configuration_of(settings(repo))


def settings(repo: Repository) -> dict[str, str]:
    """Return what git knows of the person, and of how files are stored: `section.key` to value."""
    said = repo.read("config", "--null", "--get-regexp", _SETTINGS, ok=(0, 1)).fields
    return dict(field.partition("\n")[::2] for field in said)


def configuration_of(values: Mapping[str, str]) -> str:
    """Return what `room_configuration` does, from the answer of `settings`."""
    lines = [f"[core]\n\trepositoryformatversion = {'1' if _format(values) else '0'}\n"]
    lines += [
        f"\t{key.removeprefix('core.')} = {values[key]}\n"
        for key in _CARRIED
        if values.get(key, "").isalnum()
    ]
    if _format(values):
        lines.append(f"[extensions]\n\tobjectformat = {_format(values)}\n")
    return "".join(lines)


def _format(values: Mapping[str, str]) -> str:
    named = values.get("extensions.objectformat", "")
    return named if named == "sha256" else ""


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its time: git looks closer at files as young as the index itself.

    A copy that is younger than its original hides an edit of the same size in the same second.
    """
    from shutil import copy2

    try:
        copy2(source, target)
    except FileNotFoundError:
        return
