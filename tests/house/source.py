"""Source as data for the house rules: modules, where their names come from, violations."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One place where the house is left, and the way back in."""

    place: str
    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}; {self.instead}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One Python file."""

    path: str
    """Relative to the tree, with slashes: wtagents/core/ids.py."""
    text: str
    tree: ast.Module
    nodes: tuple[ast.AST, ...]
    """All of the tree, from the top down."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Local names of imported things, with where they come from: sleep -> time.sleep."""

    def violation(self, node: ast.AST | int, what: str, instead: str) -> Violation:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Violation(place=f"{self.path}:{line}", what=what, instead=instead)

    def is_in(self, *places: str) -> bool:
        """Tell whether the file is one of these or lies below one that ends with a slash."""
        return any(
            self.path.startswith(place) if place.endswith("/") else self.path == place
            for place in places
        )

    def origin(self, node: ast.expr) -> str | None:
        """Return the full name behind an expression of names and dots: t.sleep -> time.sleep."""
        if isinstance(node, ast.Name):
            return self.origins.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            owner = self.origin(node.value)
            return None if owner is None else f"{owner}.{node.attr}"
        return None


def load_modules(root: Path, *folders: str) -> list[Module]:
    """Parse every Python file below the folders of a tree."""
    files = sorted(path for folder in folders for path in (root / folder).rglob("*.py"))
    return [load_module(root, file) for file in files]


def load_module(root: Path, file: Path) -> Module:
    return parsed(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))


@functools.cache
def parsed(path: str, text: str) -> Module:
    """Parse a text; a dozen rules look at each file of the house."""
    tree = ast.parse(text, path)
    nodes = tuple(ast.walk(tree))
    return Module(path=path, text=text, tree=tree, nodes=nodes, origins=dict(imported(nodes)))


def imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                top = name.name.partition(".")[0]
                yield (name.asname, name.name) if name.asname else (top, top)
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield name.asname or name.name, f"{node.module}.{name.name}"


def is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement is nothing but a text."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def require_none(violations: Iterable[Violation]) -> None:
    """Raise AssertionError with one line for each violation."""
    lines = [str(violation) for violation in violations]
    if lines:
        raise AssertionError("\n".join(["the house rules are broken:", *lines]))


def plant(root: Path, files: Mapping[str, str]) -> Path:
    """Write a small tree that breaks a rule and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
