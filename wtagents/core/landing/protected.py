"""Protected paths: files that decide what runs, for people and for agents. Pure.

Patterns read like lines of `.gitignore`: without a slash inside they match at any depth, a slash at
the end means a folder with all that is in it, `*` and `?` stay within one name, `**` crosses names.
Names are compared as the most forgiving file system would: capitals, marks that HFS ignores and
endings that NTFS drops make no difference.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PROTECTED = (
    "CLAUDE.md",
    "CLAUDE.local.md",
    "AGENTS.md",
    ".claude/",
    ".mcp.json",
    ".github/workflows/",
    ".github/actions/",
    ".gitlab-ci.yml",
    ".circleci/",
    ".ci/",
    "Jenkinsfile",
    "azure-pipelines.yml",
    "wta.toml",
    ".worktreeinclude",
    ".gitattributes",
    ".gitmodules",
)
"""What tells agents what to do, what continuous integration runs, what git and wta obey."""


def protecting_pattern(path: str, patterns: Iterable[str]) -> str:
    """Return the first pattern that protects a path of a tree, or ''.

    A file, link or submodule in the place of a folder that a pattern names is protected too.
    """
    names = tuple(_folded(name) for name in path.split("/"))
    for pattern in patterns:
        wanted = _parsed(pattern)
        if wanted and _matches(wanted, names):
            return pattern
    return ""


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> tuple[str, ...]:
    """Return the names of a pattern from the root of the repository, `**` for any number."""
    text = pattern.strip()
    names = [_folded(name) for name in text.strip("/").split("/") if name]
    if not names:
        return ()
    if "/" not in text.strip("/") and not text.startswith("/"):
        names.insert(0, "**")
    if names[-1] != "**":
        names.append("**")
    return tuple(names)


def _matches(pattern: tuple[str, ...], names: tuple[str, ...], *, anchored: bool = True) -> bool:
    """Whether a path is what the pattern names, lies below it, or stands in its way."""
    if not pattern:
        return not names
    if pattern[0] == "**":
        rest = pattern[1:]
        skips = range(len(names) + 1)
        return any(_matches(rest, names[skip:], anchored=False) for skip in skips)
    if not names:
        return anchored
    if _name_form(pattern[0]).fullmatch(names[0]) is None:
        return False
    return _matches(pattern[1:], names[1:], anchored=anchored)


@lru_cache(maxsize=1024)
def _name_form(name: str) -> re.Pattern[str]:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in name)
    return re.compile("".join(parts), re.DOTALL)


def _folded(name: str) -> str:
    """Return a name as the most forgiving file system sees it."""
    # Every command reads the settings, and with them this file; few look at a path.
    import unicodedata

    if name in ("*", "**"):
        return name
    seen = "".join(
        character
        for character in unicodedata.normalize("NFKC", name)
        if unicodedata.category(character) != "Cf"
    )
    stream = seen.partition(":")[0]
    return (stream.rstrip(" .") or seen).casefold()
