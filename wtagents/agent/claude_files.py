"""What Claude Code keeps outside its worktree, and what of that could reach others.

Its folder holds transcripts of every project, settings with hooks that run in every later session,
agents, commands and skills. An agent needs its own transcript, the login and scratch files.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from wtagents.agent.port import AgentFiles
from wtagents.core.isolation.network import entry_text, parse_host

_GUARDED = (
    "settings.json",
    "settings.local.json",
    "CLAUDE.md",
    "agents",
    "commands",
    "daemon",
    "hooks",
    "jobs",
    "keybindings.json",
    "output-styles",
    "plugins",
    "rules",
    "skills",
    "workflows",
)
"""What is obeyed by later sessions, also by a person's own."""
_EMPTY = {"settings.json": b"{}\n", "settings.local.json": b"{}\n", "CLAUDE.md": b""}
_PRIVATE = ("sessions",)
"""Named after process ids, which count from 1 in every namespace."""
_OF_PROVIDERS = {
    "CLAUDE_CODE_USE_BEDROCK": ("~/.aws",),
    "CLAUDE_CODE_USE_VERTEX": ("~/.config/gcloud",),
    "CLAUDE_CODE_USE_FOUNDRY": ("~/.azure",),
}
"""Where the credentials of the service are that serves the model."""


_SERVICE = ("api.anthropic.com", "platform.claude.com")


def claude_files(worktree: Path) -> AgentFiles:
    """Return what a run of Claude Code in a worktree needs."""
    named = os.environ.get("CLAUDE_CONFIG_DIR", "")
    home = Path(named) if named else Path.home() / ".claude"
    state = home / ".claude.json" if named else Path.home() / ".claude.json"
    chosen = {**_configured(home / "settings.json"), **os.environ}
    used = [
        paths for name, paths in _OF_PROVIDERS.items() if chosen.get(name) not in {None, "", "0"}
    ]
    return AgentFiles(
        home=home,
        conversations=home / "projects",
        conversation=home / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(worktree)),
        write=(Path.home() / ".local" / "state" / "claude",),
        guard=tuple(home / name for name in _GUARDED),
        empty=tuple((home / name, content) for name, content in _EMPTY.items()),
        private=tuple(home / name for name in _PRIVATE),
        copy=(state,),
        credentials=tuple(Path(path).expanduser() for paths in used for path in paths),
        service=_service(chosen.get("ANTHROPIC_BASE_URL", "")),
    )


def _service(address: str) -> tuple[str, ...]:
    """Return the hosts of the model and of the login, or of what a person put in their place."""
    if not address:
        return _SERVICE
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(address)
        host = entry_text(parts.hostname or "", parts.port or 443)
        parse_host(host)
    except ValueError:
        return ()
    return (host,)


def _configured(settings: Path) -> dict[str, str]:
    """Return the variables that a person's settings give to every session."""
    try:
        found = json.loads(settings.read_bytes())["env"]
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
