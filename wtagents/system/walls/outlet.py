"""Give the way out of a network of its own to who waits outside, then become another program.

    python -I -S outlet.py DESCRIPTOR PORT,PORT… PROGRAM ARG…

A program of its own that loads nothing of wta: it stands between the walls and every agent. A
socket belongs to the network in which it was made: it listens in here, and who gets it by the
descriptor accepts out there. Nobody inside is needed to carry what goes through it.
"""

from __future__ import annotations

import array
import os
import socket
import sys

LOOPBACK = "127.0.0.1"
_BACKLOG = 64


def open_outlets(control: socket.socket, ports: list[int]) -> None:
    """Listen on the ports and hand the sockets over. Raises OSError."""
    sockets = []
    for port in ports:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(_BACKLOG)
        sockets.append(listening)
    handed = array.array("i", [each.fileno() for each in sockets])
    control.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)])


def main() -> None:
    """Open the outlets, then become the program. Ends with 126 where that is impossible."""
    descriptor, ports, *argv = sys.argv[1:]
    try:
        with socket.socket(fileno=int(descriptor)) as control:
            open_outlets(control, [int(port) for port in ports.split(",")])
        os.execvp(argv[0], argv)  # noqa: S606 - this is what it is for
    except OSError as error:
        os.write(2, f"wta: {argv[0]} gets no network: {error.strerror}\n".encode())
        os._exit(126)


if __name__ == "__main__":
    main()
