"""How the built-in agent is launched and spoken to: like Claude Code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wtagents import __version__
from wtagents.agent.port import AgentFiles, Launch, Probe
from wtagents.agent.speech import answer_line, interrupt_line, message_line
from wtagents.core.errors import UsageError
from wtagents.core.task import AgentKind
from wtagents.system.command import import_path

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.agent.events import Asked
    from wtagents.agent.port import LaunchRequest, Reader
    from wtagents.core.answer import Answer


class Scripted:
    """The adapter of `python -m wtagents.agent.scripted`."""

    kind = AgentKind.SCRIPTED
    takes_messages = True

    def launch(self, request: LaunchRequest) -> Launch:
        """Return the whole command line. Raises UsageError for an empty prompt."""
        if not request.prompt.strip():
            raise UsageError("the prompt is empty", hint='wta spawn NAME "what to do"')
        session = "resume" if request.resumes else "session-id"
        options = [
            ("fork", request.forks or None),
            (session, request.session_id),
            ("model", request.model),
            ("permission-mode", request.permission_mode),
            ("max-turns", request.max_turns),
            ("max-budget-usd", request.budget_usd),
        ]
        program = (sys.executable, "-P", "-m", "wtagents.agent.scripted")
        return Launch(
            argv=(*program, *(f"--{name}={value}" for name, value in options if value is not None)),
            environment=tuple(import_path().items()),
            first_message=request.prompt,
        )

    def files(self, worktree: Path, program: str) -> AgentFiles:  # noqa: ARG002
        """Return where its conversations are."""
        from wtagents.agent.scripted.session import session_home

        return AgentFiles(home=session_home())

    def reader(self) -> Reader:
        """Return a fresh reader for one process."""
        from wtagents.agent.reader import ClaudeReader

        return ClaudeReader()

    def encode_text(self, wire: str, text: str) -> bytes:
        """Return the line of a user message."""
        return message_line(wire, text)

    def encode_answer(self, asked: Asked, answer: Answer) -> bytes:
        """Return the line that answers a question."""
        return answer_line(asked, answer)

    def encode_interrupt(self, request_id: str, *, cancel_queued: bool = False) -> bytes:
        """Return the line that ends the running turn."""
        return interrupt_line(request_id, cancel_queued=cancel_queued)

    def probe(self, program: str) -> Probe:  # noqa: ARG002 - it is always this one
        """Return what is known: it is part of wta."""
        return Probe(
            program=sys.executable, version=__version__, problem="", hint="", logged_in=None
        )
