"""The real Claude Code program, sealed: own HOME, no credentials, no host but the scripted Messages
API.

`WTA_TEST_CLAUDE` names the program (`scripts/test` exports it). Without it the tests that need it
are skipped, or fail when `WTA_REQUIRE_CLAUDE=1`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import pytest

from tests.support.environment import MARK
from tests.support.waiting import wait_until

Event: TypeAlias = dict[str, Any]

PROGRAM_VARIABLE = "WTA_TEST_CLAUDE"
REQUIRED_VARIABLE = "WTA_REQUIRE_CLAUDE"
NO_PROGRAM = "no Claude Code CLI"
PINNED_VERSION = "2.1.329"
FAKE_KEY = "sk-ant-not-a-key"
STREAM_FLAGS = ("-p", "--output-format", "stream-json", "--verbose", "--model", "claude-haiku-4-5")
_TIMEOUT = 30.0


def require_program() -> Path:
    """The program under test; skips or fails the calling test when there is none."""
    named = os.environ.get(PROGRAM_VARIABLE, "")
    if named and os.access(named, os.X_OK):
        return Path(named)
    reason = f"{NO_PROGRAM}: {PROGRAM_VARIABLE} is {named!r}; scripts/test installs it"
    if os.environ.get(REQUIRED_VARIABLE) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def wait_saved(home: Path, session_id: str, words: str) -> None:
    """Waits until the transcript of a session holds the words.

    Only its own folder is searched: beside it the program makes and removes lock folders.
    """
    projects = home / ".claude" / "projects"
    wait_until(
        lambda: any(
            words.encode() in transcript.read_bytes()
            for transcript in projects.glob(f"*/{session_id}.jsonl")
        ),
        what=f"the transcript holds {words!r}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that ended: its output line by line, exit code and stderr."""

    lines: tuple[bytes, ...]
    exit_code: int
    stderr: str

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(json.loads(line) for line in self.lines)

    @property
    def result(self) -> Event:
        """The last `result` event; raises AssertionError when there is none."""
        found = events_of(self.events, "result")
        assert found, f"no result event, exit code {self.exit_code}, stderr {self.stderr!r}"
        return found[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeCli:
    """How to start the program: where its state lives and which API it talks to."""

    program: Path
    home: Path
    base_url: str

    def environment(self, *, bypass: bool = False, **extra: str) -> dict[str, str]:
        """The whole environment of a run. `bypass` lets uid 0 use bypassPermissions."""
        self.home.mkdir(parents=True, exist_ok=True)
        mark = {MARK: os.environ[MARK]} if MARK in os.environ else {}
        return {
            **mark,
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Agent",
            "GIT_AUTHOR_EMAIL": "agent@example.invalid",
            "GIT_COMMITTER_NAME": "Agent",
            "GIT_COMMITTER_EMAIL": "agent@example.invalid",
            "ANTHROPIC_BASE_URL": self.base_url,
            "ANTHROPIC_API_KEY": FAKE_KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            **({"IS_SANDBOX": "1"} if bypass else {}),
            **extra,
        }

    def wait_saved(self, session_id: str, words: str) -> None:
        """Waits until the transcript holds the words; it is written some 0.1 s after the fact."""
        wait_saved(self.home, session_id, words)

    def run(
        self,
        prompt: str,
        *flags: str,
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        timeout: float = _TIMEOUT,
    ) -> Finished:
        """One headless run with closed stdin; raises subprocess.TimeoutExpired."""
        done = subprocess.run(
            [str(self.program), *STREAM_FLAGS, *flags, "--", prompt],
            cwd=cwd,
            env=dict(environment or self.environment()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Finished(
            lines=tuple(done.stdout.splitlines(keepends=True)),
            exit_code=done.returncode,
            stderr=done.stderr.decode(errors="replace"),
        )

    def start(
        self, *flags: str, cwd: Path, environment: Mapping[str, str] | None = None
    ) -> ClaudeSession:
        """A run that is steered over stdin; use as a context manager, which kills what is left."""
        argv = [str(self.program), *STREAM_FLAGS, "--input-format", "stream-json", *flags]
        return ClaudeSession(argv, cwd=cwd, environment=environment or self.environment())


class ClaudeSession:
    """One live process, steered over stdin. Waiting is on its events, with a deadline."""

    def __init__(self, argv: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._changed = threading.Condition()
        self._lines: list[bytes] = []
        self._events: list[Event] = []
        self._stderr: list[bytes] = []
        self._is_ended = False
        self._readers = (
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        )
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def events(self) -> tuple[Event, ...]:
        with self._changed:
            return tuple(self._events)

    @property
    def lines(self) -> tuple[bytes, ...]:
        """What it wrote to stdout so far, unchanged."""
        with self._changed:
            return tuple(self._lines)

    @property
    def stderr(self) -> str:
        return b"".join(self._stderr).decode(errors="replace")

    def send(self, line: Mapping[str, Any]) -> None:
        """Writes one object to the program."""
        self.send_line(json.dumps(line).encode())

    def send_line(self, line: bytes) -> None:
        """Writes one line to the program, whatever it is."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def close_stdin(self) -> None:
        """Says that nothing more will come."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def say(self, words: str, **fields: Any) -> None:
        """Sends a message of the user; `uuid` asks for its command lifecycle."""
        self.send({"type": "user", "message": {"role": "user", "content": words}, **fields})

    def ask(self, request_id: str, subtype: str, **fields: Any) -> Event:
        """Sends a control request and returns the `response` of its answer."""
        request = {"subtype": subtype, **fields}
        self.send({"type": "control_request", "request_id": request_id, "request": request})
        answer = self.wait_for(
            lambda event: (
                event["type"] == "control_response"
                and event["response"]["request_id"] == request_id
            )
        )
        response: Event = answer["response"]
        return response

    def answer(self, request: Event, response: Mapping[str, Any]) -> None:
        """Answers a control request of the program with success."""
        body = {
            "subtype": "success",
            "request_id": request["request_id"],
            "response": dict(response),
        }
        self.send({"type": "control_response", "response": body})

    def wait_for(
        self, is_awaited: Callable[[Event], bool], *, count: int = 1, timeout: float = _TIMEOUT
    ) -> Event:
        """The `count`-th event that is awaited; raises AssertionError when it does not come."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_ended or sum(map(is_awaited, self._events)) >= count, timeout
            )
            found = [event for event in self._events if is_awaited(event)]
            seen = [f"{event['type']}/{event.get('subtype', '')}" for event in self._events]
        assert len(found) >= count, (
            f"awaited event {count} missing, seen {seen}, stderr {self.stderr!r}"
        )
        return found[count - 1]

    def wait_for_type(self, kind: str, subtype: str | None = None, *, count: int = 1) -> Event:
        return self.wait_for(
            lambda event: event["type"] == kind and subtype in (None, event.get("subtype")),
            count=count,
        )

    def finish(self, *, timeout: float = _TIMEOUT) -> Finished:
        """Closes stdin and waits for the end."""
        self.close_stdin()
        return self.wait(timeout=timeout)

    def wait(self, *, timeout: float = _TIMEOUT) -> Finished:
        """Waits for the end; raises subprocess.TimeoutExpired."""
        exit_code = self._process.wait(timeout)
        for reader in self._readers:
            reader.join(timeout)
        return Finished(lines=tuple(self._lines), exit_code=exit_code, stderr=self.stderr)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program alone, not to its group."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kills the program if it lives; what its Bash tool started lives on in other sessions."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(_TIMEOUT)
        for reader in self._readers:
            reader.join(_TIMEOUT)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(line)
                self._events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        for chunk in self._process.stderr:
            self._stderr.append(chunk)


def events_of(events: Sequence[Event], kind: str, subtype: str | None = None) -> list[Event]:
    """The events of one type (and subtype)."""
    return [
        event
        for event in events
        if event["type"] == kind and subtype in (None, event.get("subtype"))
    ]
