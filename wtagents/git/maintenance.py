"""Keeping the hub small: packs become one, and objects that nothing names any more go.

Only the hub, never the user's repository. Every ref stays, and what is younger than two weeks stays
although nothing names it yet. Packs that the hub still shares with the repository, as links to the
same files, are left as they are: a copy of them would only take space.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.git.hub import Hub

_MOST_PACKS = 50
_MOST_LOOSE = 10_000
_SAMPLE = "17"
"""The folder of loose objects that git itself counts to guess how many there are."""
_FOLDERS = 256
_YOUNG = "2.weeks.ago"
_SECONDS = 3600.0


def needs_maintenance(hub: Hub) -> bool:
    """Whether enough has gathered; a look at two folders."""
    packs = sum(1 for _ in _packs(hub.repo.objects))
    try:
        loose = len(os.listdir(hub.repo.objects / _SAMPLE)) * _FOLDERS  # noqa: PTH208
    except FileNotFoundError:
        loose = 0
    return packs > _MOST_PACKS or loose > _MOST_LOOSE


def maintain(hub: Hub) -> None:
    """Pack what is there and drop what is not needed; nobody else may write to the hub meanwhile.

    Killed anywhere, the hub is whole and the next one begins again. Raises GitError.
    """
    for pack in _packs(hub.repo.objects):
        shared = pack.stat().st_nlink > 1
        mark = pack.with_suffix(".keep")
        if shared:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)
    hub.repo.git("pack-refs", "--all", timeout=_SECONDS, durable=True)
    hub.repo.git(
        "repack", "-A", "-d", "-l", "-q", f"--unpack-unreachable={_YOUNG}",
        timeout=_SECONDS, durable=True,
    )  # fmt: skip
    hub.repo.git("prune", f"--expire={_YOUNG}", timeout=_SECONDS)


def _packs(objects: Path) -> Iterator[Path]:
    yield from (objects / "pack").glob("pack-*.pack")
