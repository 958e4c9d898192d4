"""One live agent program behind its port, driven as a runner drives it."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

from wtagents.agent.events import Event
from wtagents.agent.port import Agent, Ending, Launch, ReaderState, Verdict
from wtagents.core.answer import Answer

SESSION = "20000000-0000-4000-8000-000000000001"
RESUMED = 100
"""Number of the first message to a resumed conversation: it must be a new one to it."""
_TIMEOUT = 30.0
_E = TypeVar("_E")


def wire(number: int) -> str:
    """A wire id that is easy to recognise."""
    return f"10000000-0000-4000-8000-{number:012d}"


class AgentSession:
    """A process and its reader; a context manager that kills what is left."""

    def __init__(
        self, agent: Agent, launch: Launch, *, cwd: Path, environment: Mapping[str, str]
    ) -> None:
        self.agent = agent
        self.reader = agent.reader()
        self._process = subprocess.Popen(
            launch.argv,
            cwd=cwd,
            env={**environment, **dict(launch.environment)},
            stdin=subprocess.PIPE if agent.takes_messages else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._stderr = b""
        self._is_ended = False
        self._threads = (
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        )
        for thread in self._threads:
            thread.start()
        if launch.first_message:
            resumed = any(argument.startswith("--resume=") for argument in launch.argv)
            self.say(launch.first_message, number=RESUMED if resumed else 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(_TIMEOUT)
        for thread in self._threads:
            thread.join(_TIMEOUT)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def events(self) -> tuple[Event, ...]:
        with self._changed:
            return tuple(self._events)

    @property
    def state(self) -> ReaderState:
        with self._changed:
            return self.reader.state

    def say(self, words: str, *, number: int) -> None:
        """Send a message under the wire id of its number."""
        self.write(self.agent.encode_text(wire(number), words))
        with self._changed:
            self.reader.note_sent(wire(number))

    def answer(self, request_id: str, *, allow: bool, message: str = "") -> None:
        """Answer an open question."""
        asked = self.reader.question(request_id)
        assert asked is not None, f"nobody asks {request_id}"
        said = Answer(request_id=request_id, allow=allow, message=message)
        self.write(self.agent.encode_answer(asked, said))
        with self._changed:
            self.reader.note_answered(request_id)

    def interrupt(self, number: int) -> None:
        """End the running turn."""
        self.write(self.agent.encode_interrupt(wire(number)))

    def write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def wait_for(self, kind: type[_E], *, count: int = 1) -> _E:
        """The `count`-th event of a kind; raises AssertionError when it does not come."""
        self._wait(lambda: sum(isinstance(event, kind) for event in self._events) >= count)
        found = [event for event in self.events if isinstance(event, kind)]
        assert len(found) >= count, (
            f"{kind.__name__} {count} missing: {self.events}, {self._stderr!r}"
        )
        return found[count - 1]

    def wait_for_rest(self) -> ReaderState:
        """The state when nothing is left to do."""
        self._wait(lambda: self.reader.state.at_rest)
        assert self.state.at_rest, f"not at rest: {self.events}, {self._stderr!r}"
        return self.state

    def finish(self) -> Verdict:
        """Close stdin, wait for the end and judge."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        return self.wait()

    def wait(self, *, stopped: bool = False) -> Verdict:
        """Wait for the end and judge."""
        code = self._process.wait(_TIMEOUT)
        for thread in self._threads:
            thread.join(_TIMEOUT)
        tail = self._stderr[-4096:].decode(errors="replace")
        return self.reader.verdict(Ending(exit_code=code, stderr_tail=tail, stopped=stopped))

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        os.kill(self._process.pid, number)

    def _wait(self, is_met: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended or is_met(), _TIMEOUT)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._events += self.reader.feed(line, at=datetime.now(UTC))
                self._changed.notify_all()
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        for chunk in self._process.stderr:
            self._stderr += chunk


Play: TypeAlias = Callable[..., AgentSession]


def played(session: AgentSession) -> Verdict:
    """Let the session come to rest, end it and judge."""
    with session:
        session.wait_for_rest()
        return session.finish()
