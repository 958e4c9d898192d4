"""The interpreter that this process is: a program that is short begins and leaves fast.

A start makes thousands of objects that all stay, so looking for garbage among them is wasted work;
and taking the interpreter apart at the end takes longer than many a command.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import NoReturn

COLLECT_AFTER = 50_000
"""New objects between two looks for garbage; an import makes some 20,000."""


def rest_collector() -> None:
    """Look for garbage seldom; to be said before most of the program is loaded."""
    gc.set_threshold(COLLECT_AFTER)


def leave(status: int) -> NoReturn:
    """End the process at once: what was written is flushed, what was opened the system closes."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)
