"""Claims: which task holds which path, and what another one hears that is about to edit it."""

from __future__ import annotations

from enum import StrEnum


class ClaimMode(StrEnum):
    """What an agent hears that is about to edit a path which another task holds."""

    WARN = "warn"
    ASK = "ask"
    DENY = "deny"
