"""Forms of the code: packages, records, printing, notes to ourselves."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.house.source import (
    Module,
    Violation,
    is_docstring,
    load_modules,
    plant,
    require_none,
)
from tests.support.environment import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PRINTERS = (
    "wtagents/cli/render.py",
    "wtagents/agent/scripted.py",  # a program: its stdout is its protocol
    "wtagents/agent/scripted/",
    "wtagents/ladder/__main__.py",
)
PRINTING = {
    "print",
    "click.echo",
    "click.secho",
    "click.echo_via_pager",
    "rich.print",
    "sys.stdout.write",
    "sys.stderr.write",
    "sys.stdout.buffer.write",
}
NOTE = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\):)")
NOTED_FILES = ("*.py", "*.sql", "*.tcss", "*.md")


def find_re_exports(root: Path) -> list[Violation]:
    found = []
    for module in load_modules(root, "wtagents", "tests"):
        if not module.path.endswith("/__init__.py"):
            continue
        for node in module.tree.body:
            if not (is_docstring(node) or is_future_import(node) or is_version(node)):
                instead = "leave it empty but for a docstring; importers name the module itself"
                found.append(module.violation(node, "code in a package's __init__", instead))
    return found


def is_future_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def is_version(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"


def find_loose_records(root: Path) -> list[Violation]:
    return [
        module.violation(
            node, f"{node.name} is a dataclass", "decorate it @record of wtagents.core.record"
        )
        for module in load_modules(root, "wtagents")
        for node in module.nodes
        if isinstance(node, ast.ClassDef) and is_dataclass(module, node)
    ]


def is_dataclass(module: Module, node: ast.ClassDef) -> bool:
    functions = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return "dataclasses.dataclass" in map(module.origin, functions)


def find_printing(root: Path) -> list[Violation]:
    found = []
    for module in load_modules(root, "wtagents"):
        if module.is_in(*PRINTERS):
            continue
        for node in module.nodes:
            if isinstance(node, ast.Call) and module.origin(node.func) in PRINTING:
                what = f"{module.origin(node.func)} speaks to the terminal"
                instead = "return an OperationResult; wtagents.cli.render prints it"
                found.append(module.violation(node, what, instead))
    return found


def find_loose_notes(root: Path) -> list[Violation]:
    found = []
    for pattern in NOTED_FILES:
        for path in sorted((root / "wtagents").rglob(pattern)):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if NOTE.search(line):
                    place = f"{path.relative_to(root).as_posix()}:{number}"
                    instead = "open an issue and write TODO(#12): what, or do it now"
                    found.append(Violation(place=place, what=line.strip(), instead=instead))
    return found


def test_packages_re_export_nothing() -> None:
    require_none(find_re_exports(PROJECT))


def test_re_exports_are_caught(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "wtagents/__init__.py": '"""x"""\nfrom __future__ import division\n__version__ = "1"\n',
            "wtagents/core/__init__.py": "from wtagents.core.ids import Oid\n",
            "wtagents/git/__init__.py": '"""x"""\nimport os\n__all__ = []\n',
        },
    )
    assert [each.place for each in find_re_exports(root)] == [
        "wtagents/core/__init__.py:1",
        "wtagents/git/__init__.py:2",
        "wtagents/git/__init__.py:3",
    ]


def test_records_are_records() -> None:
    require_none(find_loose_records(PROJECT))


def test_loose_records_are_caught(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "wtagents/a.py": (
                "import dataclasses as d\n"
                "from dataclasses import dataclass as easy\n"
                "from wtagents.core.record import record\n"
                "@easy\nclass A: ...\n"
                "@d.dataclass(frozen=True, slots=True, kw_only=True)\nclass B: ...\n"
                "@record\nclass C: ...\n"
                "@other\nclass D: ...\n"
            )
        },
    )
    assert [str(each) for each in find_loose_records(root)] == [
        "wtagents/a.py:5: A is a dataclass; decorate it @record of wtagents.core.record",
        "wtagents/a.py:7: B is a dataclass; decorate it @record of wtagents.core.record",
    ]


def test_one_place_prints() -> None:
    require_none(find_printing(PROJECT))


def test_printing_elsewhere_is_caught(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "wtagents/cli/render.py": "print('x')\n",
            "wtagents/cli/commands/a.py": "import click\nfrom click import secho as say\n"
            "click.echo('x')\nsay('x')\nprint('x')\n",
            "wtagents/operations/b.py": "import sys\nsys.stderr.write('x')\nprint = None\n",
        },
    )
    assert [f"{each.place} {each.what}" for each in find_printing(root)] == [
        "wtagents/cli/commands/a.py:3 click.echo speaks to the terminal",
        "wtagents/cli/commands/a.py:4 click.secho speaks to the terminal",
        "wtagents/cli/commands/a.py:5 print speaks to the terminal",
        "wtagents/operations/b.py:2 sys.stderr.write speaks to the terminal",
    ]


def test_notes_to_ourselves_name_an_issue() -> None:
    require_none(find_loose_notes(PROJECT))


def test_notes_without_an_issue_are_caught(tmp_path: Path) -> None:
    note, mend = "TO" + "DO", "FIX" + "ME"
    root = plant(
        tmp_path,
        {
            "wtagents/a.py": f"# {note}: later\n# {note}(#12): named\n",
            "wtagents/b.sql": f"-- {mend} soon\n",
        },
    )
    assert [f"{each.place} {each.what}" for each in find_loose_notes(root)] == [
        f"wtagents/a.py:1 # {note}: later",
        f"wtagents/b.sql:1 -- {mend} soon",
    ]
