"""What an agent may do without asking, in the words of Claude Code."""

from __future__ import annotations

from enum import StrEnum


class PermissionMode(StrEnum):
    """A value of `claude --permission-mode` (2.1.329 and its predecessors)."""

    ACCEPT_EDITS = "acceptEdits"
    AUTO = "auto"
    BYPASS_PERMISSIONS = "bypassPermissions"
    DEFAULT = "default"
    DONT_ASK = "dontAsk"
    MANUAL = "manual"
    PLAN = "plan"
