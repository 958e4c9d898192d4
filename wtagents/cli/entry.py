"""The program `wta`: begins and leaves fast."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from wtagents.system.interpreter import leave, rest_collector

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
"""What a shell calls the end by Ctrl-C; `core.errors.ExitCode` is not loaded yet."""


def run() -> NoReturn:
    """Run the command line and leave with its exit status."""
    heard = signal.getsignal(signal.SIGINT) or signal.SIG_DFL
    # in the background of a shell it is ignored, and stays so
    outside = _leave_interrupted if heard is signal.default_int_handler else heard
    signal.signal(signal.SIGINT, outside)
    rest_collector()
    open_closed_streams()
    status = INTERRUPTED
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGINT, heard)
        status = _answer(sys.argv[1:])
        signal.signal(signal.SIGINT, outside)
    leave(status)


def _answer(arguments: list[str]) -> int:
    from wtagents.cli.glance import glance

    try:
        status = glance(arguments)
    except KeyboardInterrupt:
        from wtagents.cli.main import interrupted

        return interrupted()
    if status is not None:
        return status
    from wtagents.cli.main import main

    return main(arguments)


def _leave_interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    """End at Ctrl-C where no command is under way that could be broken off in order."""
    os._exit(INTERRUPTED)


def open_closed_streams() -> None:
    """Give what was closed by the caller (`>&-`) an end that leads nowhere.

    Otherwise the next file that is opened, the store for one, gets the number of a stream and
    whatever writes there writes into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            os.set_inheritable(number, True)  # noqa: FBT003 - positional only
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def accept_any_text() -> None:
    """Print names that are not in the terminal's encoding as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
