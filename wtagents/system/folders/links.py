"""Links that somebody replaced, put back; what lies in their place is kept beside it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.isolation.confinement import Link

_MOST = 100


def put_back(link: Link) -> str:
    """Have a link there again; return what was done, in a few words, or '' for nothing.

    Whatever is there in its place is renamed. Raises OSError.
    """
    with contextlib.suppress(OSError):
        if os.readlink(link.place) == link.target:
            return ""
    kept = ""
    if os.path.lexists(link.place):
        aside = _free_name(link.place)
        link.place.replace(aside)
        kept = f", what was there is {aside}"
    link.place.symlink_to(link.target)
    return f"{link.place} was replaced (put back{kept})"


def _free_name(place: Path) -> Path:
    """Return a name for what is put aside; who does it all the time keeps the last one only."""
    names = [place.with_name(f"{place.name}.wta-{number}") for number in range(1, _MOST)]
    return next((each for each in names if not os.path.lexists(each)), names[-1])
