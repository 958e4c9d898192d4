"""A scripted Messages API on loopback, for tests against the real agent program.

In a test::

    with MessagesApi({"hello": script(bash("git status"), text("done"))}) as api:
        ...  # ANTHROPIC_BASE_URL=api.url, prompt f"{marker('hello')} please"
        assert not api.requests[-1].tool_results[0].is_error

As a program: `python -m tests.support.messages_api SCENARIO.json` prints its URL and serves until
it is killed; `POST /_gate/NAME` opens a gate, `GET /_requests` returns what was asked as JSON
lines.

Leaving the `with` block raises AssertionError when a request had no step, or lacked an expected
text.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.api.gate import Gates
from tests.support.api.handler import ApiServer
from tests.support.api.ledger import Ledger
from tests.support.api.request import ApiRequest
from tests.support.api.scenario_json import load_scenario
from tests.support.api.script import Scenario, Script


class MessagesApi:
    """The server as a context manager. Many agents, many scripts, one server."""

    def __init__(self, scripts: Mapping[str, Script] | None = None) -> None:
        self._gates = Gates()
        self._ledger = Ledger(Scenario(scripts=scripts or {}))
        self._server = ApiServer(self._ledger, self._gates)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        if error is None:
            self.require_no_problems()

    def close(self) -> None:
        """Lets every held answer go and stops listening."""
        self._server.is_closing.set()
        self._gates.open_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The value of ANTHROPIC_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> tuple[ApiRequest, ...]:
        """Every request so far, in the order in which they arrived."""
        return self._ledger.requests

    def requests_of(self, script: str) -> tuple[ApiRequest, ...]:
        """The requests that a script answered."""
        return tuple(request for request in self.requests if request.script == script)

    def add_script(self, name: str, script: Script) -> None:
        """Adds or replaces a script while the server runs."""
        self._ledger.add_script(name, script)

    def wait_for_requests(self, script: str, *, count: int, timeout: float = 30.0) -> None:
        """Waits until a script was asked `count` times; raises TimeoutError."""
        self._ledger.wait_for(_asked(script, count), timeout=timeout)

    def wait_held(self, gate: str, *, count: int = 1, timeout: float = 30.0) -> None:
        """Waits until `count` answers are held at a gate; raises TimeoutError."""
        self._gates.wait_held(gate, count=count, timeout=timeout)

    def open_gate(self, gate: str) -> None:
        """Lets the answers held at a gate go, and all that come later."""
        self._gates.open(gate)

    def require_no_problems(self) -> None:
        """Raises AssertionError when a request had no step or lacked an expected text."""
        if self._ledger.problems:
            raise AssertionError("\n".join(self._ledger.problems))

    def serve(self) -> None:
        """Serves in this thread until the process ends."""
        self._server.serve_forever()


def _asked(script: str, count: int) -> Callable[[tuple[ApiRequest, ...]], bool]:
    return lambda requests: sum(request.script == script for request in requests) >= count


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.support.messages_api SCENARIO.json\n")
        return 2
    api = MessagesApi(load_scenario(Path(arguments[0])).scripts)
    sys.stdout.write(f"{api.url}\n")
    sys.stdout.flush()
    api.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
