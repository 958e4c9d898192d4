"""What an agent may do without asking, in the words of Claude Code."""

from __future__ import annotations

import re
from enum import StrEnum

from wtagents.core.errors import UsageError


class PermissionMode(StrEnum):
    """A value of `claude --permission-mode` (2.1.329 and its predecessors)."""

    ACCEPT_EDITS = "acceptEdits"
    AUTO = "auto"
    BYPASS_PERMISSIONS = "bypassPermissions"
    DEFAULT = "default"
    DONT_ASK = "dontAsk"
    MANUAL = "manual"
    PLAN = "plan"


_RULE = re.compile(r"[A-Za-z][\w.-]*(?:\(.+\))?")
_NOT_LITERAL = re.compile(r"[*(),\\\x00-\x1f\x7f]")
_WORDS = 2
"""How many words of a command stand before the wildcard of a wider rule."""


def rule_of(tool: str, command: str) -> str:
    """Return the narrowest rule that lets a tool be used like that.

    What would have a meaning of its own in a rule gives way to a wildcard behind the first words.
    """
    if tool != "Bash" or not command.strip():
        return tool
    if not _NOT_LITERAL.search(command):
        return f"{tool}({command})"
    plain = _NOT_LITERAL.split(command)[0].split()[:_WORDS]
    return f"{tool}({' '.join(plain)} *)" if plain else tool


def parse_rule(text: str) -> str:
    """Return a rule. Raises UsageError for what is none; rules are told apart by commas."""
    rule = text.strip()
    if not _RULE.fullmatch(rule) or "," in rule or not rule.isprintable():
        raise UsageError(f"{text!r} is no rule", hint="write Tool or Tool(what), without a comma")
    return rule
