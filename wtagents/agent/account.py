"""Which account an agent works on, as far as its environment tells: limits are shared by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.task import AgentKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICE = "api.anthropic.com"


def account_of(kind: AgentKind, environment: Mapping[str, str]) -> str:
    """Return a name for the account; never a secret, and '' where the program has none of ours.

    Claude Code keeps its login in its configuration folder; a key or another service in the
    environment goes before it.
    """
    if kind is AgentKind.COMMAND:
        return ""
    if kind is AgentKind.SCRIPTED:
        return str(kind)
    folder = environment.get("CLAUDE_CONFIG_DIR") or str(Path.home() / ".claude")
    service = _host(environment.get("ANTHROPIC_BASE_URL", "")) or _SERVICE
    login = "key" if environment.get("ANTHROPIC_API_KEY") else folder
    return f"{kind} {service} {login}"


def _host(address: str) -> str | None:
    if not address:
        return None
    # Loaded only for those who have another service: every command asks for its account.
    from urllib.parse import urlsplit

    return urlsplit(address).hostname
