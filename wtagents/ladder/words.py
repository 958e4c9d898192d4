"""What a text is made of: tokens, words, names, versions. Every pattern is linear in the text."""

from __future__ import annotations

import re
from collections import Counter

_TOKEN = re.compile(r"\w+|\n[ \t]*|[^\S\n]+|[^\w\s]")
_WORD = re.compile(r"\w+|[^\w\s]")
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
_SPACE = re.compile(r"\s+")
VERSION = re.compile(r"\d+(?:\.\d+)+(?:[-.+]?[A-Za-z]\w*(?:\.\d+)*)*")
_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_LONG_QUOTE = re.compile(r"`|\"\"\"|'''|r#")
_NUMBER = re.compile(r"\d+")


def tokens(text: str) -> list[str]:
    """Return the text in pieces that are the text again when they are put together."""
    return _TOKEN.findall(text)


def words(text: str) -> Counter[str]:
    """Return how often each word and each sign occurs; white space counts for nothing."""
    return Counter(_WORD.findall(text))


def names(text: str) -> set[str]:
    """Return what may be an identifier."""
    return set(_NAME.findall(text))


def squeezed(text: str) -> str:
    """Return the text without any white space."""
    return _SPACE.sub("", text)


def versions(text: str) -> list[tuple[int, ...]]:
    """Return the dotted versions in their order, each as its numbers."""
    return [version_key(found) for found in VERSION.findall(text)]


def version_key(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, for comparison. A pre-release sorts by its numbers only."""
    return tuple(int(number[:18]) for number in _NUMBER.findall(version))


def without_versions(text: str) -> str:
    """Return the text with a sign in the place of every dotted version."""
    return VERSION.sub("#", text)


def normal_lines(text: str) -> list[str]:
    """Return the lines as they are compared: single spaces, no empty ones."""
    return [line for line in (" ".join(each.split()) for each in text.splitlines()) if line]


def quoted(text: str) -> list[str] | None:
    """Return what stands in quotes, in which white space has a meaning.

    None where quotes may run over several rows: then all of it may be quoted.
    """
    return None if _LONG_QUOTE.search(text) else _QUOTED.findall(text)
