"""Python across two versions of a file: which functions changed, which ones new lines use.

Only what stands at the top of a module counts, and only what is certain from the text: a function
or class by its name and what it takes, a use by the import that names it. A file that does not
parse has neither.
"""

from __future__ import annotations

import ast
import warnings
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_MOST_SHOWN = 120
"""Characters of a signature that are told."""


@record
class SymbolChange:
    """A function or class that callers of the old version no longer meet."""

    name: str
    was: str
    now: str
    """'' when it is gone."""


@record
class SymbolUse:
    """A place in new lines that names a function or class of a module."""

    module: str
    """Dotted; with a leading slash it is complete from the top of the repository."""
    name: str
    line: int
    is_call: bool
    """False for an import, which minds only that the name is there."""


def symbol_changes(old: str, new: str) -> tuple[SymbolChange, ...]:
    """Return what is gone or takes other arguments; '' stands for a file that is not there."""
    before, after = _definitions(old), _definitions(new)
    if after is None or before is None:
        return ()
    changes = []
    for name, one in before.items():
        other = after.get(name)
        if other is None:
            if name not in _other_names(new):
                changes.append(SymbolChange(name=name, was=_shown(one), now=""))
        elif not _accepts_all(one, other):
            changes.append(SymbolChange(name=name, was=_shown(one), now=_shown(other)))
    return tuple(changes)


def symbol_uses(old: str, new: str, path: str) -> tuple[SymbolUse, ...]:
    """Return what the lines that are new in a file import or call."""
    tree = _parsed(new)
    if tree is None:
        return ()
    lines = _new_lines(old, new)
    names = _Names(tree, path)
    found = [
        use
        for node in ast.walk(tree)
        if getattr(node, "lineno", 0) in lines
        for use in names.uses(node)
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda use: (use.line, use.module, use.name)))


def is_module(module: str, path: str) -> bool:
    """Whether a dotted name can be that of a file."""
    place = path.removesuffix(".py").removesuffix("/__init__").split("/")
    parts = module.removeprefix("/").split(".")
    if module.startswith("/"):
        return place == parts
    return place[-len(parts) :] == parts


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            # A doubtful escape in a string is the author's business.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _definitions(text: str) -> dict[str, _Definition] | None:
    tree = _parsed(text)
    if tree is None:
        return None
    return {node.name: node for node in _top(tree) if isinstance(node, _Definition)}


def _top(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield what stands at the top, also below `if` and `try`."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if isinstance(node, ast.If):
            waiting += [*node.body, *node.orelse]
        elif isinstance(node, ast.Try):
            waiting += [*node.body, *node.orelse, *node.finalbody]
            waiting += [line for handler in node.handlers for line in handler.body]


def _other_names(text: str) -> set[str]:
    """Return names that a module has without defining them as a function or class."""
    tree = _parsed(text)
    if tree is None:
        return set()
    names: set[str] = set()
    for node in _top(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {each.asname or each.name.partition(".")[0] for each in node.names}
        else:
            names |= {
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
    return names


def _arguments(node: _Definition) -> ast.arguments | None:
    """Return what a call takes; None for a class without a constructor of its own."""
    if not isinstance(node, ast.ClassDef):
        return node.args
    for each in node.body:
        if isinstance(each, ast.FunctionDef) and each.name == "__init__":
            return each.args
    return None


def _accepts_all(old: _Definition, new: _Definition) -> bool:
    """Whether every call of the old one is one of the new one."""
    if type(old) is not type(new):
        return False
    before, after = _arguments(old), _arguments(new)
    if before is None or after is None:
        return before is after
    return _keeps_positions(before, after) and _keeps_keywords(before, after)


def _keeps_positions(before: ast.arguments, after: ast.arguments) -> bool:
    old, new = [*before.posonlyargs, *before.args], [*after.posonlyargs, *after.args]
    same = [a.arg for a in old] == [a.arg for a in new[: len(old)]]
    required_before = len(old) - len(before.defaults)
    required_after = len(new) - len(after.defaults)
    keeps_rest = before.vararg is None or (after.vararg is not None and len(new) == len(old))
    keeps_names = len(after.posonlyargs) <= len(before.posonlyargs)
    return same and required_after <= required_before and keeps_rest and keeps_names


def _keeps_keywords(before: ast.arguments, after: ast.arguments) -> bool:
    def optional(arguments: ast.arguments) -> dict[str, bool]:
        pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        return {each.arg: default is not None for each, default in pairs}

    old, new = optional(before), optional(after)
    named = {each.arg for each in after.args}
    kept = all(name in new or name in named for name in old)
    required = {name for name, is_optional in new.items() if not is_optional}
    required_before = {name for name, is_optional in old.items() if not is_optional}
    return (
        kept and required <= required_before and (before.kwarg is None or after.kwarg is not None)
    )


def _shown(node: _Definition) -> str:
    arguments = _arguments(node)
    try:
        text = "" if arguments is None else ast.unparse(arguments)
    except RecursionError:
        text = "…"
    if isinstance(node, ast.ClassDef):
        text = text.partition(", ")[2] if arguments is not None else "…"
    shown = f"{node.name}({text})"
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[: _MOST_SHOWN - 1]}…"


def _new_lines(old: str, new: str) -> set[int]:
    before, after = old.split("\n"), new.split("\n")
    matcher = SequenceMatcher(None, before, after)
    return {
        line + 1
        for tag, _, _, begin, end in matcher.get_opcodes()
        if tag in ("insert", "replace")
        for line in range(begin, end)
    }


class _Names:
    """What the names of one module stand for."""

    def __init__(self, tree: ast.Module, path: str) -> None:
        self._here = f"/{'.'.join(path.removesuffix('.py').removesuffix('/__init__').split('/'))}"
        self._folder = path.split("/")[:-1]
        self._modules: dict[str, str] = {}
        self._symbols: dict[str, tuple[str, str]] = {}
        own = {node.name for node in _top(tree) if isinstance(node, _Definition)}
        self._symbols |= {name: (self._here, name) for name in own}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for each in node.names:
                    self._modules[each.asname or each.name] = each.name
            elif isinstance(node, ast.ImportFrom):
                module = self._module_of(node)
                for each in node.names:
                    self._symbols[each.asname or each.name] = module, each.name

    def uses(self, node: ast.AST) -> Iterator[SymbolUse]:
        """Yield what one node imports or calls."""
        if isinstance(node, ast.ImportFrom):
            module = self._module_of(node)
            for each in node.names:
                yield SymbolUse(module=module, name=each.name, line=node.lineno, is_call=False)
        elif isinstance(node, ast.Call):
            found = self._called(node.func)
            if found is not None:
                yield SymbolUse(module=found[0], name=found[1], line=node.lineno, is_call=True)

    def _called(self, function: ast.expr) -> tuple[str, str] | None:
        if isinstance(function, ast.Name):
            return self._symbols.get(function.id)
        if not isinstance(function, ast.Attribute):
            return None
        owner = _dotted(function.value)
        if owner in self._modules:
            return self._modules[owner], function.attr
        if owner in self._symbols:
            module, name = self._symbols[owner]
            return f"{module}.{name}", function.attr
        return None

    def _module_of(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        folder = self._folder[: len(self._folder) - node.level + 1]
        return "/" + ".".join([*folder, *(node.module or "").split(".")]).rstrip(".")


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
