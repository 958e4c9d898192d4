"""The proxy that a person's own network asks for: what leaves the walls goes on through it.

Read from the environment as curl(1) does: `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`,
each in capitals too. Every connection is a tunnel (RFC 9110 section 9.3.6), also where the client
speaks plain HTTP: in one that the proxy could read it could ask for another host at any time.
"""

from __future__ import annotations

import base64
import contextlib
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

_USUAL_PORT = 1080
"""Of a proxy that is named without one (curl(1))."""
_HEAD_LIMIT = 16 << 10
_THIS_MACHINE = "localhost 127.0.0.0/8 ::1/128"


@record
class Upstream:
    """A proxy."""

    host: str
    port: int
    authorization: str = ""
    """Value of `Proxy-Authorization`; "" for none."""

    def open_tunnel(self, connected: socket, host: str, port: int) -> None:
        """Ask a proxy for a way to a host. Raises OSError where it gives none."""
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
        if self.authorization:
            lines.append(f"Proxy-Authorization: {self.authorization}")
        connected.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        version, _, status = _read_head(connected).partition("\r\n")[0].partition(" ")
        if not version.startswith("HTTP/1.") or not status.startswith("2"):
            answer = status[:60] or "nothing"
            raise OSError(0, f"the proxy {self.host}:{self.port} answered {answer}")


def upstream_for(
    host: str, port: int, environment: Mapping[str, str], *, encrypted: bool
) -> Upstream | None:
    """Return the proxy on the way to a host, if there is one; `encrypted` for all but plain HTTP.

    Raises OSError for one that cannot be gone through.
    """
    names = ("https_proxy" if encrypted else "http_proxy", "all_proxy")
    said = next(filter(None, (_value(environment, name) for name in names)), "")
    exceptions = f"{_THIS_MACHINE} {_value(environment, 'no_proxy')}"
    if not said or any(_covers(each, host, port) for each in exceptions.replace(",", " ").split()):
        return None
    return parse_upstream(said)


def parse_upstream(said: str) -> Upstream:
    """Return a proxy as it is written: `http://user:password@host:port`. Raises OSError."""
    try:
        parts = urlsplit(said if "://" in said else f"http://{said}")
        host, port = parts.hostname, parts.port or _USUAL_PORT
    except ValueError:
        raise OSError(0, "what the environment names is no proxy") from None
    if parts.scheme != "http" or not host:
        raise OSError(0, f"no way through a proxy of the kind {parts.scheme}://, only http://")
    if parts.username is None:
        return Upstream(host=host, port=port)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    basic = base64.b64encode(pair.encode()).decode()
    return Upstream(host=host, port=port, authorization=f"Basic {basic}")


def _value(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether an entry of `no_proxy` names a host: itself, one below it, or its address."""
    name, _, only = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
    if only and only != str(port):
        return False
    domain = name.strip("[]").lower().removeprefix("*").lstrip(".")
    if not domain:
        return name == "*"
    return host == domain or host.endswith(f".{domain}") or _is_in(host, domain)


def _is_in(host: str, addresses: str) -> bool:
    with contextlib.suppress(ValueError):
        return ip_address(host) in ip_network(addresses, strict=False)
    return False


def _read_head(connected: socket) -> str:
    """Return the first lines of an answer, and nothing behind them: that is the host's word."""
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        byte = connected.recv(1)
        said += byte
        if not byte or len(said) > _HEAD_LIMIT:
            break
    return said.decode("latin-1")
