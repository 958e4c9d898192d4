"""From a text to its syntax tree; tree-sitter and the grammars are loaded when first needed."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

    from wtagents.ladder.structural.language import Language

BYTE_LIMIT = 200_000
COMMENT_LIMIT = 2_000
"""Rows of comment in a row: the scanner of the Python grammar reads all of them at each."""
INDENT_LIMIT = 150
"""Columns of white space and list marks that may begin a row."""
DEPTH_LIMIT = 150
"""Levels of brackets."""

_LEADING = re.compile(rb"^(?:[ \t]|[-?](?=[ \t]))+", re.MULTILINE)
_BRACKETS = re.compile(rb"[\[\](){}]")
_TABLES = {
    "py": "python",
    "pyi": "python",
    "js": "javascript",
    "cjs": "javascript",
    "mjs": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "tsx": "tsx",
    "go": "go",
    "rs": "rust",
    "java": "java",
    "c": "c",
    "h": "c",
    "json": "json",
    "yaml": "yaml",
    "yml": "yaml",
    "toml": "toml",
}
_ROOM = "wtagents.ladder.structural.languages"


def language_of(path: str) -> Language | None:
    """Return the table of a file's language; None without a table or a grammar that loads."""
    table = _TABLES.get(path.rpartition(".")[2].lower()) if "." in path else None
    if table is None:
        return None
    language = _load_table(table)
    return None if grammar_fault(language) else language


def languages() -> tuple[Language, ...]:
    """Return every language that has a table."""
    return tuple(_load_table(table) for table in dict.fromkeys(_TABLES.values()))


def grammar_fault(language: Language) -> str:
    """Return why the grammar of a language does not load; '' when it does."""
    try:
        _parser(language.package, language.function)
    except ImportError as error:
        return f"{error.name or language.package} is not installed"
    except (AttributeError, ValueError, OSError) as error:
        return f"{language.package}: {error}"
    return ""


def _load_table(name: str) -> Language:
    language: Language = import_module(f"{_ROOM}.{name}").LANGUAGE
    return language


def parse(language: Language, data: bytes) -> Node | None:
    """Return the root of a text without errors; None for any other text."""
    if not _is_plain(data) or _has_comments_in_bulk(language, data):
        return None
    root = _parser(language.package, language.function).parse(data).root_node
    return None if root.has_error or root.type not in language.roots else root


@cache
def _parser(package: str, function: str) -> Parser:
    from tree_sitter import Language as Grammar
    from tree_sitter import Parser

    return Parser(Grammar(getattr(import_module(package), function)()))


def _is_plain(data: bytes) -> bool:
    """Whether a text is as large and as deep as people write them; asked before it is parsed.

    The scanner of the YAML grammar writes past its memory at 254 levels of indentation.
    """
    if len(data) > BYTE_LIMIT:
        return False
    if any(len(run) > INDENT_LIMIT for run in _LEADING.findall(data)):
        return False
    depth = deepest = 0
    for bracket in _BRACKETS.findall(data):
        depth += 1 if bracket in b"([{" else -1
        deepest = max(deepest, depth)
    return deepest <= DEPTH_LIMIT


def _has_comments_in_bulk(language: Language, data: bytes) -> bool:
    if not language.comment:
        return False
    mark, run = language.comment.encode(), 0
    for row in data.splitlines():
        run = run + 1 if row.lstrip()[:1] in (b"", mark) else 0
        if run > COMMENT_LIMIT:
            return True
    return False
