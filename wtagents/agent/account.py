"""Which account an agent works on, as far as its environment tells: limits are shared by it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.task import AgentKind
from wtagents.system.digest import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVICE = "api.anthropic.com"
_SECRETS = (
    ("token", "ANTHROPIC_AUTH_TOKEN"),
    ("key", "ANTHROPIC_API_KEY"),
    ("subscription", "CLAUDE_CODE_OAUTH_TOKEN"),
)
"""In the order in which Claude Code takes them."""


def account_of(kind: AgentKind, environment: Mapping[str, str]) -> str:
    """Return a name for the account; never a secret, and '' where the program has none of ours.

    Claude Code keeps its login in its configuration folder; a key, a token or another service in
    the environment goes before it.
    """
    if kind is AgentKind.COMMAND:
        return ""
    if kind is AgentKind.SCRIPTED:
        return str(kind)
    folder = environment.get("CLAUDE_CONFIG_DIR") or str(Path.home() / ".claude")
    service = _host(environment.get("ANTHROPIC_BASE_URL", "")) or _SERVICE
    return f"{kind} {service} {_secret(environment) or folder}"


def _secret(environment: Mapping[str, str]) -> str:
    """Tell one secret of the environment from another by a few digits of its digest, or ''."""
    for kind, name in _SECRETS:
        if environment.get(name):
            return f"{kind} {digest(environment[name].encode(), size=4)}"
    return ""


def _host(address: str) -> str | None:
    if not address:
        return None
    # Loaded only for those who have another service: every command asks for its account.
    from urllib.parse import urlsplit

    return urlsplit(address).hostname
