"""Whether a text still parses, for the languages that Python itself can parse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_DOTS = 200
"""Dots in a line of TOML; nobody writes a key with more."""


def syntax_fault(path: str, text: str) -> str:
    """Return why the text does not parse, in one line; '' when it does or nobody here can tell."""
    parse = _PARSERS.get(path.rpartition(".")[2].lower()) if "." in path else None
    if parse is None:
        return ""
    try:
        parse(text)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__
    return ""


def _parse_python(text: str) -> None:
    import ast
    import warnings

    with warnings.catch_warnings():
        # A doubtful escape in a string is the author's business.
        warnings.simplefilter("ignore")
        ast.parse(text)


def _parse_json(text: str) -> None:
    import json

    json.loads(text)


def _parse_toml(text: str) -> None:
    import tomllib

    # The parser takes time in proportion to the square of the parts of a key.
    if not any(line.count(".") > _DOTS for line in text.split("\n")):
        tomllib.loads(text)


_PARSERS: dict[str, Callable[[str], None]] = {
    "py": _parse_python,
    "pyi": _parse_python,
    "json": _parse_json,
    "toml": _parse_toml,
}
