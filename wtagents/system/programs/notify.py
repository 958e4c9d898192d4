"""Telling systemd that the supervisor lives (sd_notify(3)): a datagram to a socket of this machine.

Nothing is told, and nothing fails, where systemd did not start us.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

_ADDRESS = "NOTIFY_SOCKET"
_WATCHED = ("WATCHDOG_PID", "WATCHDOG_USEC")


class Notifier:
    """The socket that systemd named to this very process; programs we start never see it."""

    def __init__(self) -> None:
        self._address = os.environ.pop(_ADDRESS, "")
        for name in _WATCHED:
            os.environ.pop(name, None)

    def tell(self, *states: str) -> bool:
        """Send `READY=1`, `WATCHDOG=1`, …; return whether somebody was told."""
        if not self._address:
            return False
        # A name that begins with @ is not in the file system (unix(7)).
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as ours,
        ):
            ours.setblocking(False)  # noqa: FBT003 - its own signature
            ours.sendto("\n".join(states).encode(), address)
            return True
        return False
