"""Imports point down the floors; what a program loads when it starts stays small."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.house.source import plant
from tests.support.environment import PROJECT
from tests.support.processes import run_to_end

HEADLESS_FLOORS = (
    "core",
    "system",
    "git",
    "agent",
    "store",
    "ladder",
    "runner",
    "operations",
    "supervisor",
    "demo",
)
SCREENS = {"textual", "rich", "click"}
HEAVY = {"textual", "rich", "git", "psutil", "filelock", "sqlite3", "asyncio"}
"""What neither `wta --help` nor the start of a runner may pay for."""


def lint_imports(root: Path) -> tuple[int, dict[str, str]]:
    """Run import-linter on a tree; return its exit status and each contract with its verdict."""
    program = Path(sys.executable).with_name("lint-imports")
    done = run_to_end([str(program), "--no-cache", "--no-logo"], cwd=root)
    lines = done.stdout.decode().splitlines()
    verdicts = [re.fullmatch(r"(.*) (KEPT|BROKEN)(?: .*)?", line) for line in lines]
    return done.returncode, {match[1]: match[2] for match in verdicts if match}


def modules_below(root: Path, package: str) -> list[str]:
    """Name every module of a package, by its files."""
    files = sorted((root / package.replace(".", "/")).rglob("*.py"))
    dotted = (file.relative_to(root).with_suffix("").as_posix().replace("/", ".") for file in files)
    return [name.removesuffix(".__init__") for name in dotted]


def loaded_by(root: Path, modules: list[str]) -> set[str]:
    """Import the modules in a new interpreter; return the packages that were loaded with them."""
    program = (
        "import importlib, json, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "for name in sys.argv[2:]: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = run_to_end([sys.executable, "-I", "-c", program, str(root), *modules])
    assert done.returncode == 0, done.stderr.decode()
    return set(json.loads(done.stdout))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the house to plant violations in."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "wtagents", tmp_path / "wtagents", ignore=ignored)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_down(copy: Path) -> None:
    status, verdicts = lint_imports(copy)
    assert (status, set(verdicts.values())) == (0, {"KEPT"})


def test_imports_that_leave_the_house_are_caught(copy: Path) -> None:
    _, before = lint_imports(copy)
    plant(
        copy,
        {
            "wtagents/core/planted.py": "import wtagents.system.clock\n",
            "wtagents/git/planted.py": "def f():\n    import wtagents.store\n    import sqlite3\n",
            "wtagents/operations/planted.py": (
                "import subprocess, psutil, filelock, git, click, tree_sitter, aiohttp\n"
            ),
            "wtagents/ladder/planted.py": "import wtagents.system.clock\n",
        },
    )
    status, verdicts = lint_imports(copy)
    assert status == 1
    assert verdicts == dict.fromkeys(before, "BROKEN")


def test_a_room_without_a_floor_is_caught(copy: Path) -> None:
    plant(copy, {"wtagents/attic/__init__.py": ""})
    status, verdicts = lint_imports(copy)
    assert status == 1
    assert [name for name in verdicts if verdicts[name] == "BROKEN"] == [
        "Imports point down the floors"
    ]


@pytest.mark.parametrize("floor", HEADLESS_FLOORS)
def test_no_screen_library_is_loaded_below_the_command_line(floor: str) -> None:
    modules = modules_below(PROJECT, f"wtagents.{floor}")
    assert f"wtagents.{floor}" in modules
    assert loaded_by(PROJECT, modules) & SCREENS == set()


def test_the_command_line_starts_light() -> None:
    light = {"wtagents.cli", "wtagents.cli.main", "wtagents.cli.registry", "wtagents.__main__"}
    modules = [name for name in modules_below(PROJECT, "wtagents") if name in light]
    assert loaded_by(PROJECT, modules) & HEAVY == set()


def test_a_runner_starts_light() -> None:
    modules = modules_below(PROJECT, "wtagents.runner")
    assert loaded_by(PROJECT, modules) & (HEAVY | {"click"}) == set()


def test_what_is_loaded_on_the_way_is_seen(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "planted/__init__.py": "",
            "planted/a.py": "from planted.inner import b\n",
            "planted/inner/__init__.py": "",
            "planted/inner/b.py": "import click\n",
        },
    )
    assert modules_below(root, "planted") == [
        "planted",
        "planted.a",
        "planted.inner",
        "planted.inner.b",
    ]
    assert loaded_by(root, ["planted.a"]) & SCREENS == {"click"}
