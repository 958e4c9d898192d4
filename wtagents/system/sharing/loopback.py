"""Listening where only programs of this machine can connect."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

Listening: TypeAlias = socket.socket
V4, V6 = "127.0.0.1", "::1"
_CAUSES = {
    errno.EADDRINUSE: "another program listens on it",
    errno.EACCES: "only root may listen on it",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EAFNOSUPPORT: "this machine has no such address",
}


def listen_on_loopback(port: int, *, v6: bool = False) -> tuple[Listening, ...]:
    """Return sockets that listen on 127.0.0.1 and with `v6` on ::1, all on one port; 0: a free one.

    Raises StateError.
    """
    with ExitStack() as opened:
        sockets = []
        for address, family in ((V4, socket.AF_INET), (V6, socket.AF_INET6))[: 1 + v6]:
            try:
                listening = socket.create_server((address, port), family=family)
            except OSError as error:
                cause = _CAUSES.get(error.errno or 0) or (error.strerror or str(error)).lower()
                raise StateError(
                    f"cannot listen on port {port} of {address}",
                    cause=cause,
                    hint="choose another one with --port",
                ) from error
            opened.callback(listening.close)
            sockets.append(listening)
            port = listening.getsockname()[1]
        opened.pop_all()
        return tuple(sockets)


def are_unused(ports: Iterable[int]) -> bool:
    """Whether nobody listens on any of these TCP ports, whatever the address.

    They are bound for a moment: where IPv6 is, to both families. It takes a fiftieth of the time
    that Linux takes to list who listens.
    """
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    with ExitStack() as opened:
        for port in ports:
            ours = opened.enter_context(socket.socket(family))
            if family == socket.AF_INET6:
                ours.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            try:
                ours.bind(("", port))
            except OSError:
                return False
    return True
