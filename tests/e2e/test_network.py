"""Agents that may reach some hosts: those they reach, from inside, and no others."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from tests.support.api.script import bash, text
from tests.support.claude_fleet import ClaudeFleet
from tests.support.environment import Sandbox
from tests.support.fleet import Fleet
from tests.support.processes import kill_hard
from tests.support.walls import require_walls
from wtagents.core.errors import ConfigError, SystemFault
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.isolation.network import Network
from wtagents.core.task import TaskState
from wtagents.operations.checks.check import Health
from wtagents.operations.checks.sandbox import check_sandbox
from wtagents.operations.telling.logs import LogsRequest, story
from wtagents.system.command import find_program

pytestmark = [pytest.mark.e2e, pytest.mark.walls]

TRIES = """\
import http.client, http.server, os, socket, sys, threading, urllib.request
listed, other = map(int, sys.argv[1:])
for name in ("NO_PROXY", "no_proxy"):
    del os.environ[name]
proxy = os.environ["HTTPS_PROXY"]
place, port = proxy.removeprefix("http://").split(":")
told = open(os.environ["WTA_TEMP"] + "/report", "w")

def note(what, work):
    try:
        said = work()
    except Exception as error:
        said = f"{type(error).__name__} {getattr(error, 'code', '')}".strip()
    print(what, said, file=told, flush=True)

def fetch(url, **proxies):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
    return opener.open(url, timeout=10).read().decode()

def tunnel(host, port_there):
    through = http.client.HTTPConnection(place, int(port), timeout=10)
    through.set_tunnel(host, port_there)
    through.request("GET", "/tunnel")
    return through.getresponse().read().decode()

def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        return out.sendto(b"secret", ("192.0.2.1", 53))

class Own(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"own")
    def log_message(self, *_):
        pass

mine = http.server.HTTPServer(("127.0.0.1", int(os.environ["WTA_PORT"])), Own)
threading.Thread(target=mine.serve_forever, daemon=True).start()
note("direct", lambda: fetch(f"http://127.0.0.1:{listed}/direct"))
note("proxy", lambda: fetch(f"http://127.0.0.1:{listed}/proxy?a=b", http=proxy))
note("tunnel", lambda: tunnel("127.0.0.1", listed))
note("own", lambda: fetch(f"http://127.0.0.1:{os.environ['WTA_PORT']}/"))
note("usual", lambda: urllib.request.urlopen("http://kept.example.invalid/", timeout=10).read())
note("other", lambda: fetch(f"http://127.0.0.1:{other}/direct"))
note("other by proxy", lambda: fetch(f"http://127.0.0.1:{other}/proxy", http=proxy))
note("other by tunnel", lambda: tunnel("127.0.0.1", other))
note("another name", lambda: tunnel("localhost", listed))
note("a number", lambda: tunnel("2130706433", listed))
note("below", lambda: tunnel("a.example.invalid", 443))
note("words", lambda: tunnel("evil\\x1b[2Jexample", 443))
note("name", lambda: socket.getaddrinfo("example.org", 80))
note("datagram", datagram)
"""
SAID = """\
direct GET /direct
proxy GET /proxy?a=b
tunnel GET /tunnel
own own
usual HTTPError 502
other URLError
other by proxy HTTPError 403
other by tunnel OSError
another name OSError
a number OSError
below OSError
words OSError
name gaierror
datagram OSError
"""


class _Echo(BaseHTTPRequestHandler):
    """Says what it was asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"GET {self.path}".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Two servers of this machine."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _Echo) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers[0].server_port, servers[1].server_port
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["bubblewrap", "landlock"])
def mode(request: pytest.FixtureRequest, fleet: Fleet, ports: tuple[int, int]) -> SandboxMode:
    """Use one kind of walls with a list, where this machine has it."""
    listed = (f"127.0.0.1:{ports[0]}", "*.example.invalid")
    mode = require_walls(request.param, Network(hosts=listed))
    fleet.configure(sandbox={"mode": mode.value, "network": listed}, limits={"retries": 0})
    return mode


def test_listed_hosts_are_reached_and_no_others(
    fleet: Fleet, mode: SandboxMode, ports: tuple[int, int]
) -> None:
    fleet.spawn_command("a", sys.executable, "-I", "-c", TRIES, *map(str, ports))
    task = fleet.await_rest("a")

    report = fleet.context.paths.resources(task.id).temporary / "report"
    assert report.read_text() == SAID, mode
    kept = (f"127.0.0.1:{ports[1]}", f"localhost:{ports[0]}", f"2130706433:{ports[0]}")
    denied = [f"network {host} (sandbox.network)" for host in kept]
    assert (task.state, task.detail) == (
        TaskState.FAILED,
        f"the agent made no commit; denied: {', '.join(denied)}",
    )
    lines = [line.text for line in story(fleet.context, LogsRequest(name="a"))]
    told = [f"kept from {host}, which sandbox.network does not name" for host in kept]
    assert [line for line in lines if line.startswith("kept from")] == told


