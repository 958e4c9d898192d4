"""Who lets an agent's connections out of its walls: to the hosts on its list, to no others.

A forward proxy (RFC 9110 section 9.3.6 for CONNECT, RFC 9112 section 3.2.2 for the rest) in threads
of this process, so that it is gone with it, however that ends. It listens inside the walls by the
sockets that `outlet.py` hands out. Names are resolved here, or by the proxy that this machine goes
out through. A name that only a wildcard lets out, and that leads into this machine's own
surroundings, is refused.
"""

from __future__ import annotations

import array
import contextlib
import os
import re
import select
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wtagents.core.isolation.network import entry_text, is_public, plain_name
from wtagents.core.record import record
from wtagents.system.walls.outlet import LOOPBACK
from wtagents.system.walls.upstream import upstream_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wtagents.core.isolation.network import Network

    _Place = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
    _Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, _Place]

PROXY_PORT = 61999
"""Inside the walls; outside of the range from which systems take ports, and of our blocks."""
MOST_CONNECTIONS = 256
_MOST_SOCKETS = 64
_HEAD_LIMIT = 64 << 10
_HEAD_SECONDS = 30.0
_CONNECT_SECONDS = 20.0
_CHUNK = 64 << 10
_LOOK_MILLISECONDS = 1000
_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_HOP_BY_HOP = ("connection:", "keep-alive:", "proxy-")


class Refused(Exception):
    """The connection is not let out."""


@record
class _Asked:
    """What the first lines of a connection ask for."""

    host: str
    port: int
    opening: bytes
    """What is said to the host first; b"" where the client says everything."""


def outlet_ports(network: Network) -> tuple[int, ...]:
    """Return where outlets are opened inside, that of the proxy first."""
    return (PROXY_PORT, *network.local_ports)


def proxy_environment() -> dict[str, str]:
    """Return what tells programs inside which way goes out."""
    proxy, local = f"http://{LOOPBACK}:{PROXY_PORT}", "localhost,127.0.0.1,::1"
    told = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy, "NO_PROXY": local}
    return {
        **told,
        **{name.lower(): value for name, value in told.items()},
        "NODE_USE_ENV_PROXY": "1",
    }


class Porter:
    """Serves the programs of one run."""

    def __init__(self, network: Network, on_refused: Callable[[str], None]) -> None:
        self._network = network
        self._on_refused = on_refused
        """Called in another thread, once for each entry that would be missing on the list."""
        self._refused: set[str] = set()
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._closed = threading.Event()

    def close(self) -> None:
        """Let nobody out any more; connections that are open go on to their end."""
        self._closed.set()

    def serve(self) -> socket.socket:
        """Wait for the outlets of one program; return the end that it is started with."""
        ours, theirs = socket.socketpair()
        self._begin(self._receive, ours)
        return theirs

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _receive(self, control: socket.socket) -> None:
        """Get the outlets and accept what comes through them."""
        with control, contextlib.ExitStack() as held:
            poll = select.poll()
            outlets = {}
            for outlet in map(held.enter_context, _handed_over(control)):
                outlets[outlet.fileno()] = outlet
                poll.register(outlet.fileno(), select.POLLIN)
            while outlets and not self._closed.is_set():
                for descriptor, _ in poll.poll(_LOOK_MILLISECONDS):
                    with contextlib.suppress(OSError):
                        client, place = outlets[descriptor].accept()[0], outlets[descriptor]
                        self._free.acquire()
                        self._begin(self._attend, client, place.getsockname()[1])

    def _attend(self, client: socket.socket, port: int) -> None:
        """Carry one connection to its end."""
        try:
            with client:
                if port == PROXY_PORT:
                    self._let_out(client)
                else:
                    with socket.create_connection((LOOPBACK, port), _CONNECT_SECONDS) as host:
                        _carry(client, host)
        except (OSError, ValueError):
            return
        finally:
            self._free.release()

    def _let_out(self, client: socket.socket) -> None:
        client.settimeout(_HEAD_SECONDS)
        head, rest = _read_head(client)
        try:
            asked = _parse_head(head)
            host = self._connect(asked)
        except ValueError:
            _answer(client, "400 Bad Request", "not a request for a proxy")
        except Refused as refused:
            _answer(client, "403 Forbidden", str(refused))
        except OSError as error:
            _answer(client, "502 Bad Gateway", error.strerror or str(error))
        else:
            with host:
                if not asked.opening:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                host.sendall(asked.opening + rest)
                _carry(client, host)

    def _connect(self, asked: _Asked) -> socket.socket:
        """Return a connection. Raises Refused, OSError."""
        name = plain_name(asked.host)
        entry = self._network.entry_for(name, asked.port)
        if entry is None:
            raise self._refusal(asked, "is not in sandbox.network")
        upstream = upstream_for(name, asked.port, os.environ, encrypted=not asked.opening)
        found = _addresses(name, asked.port, needed=upstream is None)
        places = [each for each in found if not entry.below or is_public(str(each[4][0]))]
        if found and not places:
            raise self._refusal(
                asked, "leads into the own network, and is not itself in sandbox.network"
            )
        if upstream is None:
            return _first_of(places)
        host = _first_of(_addresses(upstream.host, upstream.port))
        try:
            upstream.open_tunnel(host, name, asked.port)
        except OSError:
            host.close()
            raise
        return host

    def _refusal(self, asked: _Asked, why: str) -> Refused:
        missing = entry_text(plain_name(asked.host), asked.port)
        if missing not in self._refused:
            self._refused.add(missing)
            self._on_refused(missing)
        return Refused(f"wta: {missing} {why}")


