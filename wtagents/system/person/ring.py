"""Ringing a terminal that is not the own one: a supervisor has none."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

_TERMINAL = "WTA_TERMINAL"
"""Names the terminal of the person to the supervisor, and to nobody else."""


def own_terminal() -> dict[str, str]:
    """Return what tells a supervisor from which terminal it was started."""
    for descriptor in (2, 1, 0):
        with suppress(OSError):
            return {_TERMINAL: os.ttyname(descriptor)}
    return {}


def terminal_of_person() -> str:
    """Return the terminal that this process, or who started it, was called from; else ''."""
    return own_terminal().get(_TERMINAL) or os.environ.get(_TERMINAL, "")


def ring_terminal(path: str) -> None:
    """Ring the bell of a terminal of this user. Raises OSError when it is gone or another's."""
    terminal = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        found = os.fstat(terminal)
        if not stat.S_ISCHR(found.st_mode) or not os.isatty(terminal):
            raise OSError(f"{path} is no terminal")
        os.write(terminal, b"\a")
    finally:
        os.close(terminal)
