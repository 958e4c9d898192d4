"""A trial whether walls keep the network to its list: from inside, to a place that is not on it."""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.system.command import clean_environment, run_command
from wtagents.system.walls.confine import confined_argv
from wtagents.system.walls.outlet import LOOPBACK
from wtagents.system.walls.porter import PROXY_PORT, way_out

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.isolation.confinement import Confinement

_SECONDS = 20.0
_SCRIPT = """\
import socket, sys
def reach(port, words=b""):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as there:
            there.sendall(words)
            return there.recv(99).decode("latin-1") if words else "open"
    except OSError:
        return "shut"
target, proxy = int(sys.argv[1]), int(sys.argv[2])
print(reach(target))
print(reach(proxy, f"CONNECT 127.0.0.1:{target} HTTP/1.1\\r\\n\\r\\n".encode()).split("\\r")[0])
"""
_SHUT = {"list": ["shut", "HTTP/1.1 403 Forbidden"], "none": ["shut", "shut"]}


def network_fault(walls: Confinement, cwd: Path) -> str:
    """Have a program inside try to get out; return '' if it could not, else what is wrong.

    The network must not be open. The target is a socket of this process that nobody listed.
    """
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(socket.create_server((LOOPBACK, 0)))
        control = stack.enter_context(way_out(walls.network, lambda _: None))
        script = (sys.executable, "-I", "-S", "-c", _SCRIPT)
        ports = (str(target.getsockname()[1]), str(PROXY_PORT))
        argv = confined_argv(walls, (*script, *ports), cwd, control=control)
        inherited = () if control is None else (control,)
        try:
            done = run_command(
                argv, cwd=cwd, timeout=_SECONDS, env=clean_environment(), inherited=inherited
            )
        except SystemFault as fault:
            return f"{fault.message}: {fault.cause}"
    if not done.ok:
        return done.complaint
    told = done.text.split("\n")
    if told == _SHUT[walls.network.kind]:
        return ""
    return f"a program inside reaches what it must not: {', '.join(told)}"
