"""Any program as an agent: what it prints is what it says, exit status 0 is completion.

`{prompt}` and `{worktree}` are replaced inside the arguments; no shell ever sees them. The program
has a closed stdin, so it takes no messages and asks no questions.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.agent.events import Event, Said
from wtagents.agent.port import (
    AgentFiles,
    Ending,
    Launch,
    LaunchRequest,
    Probe,
    ReaderState,
    Verdict,
)
from wtagents.agent.verdict import signal_name
from wtagents.core.errors import UsageError
from wtagents.core.run import ExitReason, Phase, Usage
from wtagents.core.task import AgentKind
from wtagents.core.text import printable, printable_lines
from wtagents.system.command import find_program

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.agent.events import Asked
    from wtagents.agent.port import Reader
    from wtagents.core.answer import Answer

_PLACEHOLDER = r"\{(prompt|worktree)\}"
_OWN_PLACES = (".config", ".local/share", ".local/state")
"""Where a program keeps what is its own (XDG base directories)."""
_NOBODYS = {"", ".", "..", "autostart", "fish", "gh", "git", "gnupg", "ssh", "systemd"}
"""Names of folders that others obey."""
_ARGUMENT_LIMIT = 131_071
"""Bytes of one argument that Linux takes (MAX_ARG_STRLEN, execve(2))."""


class Command:
    """The adapter of a program given by its command line."""

    kind = AgentKind.COMMAND
    takes_messages = False

    def launch(self, request: LaunchRequest) -> Launch:
        """Return the command line with the placeholders replaced.

        Raises UsageError when there is none, or an argument becomes too long for the system.
        """
        if not request.argv:
            raise UsageError(
                "no program is given for the agent",
                hint="wta spawn NAME PROMPT --agent command -- PROGRAM '{prompt}'",
            )
        values = {"prompt": request.prompt, "worktree": str(request.worktree)}
        argv = tuple(
            re.sub(_PLACEHOLDER, lambda found: values[found[1]], part) for part in request.argv
        )
        for part in argv:
            _require_argument(part)
        return Launch(argv=argv, environment=(), first_message="")

    def files(self, worktree: Path, program: str) -> AgentFiles:  # noqa: ARG002
        """Return the folders that are called like the program."""
        home, name = Path.home(), Path(program).name
        if name in _NOBODYS:
            return AgentFiles()
        places = (f".{name}", *(f"{each}/{name}" for each in _OWN_PLACES))
        return AgentFiles(write=tuple(home / place for place in places))

    def reader(self) -> Reader:
        """Return a fresh reader for one process."""
        return CommandReader()

    def encode_text(self, wire: str, text: str) -> bytes:  # noqa: ARG002
        """Return nothing: the program takes no messages."""
        return b""

    def encode_answer(self, asked: Asked, answer: Answer) -> bytes:  # noqa: ARG002
        """Return nothing: the program asks nothing."""
        return b""

    def encode_interrupt(self, request_id: str, *, cancel_queued: bool = False) -> bytes:  # noqa: ARG002
        """Return nothing: the program has no turns."""
        return b""

    def probe(self, program: str) -> Probe:
        """Look whether the program can be found."""
        found = find_program(program) if program else None
        problem = "" if found else f"{program or 'the program'} is not found on PATH"
        return Probe(
            program=found or program,
            version="",
            problem=printable(problem, 200),
            hint="" if found else "give the program's full path",
            logged_in=None,
        )


def _require_argument(part: str) -> None:
    if "\0" in part:
        raise UsageError("an argument of the agent holds a NUL character")
    if len(part.encode(errors="surrogateescape")) > _ARGUMENT_LIMIT:
        raise UsageError(
            "the prompt is too long for a command line",
            cause=f"an argument may have {_ARGUMENT_LIMIT} bytes",
            hint="write it to a file of the repository and name that file in the prompt",
        )


class CommandReader:
    """The `Reader` of a program that just prints."""

    def __init__(self) -> None:
        self._doing = ""

    def feed(self, line: bytes, *, at: datetime) -> tuple[Event, ...]:  # noqa: ARG002
        """Take one line; it is what the program says."""
        text = printable_lines(line.decode(errors="replace").rstrip("\r\n"))[0]
        self._doing = printable(text, 120) or self._doing
        return (Said(text=text),)

    def note_sent(self, wire: str) -> None:
        """Nothing is ever sent."""

    def note_answered(self, request_id: str) -> None:
        """Nothing is ever asked."""

    def question(self, request_id: str) -> Asked | None:  # noqa: ARG002
        """Return None: nothing is ever asked."""
        return None

    @property
    def state(self) -> ReaderState:
        """It works until it ends."""
        return ReaderState(
            phase=Phase.THINKING,
            doing=self._doing,
            questions=(),
            usage=Usage(),
            session_id="",
            turn_open=True,
            open_tools=(),
            background=0,
            results=0,
            unknown=0,
        )

    def verdict(self, ending: Ending) -> Verdict:
        """Judge by what the runner did, then by the exit status."""
        reason, detail = self._reason(ending)
        return Verdict(reason=reason, detail=printable(detail, 200))

    def _reason(self, ending: Ending) -> tuple[ExitReason, str]:
        if ending.timed_out:
            return ExitReason.TIMED_OUT, "its time was over"
        if ending.stopped:
            return ExitReason.STOPPED, "stopped by a person"
        if ending.exit_code is None:
            return ExitReason.LOST, "nobody saw it end"
        if ending.exit_code == 0:
            return ExitReason.COMPLETED, self._doing
        if ending.exit_code < 0:
            return ExitReason.LOST, f"killed by {signal_name(ending.exit_code)}"
        complaint = (ending.stderr_tail.strip().splitlines() or [self._doing])[-1]
        return ExitReason.AGENT_ERROR, f"exit status {ending.exit_code}: {complaint}".rstrip(": ")
