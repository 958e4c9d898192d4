"""Text that comes in pieces, given on without credentials. Pure."""

from __future__ import annotations

import re
from functools import cache

from wtagents.core.isolation.credentials import KEY_ALPHABET, RULES, without_credentials

LONGEST_KEY = 20_000
"""Characters that a private key may have; what begins like one and is longer is none."""


class Redactor:
    """Gives on what it is told as soon as no credential can go on in what follows.

    A piece ends with a line, and so does every credential but a private key: what begins one is
    held back until its end is there, or something that cannot be in one.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Take the next lines; return what may be kept."""
        text = self._held + text
        begin = _begun_key(text)
        self._held = text[begin:]
        return without_credentials(text[:begin])

    def rest(self) -> str:
        """Return what was held back: nothing more will come."""
        text, self._held = self._held, ""
        return without_credentials(text)


def _begun_key(text: str) -> int:
    """Return where a private key begins whose end may still come, else the length of the text."""
    if "PRIVATE KEY" not in text:
        return len(text)
    *_, begin = (-1, *(each.start() for each in _key("BEGIN").finditer(text)))
    body = text[begin:] if begin >= 0 else ""
    is_open = (
        body
        and len(body) <= LONGEST_KEY
        and _body().fullmatch(body) is not None
        and _key("END").search(body) is None
    )
    return begin if is_open else len(text)


@cache
def _key(word: str) -> re.Pattern[str]:
    return re.compile(RULES["private key"].replace("BEGIN", word))


@cache
def _body() -> re.Pattern[str]:
    return re.compile(f"{KEY_ALPHABET}*")
