"""Where a setting stands in its TOML file: the reader of the standard library does not say."""

from __future__ import annotations

import re

_HEADER = r"\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?"
_ENTRY = r"\s*([\w.\"' -]+?)\s*=.*"


def line_of(content: bytes, name: str) -> int | None:
    """Return the line, from 1, of a section or of a `section.key`; None where it is not found."""
    section = ""
    for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
        if header := re.fullmatch(_HEADER, line):
            section = _plain(header[1])
            if section == name:
                return number
        elif entry := re.fullmatch(_ENTRY, line):
            whole = ".".join(part for part in (section, _plain(entry[1])) if part)
            if whole == name or whole.startswith(f"{name}."):
                return number
    return None


def _plain(key: str) -> str:
    """Return a key without quotes, and without blanks around its dots."""
    return ".".join(part.strip(" \t\"'") for part in key.split("."))
