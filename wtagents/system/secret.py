"""Secrets that wta draws itself."""

from __future__ import annotations

import hmac
import secrets

_BYTES = 24
"""192 bits: nobody guesses one."""


def new_secret() -> str:
    """Return a new one, of letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(_BYTES)


def is_secret(shown: str, secret: str) -> bool:
    """Whether this is the secret; how long the answer takes says nothing about it."""
    return hmac.compare_digest(shown.encode(errors="replace"), secret.encode())