def _addresses(name: str, port: int, *, needed: bool = True) -> Sequence[_Address]:
    """Return where a name leads. Raises OSError; where it need not be known there is no answer."""
    try:
        return socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError:
        if needed:
            raise
        return []


def _first_of(places: Sequence[_Address]) -> socket.socket:
    """Return a connection to the first place that takes one. Raises OSError."""
    fault = OSError(0, "no address")
    for family, kind, protocol, _, address in places:
        host = socket.socket(family, kind, protocol)
        host.settimeout(_CONNECT_SECONDS)
        try:
            host.connect(address)
        except OSError as error:
            host.close()
            fault = error
        else:
            return host
    raise fault


@contextlib.contextmanager
def way_out(network: Network, on_refused: Callable[[str], None]) -> Iterator[int | None]:
    """Serve one program for the length of the block; give what it is started with, if anything."""
    if not network.is_listed:
        yield None
        return
    with contextlib.closing(Porter(network, on_refused)) as porter, porter.serve() as theirs:
        yield theirs.fileno()


def _handed_over(control: socket.socket) -> list[socket.socket]:
    """Return the outlets; none where the program never came to open them."""
    size = array.array("i").itemsize
    try:
        _, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(_MOST_SOCKETS * size))
    except OSError:
        return []
    handed = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            handed.frombytes(data[: len(data) - len(data) % size])
    outlets = [socket.socket(fileno=descriptor) for descriptor in handed]
    for outlet in outlets:
        outlet.settimeout(0)
    return outlets


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Return the first lines and what was said behind them. Raises OSError."""
    said = b""
    while b"\r\n\r\n" not in said:
        data = client.recv(_CHUNK)
        said += data
        if not data or len(said) > _HEAD_LIMIT:
            raise OSError(0, "no request")
    head, _, rest = said.partition(b"\r\n\r\n")
    return head, rest


def _parse_head(head: bytes) -> _Asked:
    """Return what is asked for. Raises ValueError."""
    first, *fields = head.decode("latin-1").split("\r\n")
    method, target, version = first.split(" ")
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return _Asked(host=_sound(host), port=int(port), opening=b"")
    parts = urlsplit(target)
    if parts.scheme != "http":
        raise ValueError(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [each for each in fields if not each.lower().startswith(_HOP_BY_HOP)]
    # One request for each connection: the next one may be for another host.
    lines = [f"{method} {path} {version}", *kept, "Connection: close", "", ""]
    opening = "\r\n".join(lines).encode("latin-1")
    return _Asked(host=_sound(parts.hostname or ""), port=parts.port or 80, opening=opening)


def _sound(host: str) -> str:
    """Return a host that can be a name or an address, and be shown. Raises ValueError."""
    if _NAME.fullmatch(host) is None:
        raise ValueError(host)
    return host


def _answer(client: socket.socket, status: str, words: str) -> None:
    body = f"{words}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    client.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)


def _carry(client: socket.socket, host: socket.socket) -> None:
    """Carry both ways until both have ended."""
    client.settimeout(None)
    host.settimeout(None)
    back = threading.Thread(target=_pump, args=(host, client), daemon=True)
    back.start()
    _pump(client, host)
    back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
