"""What a file declares, so that no answer to a conflict loses a test or hides one.

Lines alone do not tell: the same line may stand in a string, in a comment, in another function, or
above a second declaration of its name. In Python only what certainly runs counts: what stands at
the top of the file or of a class; in other languages, what their syntax trees name.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from typing import TYPE_CHECKING

from wtagents.core.landing.resolution import Fault, FaultKind
from wtagents.core.text import printable
from wtagents.ladder.structural.names import BETWEEN, declared_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.landing.resolution import ConflictText

_PYTHON = (".py", ".pyi")
_SHOWN = 80


def lost_declarations(conflict: ConflictText, text: str) -> tuple[Fault, ...]:
    """Return what either side added and the text does not declare, or declares over each other.

    Nothing when one of the texts cannot be read.
    """
    texts = (conflict.base or "", conflict.target, conflict.branch, text)
    read = [_declared(conflict.path, each) for each in texts]
    if any(each is None for each in read):
        return ()
    base, target, branch, result = (Counter(each) for each in read)
    moved = {_last(name) for name in result - target - branch}
    faults = [
        _fault(conflict, f"{_shown(name)} that {who} added is not declared in it")
        for added, who in ((target - base, "the target"), (branch - base, "the branch"))
        for name in added
        if not result[name] and _last(name) not in moved
    ]
    if conflict.path.endswith(_PYTHON):
        faults += [
            _fault(conflict, f"{_shown(name)} is declared twice: only the last one would run")
            for name, times in result.items()
            if times > max(base[name], target[name], branch[name], 1)
        ]
    return tuple(faults)


def _fault(conflict: ConflictText, detail: str) -> Fault:
    return Fault(path=conflict.path, kind=FaultKind.UNDECLARED, detail=detail)


def _last(name: str) -> str:
    return name.rpartition(BETWEEN)[2]


def _shown(name: str) -> str:
    return repr(printable(name.replace(BETWEEN, "."), _SHOWN))


def _declared(path: str, text: str) -> list[str] | None:
    """Return the names in their order, each behind those that it stands in."""
    if not path.endswith(_PYTHON):
        return declared_names(path, text)
    try:
        with warnings.catch_warnings():
            # A doubtful escape in a string is the author's business.
            warnings.simplefilter("ignore")
            return list(_of_python(ast.parse(text).body, ""))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _of_python(body: list[ast.stmt], before: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield before + node.name
        if isinstance(node, ast.ClassDef):
            yield from _of_python(node.body, f"{before}{node.name}{BETWEEN}")