def test_a_person_is_told_while_the_agent_works(fleet: Fleet, mode: SandboxMode) -> None:
    script = 'curl -s -o /dev/null "$1"; touch "$WTA_TEMP/up"; sleep 600'
    ask = f"{sys.executable} -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1])' \"$1\""
    script = script.replace('curl -s -o /dev/null "$1"', f"{ask} 2>/dev/null")
    fleet.spawn_command("a", "sh", "-c", script, "sh", "http://elsewhere.invalid/")
    seen = fleet.await_status("a", lambda item: item.attention)
    assert seen.attention == (
        "was kept from elsewhere.invalid, which sandbox.network does not name"
    )
    kill_hard(fleet.runner("a").pid)
    fleet.await_rest("a")
    fleet.await_gone("a")
    assert mode.holds_all


def test_the_way_out_leads_through_the_proxy_of_the_office(
    fleet: Fleet, mode: SandboxMode, ports: tuple[int, int], sandbox: Sandbox
) -> None:
    fetch = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
    script = """\
for name do
    "$0" -c "$FETCH" "http://$name.example.invalid/a" 2>&1 | tail -n 1 >> "$WTA_TEMP/report"
done
env | grep -c secret >> "$WTA_TEMP/report"
"""
    with _Gateway(("127.0.0.1", 0), _Office) as office:
        threading.Thread(target=office.serve_forever, daemon=True).start()
        office.onward = ports[0]
        address = f"http://ada:secret@127.0.0.1:{office.server_address[1]}"
        sandbox.set_variable("http_proxy", address)
        sandbox.set_variable("FETCH", fetch)
        fleet.spawn_command("a", "sh", "-c", script, sys.executable, "office", "other")
        task = fleet.await_rest("a")
        office.shutdown()
    report = fleet.context.paths.resources(task.id).temporary / "report"
    assert report.read_text().splitlines() == [
        "GET /a",
        "urllib.error.HTTPError: HTTP Error 502: Bad Gateway",
        "0",
    ], mode


def test_doctor_tries_to_get_out(fleet: Fleet, mode: SandboxMode) -> None:
    [check] = check_sandbox(fleet.context)
    assert check.health is not Health.FAILED, check
    assert "; the network ends at 2 listed hosts" in check.finding
    assert check.finding.startswith(f"{mode}: ")


def test_a_list_that_nothing_keeps_is_refused(fleet: Fleet, sandbox: Sandbox) -> None:
    fleet.configure(sandbox={"mode": "none", "network": ["example.org"]})
    with pytest.raises(ConfigError, match=r"nothing keeps agents to sandbox\.network"):
        fleet.spawn("a", "say hello")
    sandbox.set_variable("PATH", str(_without_walls(sandbox)))
    fleet.configure(sandbox={"mode": "bubblewrap", "network": ["example.org"]})
    with pytest.raises(SystemFault, match="the sandbox bubblewrap that the settings ask for"):
        fleet.spawn("a", "say hello")


def _without_walls(sandbox: Sandbox) -> Path:
    place = sandbox.work / "bin"
    place.mkdir()
    for name in ("git", "sh", "true"):
        program = find_program(name)
        assert program is not None
        (place / name).symlink_to(program)
    return place


class _Onward(BaseRequestHandler):
    """Carries a connection on to the port of the server's `onward`."""

    def handle(self) -> None:
        assert isinstance(self.server, _Gateway)
        with socket.create_connection(("127.0.0.1", self.server.onward)) as there:
            back = threading.Thread(target=_copy, args=(there, self.request), daemon=True)
            back.start()
            _copy(self.request, there)
            back.join()


class _Gateway(ThreadingTCPServer):
    daemon_threads = True
    onward = 0


class _Office(_Onward):
    """A proxy that knows a name which nobody else knows, and lets out who has a password."""

    def handle(self) -> None:
        lines = iter(self.request.makefile("rb", buffering=0).readline, b"\r\n")
        asked, *fields = (line.decode().strip() for line in lines)
        known = asked == "CONNECT office.example.invalid:80 HTTP/1.1"
        if known and "Proxy-Authorization: Basic YWRhOnNlY3JldA==" in fields:
            self.request.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
            super().handle()
        else:
            self.request.sendall(b"HTTP/1.1 403 Not here\r\n\r\n")


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.claude
def test_claude_code_works_through_the_list(
    agents: ClaudeFleet, ports: tuple[int, int], sandbox: Sandbox
) -> None:
    """Its model is where only the proxy leads."""
    agents.configure(
        sandbox={"mode": "auto", "network": ["*.example.invalid"]}, limits={"retries": 0}
    )
    fetch = 'import sys, urllib.request as u; u.urlopen(f"http://127.0.0.1:{sys.argv[1]}/")'
    tried = f"no_proxy= NO_PROXY= {sys.executable} -c '{fetch}' {ports[1]} 2>&1 | tail -n 1"
    with _Gateway(("127.0.0.2", 0), _Onward) as gateway:
        threading.Thread(target=gateway.serve_forever, daemon=True).start()
        gateway.onward = int(agents.api.url.rpartition(":")[2])
        address = f"http://127.0.0.2:{gateway.server_address[1]}"
        sandbox.set_variable("ANTHROPIC_BASE_URL", address)
        agents.spawn(
            "a", bash(tried), bash("touch made; git add made; git commit -qm Made"), text("Done.")
        )
        task = agents.await_rest("a")
        gateway.shutdown()
    assert task.state is TaskState.READY, agents.fleet.describe("a")
    assert "HTTP Error 403: Forbidden" in agents.results("a")[0]
    assert task.detail == f"denied: network 127.0.0.1:{ports[1]} (sandbox.network)"
