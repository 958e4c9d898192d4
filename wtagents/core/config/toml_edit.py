"""One more entry in a list of a person's TOML file: comments, order and spaces stay.

The standard library has no writer. The text is edited and read again: nothing else may differ.
"""

from __future__ import annotations

import re
import tomllib

from wtagents.core.config.toml_lines import line_of

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|' + r"'[^']*'|#[^\n]*|[\]\[,]", re.DOTALL)
"""A string, a comment, a bracket or a comma."""


def with_entry(content: bytes, section: str, key: str, entries: tuple[str, ...]) -> bytes | None:
    """Return the file with the last of `entries` added to a list, which has the others already.

    A list that is not there yet is written whole. None where the text is written in a way that
    cannot be edited safely.
    """
    text = content.decode()
    found = line_of(content, f"{section}.{key}")
    header = line_of(content, section)
    if found is not None:
        changed = _into_list(text, found, _literal(entries[-1]))
    elif header is not None:
        lines = text.splitlines(keepends=True)
        changed = "".join((*lines[:header], _whole(key, entries), *lines[header:]))
    else:
        above = f"{text.rstrip()}\n\n" if text.strip() else ""
        changed = f"{above}[{section}]\n{_whole(key, entries)}"
    return changed.encode() if _differs_only_in(text, changed, section, key, entries) else None


def _whole(key: str, entries: tuple[str, ...]) -> str:
    lines = (f"  {_literal(each)},\n" for each in entries)
    return f"{key} = [\n{''.join(lines)}]\n"


def _literal(entry: str) -> str:
    escaped = entry.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _into_list(text: str, line: int, literal: str) -> str:
    """Put an entry before the bracket that ends the list that begins on a line."""
    start = sum(len(each) for each in text.splitlines(keepends=True)[: line - 1])
    last, depth, end = "", 0, start
    for token in _TOKEN.finditer(text, text.index("=", start)):
        depth += (token[0] == "[") - (token[0] == "]")
        if depth == 0:
            more = _entry(last, literal, text[end : token.start()])
            return f"{text[:end]}{more}{text[token.start() :]}"
        if not token[0].startswith("#"):
            last = token[0]
        end = token.end()
    return text


def _entry(last: str, literal: str, space: str) -> str:
    """Return what stands between the end of the last token and the bracket."""
    comma = "" if last in ("[", ",") else ","
    if "\n" in space:
        return f"{comma}\n  {literal},\n"
    return f"{comma}{'' if last == '[' else ' '}{literal}"


def _differs_only_in(
    before: str, after: str, section: str, key: str, entries: tuple[str, ...]
) -> bool:
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        return False
    table = old.get(section, {})
    return isinstance(table, dict) and new == old | {section: table | {key: list(entries)}}
