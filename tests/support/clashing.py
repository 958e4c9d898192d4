"""A small Python project, and changes to it that clash in all the ways that changes do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Files: TypeAlias = "dict[str, str | None]"

GATE = f"PYTHONDONTWRITEBYTECODE=1 {sys.executable} -S -m unittest discover -q -s tests -t ."
"""The tests of the project."""
LOCK = "python3 lock.py"
"""Writes the lock file anew from what stands beside it."""

_LOCK_PROGRAM = """\
import hashlib

names = open("packages.txt").read().split()
rows = [f"{name} {hashlib.sha1(name.encode()).hexdigest()}" for name in names]
whole = hashlib.sha1("".join(rows).encode()).hexdigest()
open("packages.lock", "w").write("\\n".join([f"whole {whole}", *rows, ""]))
"""
_PRICE = '''\
"""Prices."""

import os
import sys


def total(prices):
    """Return the sum."""
    result = 0
    for price in prices:
        result += price
    return result


def place():
    """Return where it runs."""
    return os.name + sys.platform
'''
_TEXT = '''\
"""Texts."""


def shout(text):
    """Return it loudly."""
    return text.upper()


def greet(name):
    """Greet somebody."""
    return shout("hello " + name)
'''
_PEOPLE = '''\
"""People."""


def first(name):
    """Return the first name."""
    return name.split()[0]


def last(name):
    """Return the last name."""
    return name.split()[-1]


def initials(name):
    """Return the initials."""
    return "".join(part[0] for part in name.split())
'''
_OLD = '''\
"""Old things that nobody calls."""


def old():
    """Return what it was."""
    return 1
'''
_LOG = """\
# Changes

## Unreleased

- The project begins.

## 0.1

- Nothing.
"""
_TESTS = """\
import unittest
from shop import {imports}


class Test(unittest.TestCase):
    def test(self):
        {check}
"""


def _tests(imports: str, check: str) -> str:
    return _TESTS.format(imports=imports, check=check)


def _lock(names: str) -> dict[str, str]:
    """Return the two files as the program writes them."""
    import hashlib

    rows = [f"{name} {hashlib.sha1(name.encode()).hexdigest()}" for name in names.split()]  # noqa: S324
    whole = hashlib.sha1("".join(rows).encode()).hexdigest()  # noqa: S324
    text = "\n".join([f"whole {whole}", *rows, ""])
    return {"packages.txt": names, "packages.lock": text}


PROJECT: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/price.py": _PRICE,
    "shop/text.py": _TEXT,
    "shop/people.py": _PEOPLE,
    "shop/old.py": _OLD,
    "tests/__init__.py": "",
    "tests/test_price.py": _tests("price", "self.assertEqual(price.total([1, 2]), 3)"),
    "tests/test_text.py": _tests("text", 'self.assertEqual(text.greet("a"), "HELLO A")'),
    "tests/test_lock.py": _tests(
        "text",
        'from pathlib import Path; import hashlib; rows = Path("packages.lock").read_text()'
        '.split("\\n")[:-1]\n'
        '        names = Path("packages.txt").read_text().split()\n'
        "        self.assertEqual([row.split()[0] for row in rows[1:]], names)\n"
        '        whole = hashlib.sha1("".join(rows[1:]).encode()).hexdigest()\n'
        '        self.assertEqual(rows[0], "whole " + whole)',
    ),
    "CHANGELOG.md": _LOG,
    "lock.py": _LOCK_PROGRAM,
    **_lock("bolts\nmilk\n\n\nnuts\nsoap\n"),
}


def _edit(path: str, old: str, new: str) -> Files:
    assert PROJECT[path].count(old) == 1, (path, old)
    return {path: PROJECT[path].replace(old, new)}


def _imports(name: str, use: str) -> Files:
    """Return a change that imports a module, and uses it before or behind everything else."""
    module, imports = PROJECT["shop/price.py"], ["import os", "import sys"]
    begin, end = module.split("\n".join(imports) + "\n")
    function = f"def {name}_used():\n    return {use}\n"
    first = name < "os"
    end = f"\n\n{function}{end}" if first else f"{end}\n\n{function}"
    both = "\n".join(sorted([*imports, f"import {name}"])) + "\n"
    test = _tests("price", f"self.assertTrue(price.{name}_used())")
    return {"shop/price.py": begin + both + end, f"tests/test_{name}.py": test}


def _logs(line: str) -> Files:
    return _edit("CHANGELOG.md", "- The project begins.\n", f"- The project begins.\n- {line}\n")


def alone(name: str) -> Files:
    """Return a change that meets no other."""
    return {
        f"shop/{name}.py": f"def {name}():\n    return {name!r}\n",
        f"tests/test_{name}.py": _tests(name, f"self.assertEqual({name}.{name}(), {name!r})"),
    }


CHANGES: Mapping[str, Files] = {
    "same-one": _edit("shop/price.py", "result = 0\n", "result = 0.0\n"),
    "same-two": _edit("shop/price.py", "result = 0\n", "result = int()\n"),
    "import-json": _imports("json", 'json.loads("[1]")'),
    "import-string": _imports("string", "string.digits"),
    "log-red": _logs("It is red."),
    "log-blue": _logs("It is blue."),
    "lock-apples": {**_lock("apples\nbolts\nmilk\n\n\nnuts\nsoap\n")},
    "lock-water": {**_lock("bolts\nmilk\n\n\nnuts\nsoap\nwater\n")},
    "move-people": {"shop/people.py": None, "shop/persons.py": _PEOPLE},
    "edit-people": _edit("shop/people.py", "name.split()[-1]", 'name.rpartition(" ")[2]'),
    "delete-old": {"shop/old.py": None},
    "edit-old": _edit("shop/old.py", "return 1", "return 2"),
    "break": _edit("shop/text.py", "return text.upper()", "return text.lower()"),
    "rename-shout": {"shop/text.py": _TEXT.replace("shout", "yell")},
    "call-shout": {
        "shop/crowd.py": "from shop.text import shout\n\n\ndef crowd():\n    return shout('hey')\n",
        "tests/test_crowd.py": _tests("crowd", 'self.assertEqual(crowd.crowd(), "HEY")'),
    },
    **{name: alone(name) for name in ("ant", "bee", "cat", "dog", "elk")},
}
"""Twenty changes by name; each passes the tests by itself, but `break`."""


def begin(repository: RepositoryBuilder) -> None:
    """Make the project, in one commit on what is there."""
    repository.commit(dict(PROJECT), "Write the project")


def steps(name: str) -> list[str]:
    """Return the steps with which the built-in agent makes a change."""
    lines: list[str] = []
    for path, text in CHANGES[name].items():
        if text is None:
            lines.append(f"delete {path}")
        else:
            lines += [f"write {path} <<END", *text.splitlines(), "END"]
    return [*lines, f'commit "Do {name}"']


def red_commits(
    repository: RepositoryBuilder, place: Path, revisions: str, *, without: int = 0
) -> list[str]:
    """Run the tests of the project on each commit; return the subjects of those that fail.

    The first commits, which are `without` a project, are left out.
    """
    place.mkdir()
    RepositoryBuilder(place).git("clone", "--quiet", str(repository.path), ".")
    checkout, red = RepositoryBuilder(place), []
    for commit in repository.git("rev-list", "--reverse", revisions, "--").split()[without:]:
        checkout.checkout(commit)
        if run_to_end(["sh", "-c", GATE], cwd=place).returncode != 0:
            red += [checkout.git("log", "-1", "--format=%s", commit)]
    return red
