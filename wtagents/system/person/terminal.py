"""The terminal of this process."""

from __future__ import annotations

import os

_STDOUT = 1


def follow_its_size() -> None:
    """Forget the size that the environment tells, where the terminal itself tells one.

    Shells can export COLUMNS and LINES; whoever believes them hears of no resize.
    """
    try:
        size = os.get_terminal_size(_STDOUT)
    except OSError:
        return
    if size.columns and size.lines:
        os.environ.pop("COLUMNS", None)
        os.environ.pop("LINES", None)
