"""A hint names the next command: it must exist, and so must each option it is given."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import click

from tests.house.source import Violation, load_modules, plant, require_none
from tests.support.environment import PROJECT
from wtagents.cli.registry import ALIASES, root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTEXT = click.Context(root)
SAID = re.compile(r"\bwta ((?:-C \S+ )?)([a-z][a-z-]*)([^;,|&)\n]*)")
"""One command in a text: what stands up to the next separator belongs to it."""
ALL_HINTS = ("wtagents/core/tending/remedy.py", "wtagents/operations/landing/words.py")
"""Modules whose every text is a next command."""
PROSE = {"is", "runs", "does", "takes", "looks", "process"}
"""Words behind `wta` in sentences about it."""


def texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every text below a node; what an f-string fills in is X."""
    inside: set[int] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(each)} - {id(each)}
            parts = [
                str(part.value) if isinstance(part, ast.Constant) else "X" for part in each.values
            ]
            yield each.lineno, "".join(parts)
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Constant)
            and isinstance(each.value, str)
            and id(each) not in inside
        ):
            yield each.lineno, each.value


def find_wrong_hints(root_folder: Path) -> list[Violation]:
    found = []
    for module in load_modules(root_folder, "wtagents"):
        hints = [module.tree] if module.is_in(*ALL_HINTS) else list(hint_arguments(module.tree))
        found += [
            module.violation(line, what, "name a command and options that exist")
            for hint in hints
            for line, text in texts(hint)
            for what in faults(text)
        ]
    return found


def hint_arguments(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in {"hint", "remedy", "examples"}:
            yield node.value


def faults(text: str) -> Iterator[str]:
    for match in SAID.finditer(text):
        name, rest = match[2], match[3]
        if name in PROSE:
            continue
        command = root.get_command(CONTEXT, ALIASES.get(name, name))
        if command is None:
            yield f"wta {name} in {text!r}"
            continue
        known = {option for param in command.params for option in param.opts + param.secondary_opts}
        mine = rest.partition(" -- ")[0]
        for option in re.findall(r"(?<=\s)--?[a-zA-Z][a-z-]*", mine):
            if option not in known | {"--help", "-h"}:
                yield f"wta {name} {option} in {text!r}"


def test_hints_name_what_exists() -> None:
    require_none(find_wrong_hints(PROJECT))


def test_wrong_hints_are_caught(tmp_path: Path) -> None:
    planted = plant(
        tmp_path,
        {
            "wtagents/a.py": (
                "E('x', hint='wta statsu; then: wta retry NAME')\n"
                "E('x', hint=f'wta status {n} --al, or wta -C PATH ls')\n"
                "E('x', hint='wta spawn a x -- prog --flag; wta does it')\n"
            )
        },
    )
    assert [each.what for each in find_wrong_hints(planted)] == [
        "wta statsu in 'wta statsu; then: wta retry NAME'",
        "wta status --al in 'wta status X --al, or wta -C PATH ls'",
    ]
