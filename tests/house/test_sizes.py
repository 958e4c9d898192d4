"""Small rooms: no file above 400 lines, no function above 60, nine of ten functions at most 30."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.house.source import Module, Violation, load_modules, plant, require_none
from tests.support.environment import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60
USUAL_LINES = 30
"""Nine of ten functions of the house are no longer than this."""


def find_large_rooms(root: Path) -> list[Violation]:
    found = []
    for module in load_modules(root, "wtagents", "tests", "scripts"):
        lines = len(module.text.splitlines())
        if lines > FILE_LINES:
            instead = f"split it by topic, the limit is {FILE_LINES}"
            found.append(module.violation(1, f"the file has {lines} lines", instead))
        for function, length in functions(module):
            if length > FUNCTION_LINES:
                what = f"{function.name} has {length} lines"
                instead = f"name its steps and make them functions, the limit is {FUNCTION_LINES}"
                found.append(module.violation(function, what, instead))
    return found


def find_long_habit(root: Path) -> list[Violation]:
    """Judge the house as a whole: the ninetieth percentile of its functions."""
    sized = sorted(
        (length, f"{module.path}:{function.lineno}")
        for module in load_modules(root, "wtagents")
        for function, length in functions(module)
    )
    if not sized:
        return []
    length, place = sized[(len(sized) * 9) // 10]
    if length <= USUAL_LINES:
        return []
    what = f"one function of ten has {length} lines or more"
    return [Violation(place=place, what=what, instead=f"shorten until it is {USUAL_LINES}")]


def functions(
    module: Module,
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1


def function_of(lines: int, name: str = "f") -> str:
    return f"def {name}():\n" + "    x = 1\n" * (lines - 1)


def test_rooms_are_small() -> None:
    require_none([*find_large_rooms(PROJECT), *find_long_habit(PROJECT)])


def test_large_files_and_functions_are_caught(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "wtagents/a.py": "x = 1\n" * 401,
            "wtagents/b.py": "x = 1\n" * 400,
            "tests/c.py": "\n" + function_of(61),
            "scripts/d.py": function_of(60),
        },
    )
    assert [str(each) for each in find_large_rooms(root)] == [
        "tests/c.py:2: f has 61 lines; name its steps and make them functions, the limit is 60",
        "wtagents/a.py:1: the file has 401 lines; split it by topic, the limit is 400",
    ]


def test_a_habit_of_long_functions_is_caught(tmp_path: Path) -> None:
    short = "".join(function_of(2, f"short_{number}") for number in range(8))
    root = plant(tmp_path, {"wtagents/a.py": short + function_of(31) + function_of(31)})
    assert [str(each) for each in find_long_habit(root)] == [
        "wtagents/a.py:48: one function of ten has 31 lines or more; shorten until it is 30"
    ]
    plant(tmp_path, {"wtagents/a.py": short + function_of(30) + function_of(30)})
    assert find_long_habit(root) == []
