"""What an agent may reach: everything, nothing, or the hosts on a list. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

USUAL_PORTS = (80, 443)
"""Ports of a host that is listed without one."""
_NAME = r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]"
_HOST = rf"(?P<any>\*\.)?(?P<name>{_NAME})(?::(?P<port>\d{{1,5}}))?"
_LOOPBACK = ("localhost", "127.0.0.1")
_MOST_PORTS = 65535


@record
class Host:
    """One entry of a list: `api.example.org`, `*.example.org`, `10.0.0.7:8080`."""

    name: str
    """Lower case, without the `*.`, an IPv6 address without brackets."""
    below: bool = False
    """Whether it stands for all names that end so, itself excepted."""
    port: int | None = None

    def admits(self, name: str, port: int) -> bool:
        """Whether a connection to this host, as it was asked for, is one to the entry."""
        asked = plain_name(name)
        is_it = asked.endswith(f".{self.name}") if self.below else asked == self.name
        return is_it and (port in USUAL_PORTS if self.port is None else port == self.port)


@record
class Network:
    """What an agent may reach."""

    hosts: tuple[str, ...] | None = None
    """Entries of the list; None for everything, an empty list for nothing."""

    @property
    def is_open(self) -> bool:
        """Whether everything may be reached."""
        return self.hosts is None

    @property
    def is_listed(self) -> bool:
        """Whether some hosts may be reached, and no others."""
        return bool(self.hosts)

    @property
    def kind(self) -> str:
        """The kind in one word."""
        return "all" if self.is_open else "list" if self.is_listed else "none"

    @property
    def entries(self) -> tuple[Host, ...]:
        """The list."""
        return tuple(map(parse_host, self.hosts or ()))

    @property
    def local_ports(self) -> tuple[int, ...]:
        """Ports of this machine that are listed: they are to be found at the same place inside."""
        found = (each.port for each in self.entries if each.name in _LOOPBACK and each.port)
        return tuple(dict.fromkeys(found))

    def entry_for(self, name: str, port: int) -> Host | None:
        """Return the entry that lets a connection out, an exact one first."""
        found = [each for each in self.entries if each.admits(name, port)]
        return min(found, key=lambda each: each.below, default=None)

    def plus(self, hosts: Iterable[str]) -> Network:
        """Return this one with more hosts, where it is a list."""
        if not self.is_listed:
            return self
        return Network(hosts=tuple(dict.fromkeys((*(self.hosts or ()), *hosts))))


ALL = Network()
NONE = Network(hosts=())


def parse_host(text: str) -> Host:
    """Read an entry. Raises ValueError."""
    found = re.fullmatch(_HOST, text.lower().rstrip("."))
    port = int(found["port"]) if found and found["port"] else None
    if found is None or (port is not None and not 0 < port <= _MOST_PORTS):
        raise ValueError(text)
    return Host(name=found["name"].strip("[]"), below=bool(found["any"]), port=port)


def plain_name(name: str) -> str:
    """Return a host's name as entries are compared with it."""
    return name.strip("[]").rstrip(".").lower()


def entry_text(name: str, port: int) -> str:
    """Return the entry that would let a connection out."""
    shown = f"[{name}]" if ":" in name else name
    return shown if port in USUAL_PORTS else f"{shown}:{port}"


def is_public(address: str) -> bool:
    """Whether an address is one of the world: not of this machine, nor of what is around it."""
    from ipaddress import IPv6Address, ip_address

    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or found
    return found.is_global and not found.is_multicast
