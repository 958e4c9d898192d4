"""Claude Code, driven over stream-json on stdin and stdout.

Every value is joined to its option by `=`, so that no model, rule or id can become an option of
its own. The prompt travels as the first message, never on the command line: it may be of any size
and may begin with any character.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wtagents.agent.edit_hook import MATCHER
from wtagents.agent.port import Launch
from wtagents.agent.speech import answer_line, interrupt_line, message_line
from wtagents.core.errors import UsageError
from wtagents.core.task import AgentKind

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.agent.events import Asked
    from wtagents.agent.port import AgentFiles, LaunchRequest, Probe, Reader
    from wtagents.core.answer import Answer

PROGRAM = "claude"
_HOOK_SECONDS = 5

_FIXED = (
    # A background task, a subagent too, outlives its turn, starts further turns and keeps the
    # process for minutes.
    ("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"),
    # One memory directory serves all worktrees of a repository: parallel tasks would mix.
    ("CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"),
    # The program must not be replaced under a running fleet.
    ("DISABLE_AUTOUPDATER", "1"),
)
_PATIENCE = (
    # A server that goes silent within an answer is given up after two minutes instead of five.
    ("CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS", "120000"),
    # A wrong key is repeated like a broken line: ten retries take three minutes, six half a one.
    ("CLAUDE_CODE_MAX_RETRIES", "6"),
)
"""How long a failing server is waited for; a person's own environment may say otherwise."""
_BASE = (
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--replay-user-messages",
    "--permission-prompt-tool=stdio",
)


def agent_environment() -> tuple[tuple[str, str], ...]:
    """Return the variables that Claude Code is started with, beside those that it inherits."""
    patience = ((name, os.environ.get(name) or value) for name, value in _PATIENCE)
    return (*_FIXED, *patience)


def _settings(request: LaunchRequest) -> str:
    """Return settings for one run, beside the user's own; '' for none.

    Settings that are not valid are dropped whole, without a word. A hook that fails lets the tool
    run. A sandbox that cannot be built ends the program: without `failIfUnavailable` it warns and
    goes on.
    """
    settings: dict[str, Any] = {}
    if request.edit_hook:
        import shlex

        hook = shlex.join(request.edit_hook)
        command = {"type": "command", "command": hook, "timeout": _HOOK_SECONDS}
        settings["hooks"] = {"PreToolUse": [{"matcher": MATCHER, "hooks": [command]}]}
    if request.own_sandbox is not None:
        settings["sandbox"] = {
            "enabled": True,
            "failIfUnavailable": True,
            "allowUnsandboxedCommands": False,
            "filesystem": {
                "allowWrite": [str(path) for path in request.own_sandbox.write],
                "denyRead": [str(path) for path in request.own_sandbox.hide],
            },
        }
    if not settings:
        return ""
    import json

    return json.dumps(settings, separators=(",", ":"))


class Claude:
    """The adapter of Claude Code."""

    kind = AgentKind.CLAUDE
    takes_messages = True

    def launch(self, request: LaunchRequest) -> Launch:
        """Return the whole command line. Raises UsageError for an empty prompt."""
        if not request.prompt.strip():
            raise UsageError("the prompt is empty", hint='wta spawn NAME "what to do"')
        session = "resume" if request.resumes else "session-id"
        forked = ("--fork-session",) if request.forks else ()
        options = [
            ("resume", request.forks),
            ("resume-session-at", request.forks_at),
            (session, request.session_id),
            ("name", request.task),
            ("model", request.model),
            ("fallback-model", request.fallback_model),
            ("permission-mode", request.permission_mode),
            ("allowedTools", ",".join(request.allow)),
            ("disallowedTools", ",".join(request.deny)),
            ("max-turns", request.max_turns),
            ("max-budget-usd", request.budget_usd),
            ("append-system-prompt-file", request.instructions),
            ("settings", _settings(request)),
        ]
        return Launch(
            argv=(
                request.program or PROGRAM,
                *_BASE,
                *forked,
                *(f"--{name}={value}" for name, value in options if value not in {None, ""}),
            ),
            environment=agent_environment(),
            first_message=request.prompt,
        )

    def files(self, worktree: Path, program: str) -> AgentFiles:  # noqa: ARG002
        """Return its folder, its conversation and its login."""
        from wtagents.agent.claude_files import claude_files

        return claude_files(worktree)

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

    def probe(self, program: str) -> Probe:
        """Ask the program for its version and whether it is logged in; no request leaves."""
        from wtagents.agent.claude_probe import probe_claude

        return probe_claude(program or PROGRAM)
