"""Text of strangers made safe to show: no escape, no control, no hidden or turned character.

Whatever an agent, a repository or a program says passes here before a terminal, a table or a log.
"""

from __future__ import annotations

import re
import unicodedata

from wtagents.core.isolation.credentials import without_credentials

ELLIPSIS = "…"
_SLACK = 4
"""How many characters of input are looked at per character of output."""

# ECMA-48: control sequences, then control strings (OSC, DCS, SOS, PM, APC) with their end, then any
# other two-character escape. A string without an end loses its introducer only: the rest is inert.
_ESCAPES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\r\n]{0,4096}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]?"
)
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that words and emoji need; every other one hides or turns text."""


def printable(text: str, limit: int | None = None) -> str:
    """Return the text as one line without any control or format character.

    White space becomes single spaces; what is longer than `limit` characters ends with an ellipsis,
    and is a summary that may be kept: no credential stays in it.
    """
    seen = text if limit is None else without_credentials(text[: limit * _SLACK + 256])
    line = " ".join(_inert(seen).split())
    if limit is None or (len(line) <= limit and len(text) <= limit * _SLACK + 256):
        return line
    return line[: limit - 1].rstrip() + ELLIPSIS


def printable_lines(text: str) -> list[str]:
    """Return the lines of the text, each without control or format characters; tabs are spaces.

    No credential stays in them.
    """
    lines = without_credentials(text).replace("\r\n", "\n").split("\n")
    return [_inert(line.expandtabs(4)).rstrip() for line in lines]


def visible(text: str) -> str:
    """Return the text with every character that would not show as its escape.

    For what a person decides about: `printable` leaves out what cannot be seen, here it must be.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _inert(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, re.sub(_ESCAPES, "", text)))


def _shown(character: str) -> str:
    if " " <= character <= "~" or character in _JOINERS:
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character
