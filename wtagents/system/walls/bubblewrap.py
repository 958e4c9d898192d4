"""The command line of bubblewrap (bwrap(1), 0.4 and later) for a confinement. Pure.

Mounts are made in order, each over what stands before it, so the shallow ones come first: then the
deepest folder decides. A user namespace is asked for by name, so that root is confined like
everybody else; a namespace of its own for processes hides all others, their environments included,
and ends every process inside when its first one ends. Whoever kills bubblewrap, or the runner that
waits for it, kills the agent: nobody is left that could not be stopped.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.isolation.confinement import Confinement

_REAL = ".wta"
_PACKED = "packed-refs"
_COMES_AND_GOES = ("config", "config.worktree", "shallow")
_LINKS = 6
_NOTHING = "/dev/null"
"""In the place of a hidden file; inside, a device cannot be opened from a mount without devices."""


def bubblewrap_argv(confinement: Confinement, argv: tuple[str, ...], cwd: Path) -> tuple[str, ...]:
    """Return the command line that runs another one inside the walls."""
    mounts: list[tuple[Path, int, tuple[str, ...]]] = [
        *((path, 0, _writable(path)) for path in confinement.write),
        *((path, 1, ("--ro-bind-try", str(path))) for path in confinement.guard),
        *((each.place, 2, ("--bind-try", str(each.source))) for each in confinement.replace),
        *((path, 3, _hidden(path)) for path in confinement.hide),
        *((path, 4, ("--ro-bind-try", str(path))) for path in confinement.show),
    ]
    if confinement.hollow is not None:
        mounts += _hollowed(confinement.hollow)
    mounts.sort(key=lambda mount: (len(mount[0].parts), mount[1]))
    network = () if confinement.network.is_open else ("--unshare-net",)
    return (
        confinement.program,
        *("--die-with-parent", "--unshare-user", "--unshare-pid", "--unshare-ipc", *network),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *(part for place, _, words in mounts for part in (*words, str(place))),
        *_sealed(confinement),
        *("--chdir", str(cwd), "--", *argv),
    )


def _hollowed(folder: Path) -> Iterator[tuple[Path, int, tuple[str, ...]]]:
    """Lay a folder in memory over a git directory, with what is in that at the same places.

    Folders stay what they are. A file that git replaces would stay the old one, so the name is a
    link into the real directory. Of a link git locks the end, unless that is more than five links
    away (lockfile.c): then the lock is made where it can be made, in memory.
    """
    real = folder / _REAL
    yield folder, 2, ("--tmpfs",)
    yield real, -1, ("--ro-bind", str(folder))
    names = {entry.name: entry.is_dir() for entry in folder.iterdir()}
    for name in sorted({*names, *_COMES_AND_GOES} - {_PACKED}):
        place = folder / name
        if names.get(name):
            yield place, -1, ("--ro-bind-try", str(place))
        else:
            yield place, -1, ("--symlink", f"{_REAL}/{name}")
    chain = [_PACKED, *(f"{_REAL}-{number}" for number in range(_LINKS)), f"{_REAL}/{_PACKED}"]
    for name, target in pairwise(chain):
        yield folder / name, -1, ("--symlink", target)


def _hidden(path: Path) -> tuple[str, ...]:
    return ("--tmpfs",) if path.is_dir() else ("--ro-bind", _NOTHING)


def _writable(path: Path) -> tuple[str, ...]:
    return ("--dev-bind-try" if path.is_relative_to("/dev") else "--bind-try", str(path))


def _sealed(confinement: Confinement) -> Iterator[str]:
    """What is hidden must not look as if something could be kept there."""
    for path in confinement.hide:
        if path.is_dir():
            yield from ("--remount-ro", str(path))
