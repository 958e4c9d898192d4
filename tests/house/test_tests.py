"""Rules for the tests themselves: nothing is patched, nothing sleeps, the seal stays whole."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.house.source import Module, Violation, load_modules, plant, require_none
from tests.support.environment import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATCHING = "pass a real collaborator: a clock, a program, a repository (tests/support)"
WAITING = "wait for the state of the world with tests.support.waiting.wait_until"
SEALING = "use sandbox.set_variable or sandbox.enter"


def find_patches_and_sleeps(root: Path) -> list[Violation]:
    found = []
    for module in load_modules(root, "tests"):
        found += [*patches(module), *sleeps(module)]
    return found


def patches(module: Module) -> Iterator[Violation]:
    for node in module.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom) and is_mock(node):
            yield module.violation(node, "unittest.mock", PATCHING)
        elif isinstance(node, ast.arg) and node.arg == "mocker":
            yield module.violation(node, "the fixture mocker", PATCHING)
        elif isinstance(node, ast.Attribute) and node.attr in {"setattr", "delattr", "setitem"}:
            yield module.violation(node, f"patching by .{node.attr}", PATCHING)
        elif isinstance(node, ast.arg) and node.arg == "monkeypatch" and not is_support(module):
            yield module.violation(node, "the fixture monkeypatch", SEALING)


def is_support(module: Module) -> bool:
    return module.is_in("tests/support/", "tests/conftest.py")


def is_mock(node: ast.Import | ast.ImportFrom) -> bool:
    names = {name.name for name in node.names}
    if isinstance(node, ast.Import):
        return bool(names & {"unittest.mock", "mock"})
    return node.module in {"unittest.mock", "mock"} or (
        node.module == "unittest" and "mock" in names
    )


def sleeps(module: Module) -> Iterator[Violation]:
    for node in module.nodes:
        if isinstance(node, ast.Call):
            name = module.origin(node.func)
            if name == "time.sleep" or (name == "asyncio.sleep" and not is_yield(node)):
                yield module.violation(node, str(name), WAITING)


def is_yield(call: ast.Call) -> bool:
    """Tell whether asyncio.sleep(0) only lets others run."""
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def test_nothing_is_patched_and_nothing_sleeps() -> None:
    require_none(find_patches_and_sleeps(PROJECT))


def test_patches_and_sleeps_are_caught(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "tests/test_a.py": (
                "from unittest import mock\n"
                "import unittest.mock as m\n"
                "from unittest.mock import patch\n"
                "def test_a(mocker): ...\n"
                "def test_b(monkeypatch):\n"
                "    monkeypatch.setattr(x, 'y', 1)\n"
                "from time import sleep as nap\n"
                "nap(1)\n"
                "import asyncio\n"
                "asyncio.sleep(0)\n"
                "asyncio.sleep(0.1)\n"
            ),
            "tests/support/b.py": "def f(monkeypatch):\n    monkeypatch.setenv('A', 'b')\n",
        },
    )
    found = sorted(find_patches_and_sleeps(root), key=lambda each: int(each.place.split(":")[1]))
    assert [f"{each.place} {each.what}" for each in found] == [
        "tests/test_a.py:1 unittest.mock",
        "tests/test_a.py:2 unittest.mock",
        "tests/test_a.py:3 unittest.mock",
        "tests/test_a.py:4 the fixture mocker",
        "tests/test_a.py:5 the fixture monkeypatch",
        "tests/test_a.py:6 patching by .setattr",
        "tests/test_a.py:8 time.sleep",
        "tests/test_a.py:11 asyncio.sleep",
    ]
