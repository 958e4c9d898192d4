"""Ending with the terminal: also where no signal tells that it was closed."""

from __future__ import annotations

import os
import select
import signal
import threading

_STDIN = 0


def end_with_terminal() -> None:
    """End this process by SIGHUP when the terminal on stdin is closed from now on.

    The kernel sends that signal by itself, but only to the session that the terminal controls.
    Who draws on a terminal that is gone would otherwise wait for ever for room to draw.
    """
    if os.isatty(_STDIN):
        threading.Thread(target=_hang_up, name="hangup", daemon=True).start()


def _hang_up() -> None:
    poll = select.poll()
    poll.register(_STDIN, 0)  # what is always told: the other end is closed (poll(2))
    poll.poll()
    os.kill(os.getpid(), signal.SIGHUP)
