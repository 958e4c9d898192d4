"""One door to each stranger: programs, time, ids, locks, git, SQLite, screens, network."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tests.house.source import Module, Violation, load_modules, plant, require_none
from tests.support.environment import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What lies outside, who may touch it, and what everybody else does."""

    outside: tuple[str, ...]
    """Full names; a star stands for any letters. What is inside a named module belongs to it."""
    keepers: tuple[str, ...]
    instead: str


DOORS = (
    Door(
        outside=("subprocess", "pty", "multiprocessing", "os.system", "os.popen", "os.fork*"),
        keepers=("wtagents/system/",),
        instead="go through wtagents.system.command or wtagents.system.process",
    ),
    Door(
        outside=("os.exec*", "os.spawn*", "os.posix_spawn*", "asyncio.create_subprocess_*"),
        keepers=("wtagents/system/",),
        instead="go through wtagents.system.command or wtagents.system.process",
    ),
    Door(
        outside=("os.kill", "os.killpg", "os.pidfd_open", "signal.pidfd_send_signal"),
        keepers=("wtagents/system/",),
        instead="go through wtagents.system.process, which knows who has the pid now",
    ),
    Door(
        outside=("time.time", "time.time_ns", "time.monotonic*", "time.perf_counter*"),
        keepers=("wtagents/system/",),
        instead="take a Clock (wtagents.system.clock)",
    ),
    Door(
        outside=("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date*.today"),
        keepers=("wtagents/system/",),
        instead="take a Clock (wtagents.system.clock)",
    ),
    Door(
        outside=("time.sleep",),
        keepers=("wtagents/system/",),
        instead="wait on an event with a deadline (Clock.wait)",
    ),
    Door(
        outside=("uuid.uuid1", "uuid.uuid4", "random", "secrets", "os.urandom", "os.getrandom"),
        keepers=("wtagents/system/",),
        instead="take an IdSource (wtagents.system.clock)",
    ),
    Door(
        outside=("psutil",),
        keepers=("wtagents/system/process.py",),
        instead="go through wtagents.system.process",
    ),
    Door(
        outside=("filelock",),
        keepers=("wtagents/system/lock.py",),
        instead="go through wtagents.system.lock",
    ),
    Door(
        outside=("git", "gitdb"),
        keepers=("wtagents/git/",),
        instead="go through wtagents.git.repo",
    ),
    Door(
        outside=("sqlite3",),
        keepers=("wtagents/store/",),
        instead="go through wtagents.store.database",
    ),
    Door(
        outside=("click",),
        keepers=("wtagents/cli/",),
        instead="return an OperationResult and let wtagents.cli speak",
    ),
    Door(
        outside=("rich",),
        keepers=("wtagents/cli/", "wtagents/dashboard/"),
        instead="return an OperationResult and let wtagents.cli speak",
    ),
    Door(
        outside=("textual",),
        keepers=("wtagents/dashboard/",),
        instead="put the screen into wtagents.dashboard",
    ),
    Door(
        outside=("socket",),
        keepers=tuple(
            f"wtagents/system/{name}.py"
            for name in (
                *("programs/notify", "sharing/loopback"),
                *(
                    f"walls/{each}"
                    for each in ("landlock", "network_trial", "outlet", "porter", "upstream")
                ),
            )
        ),
        instead="only the agent program speaks to the network, by system/walls/porter.py at most",
    ),
    Door(
        outside=("aiohttp", "textual_serve"),
        keepers=("wtagents/dashboard/web/",),
        instead="only wta dashboard --web answers browsers of this machine",
    ),
    Door(
        outside=("urllib.request",),
        keepers=("wtagents/system/person/web.py",),
        instead="only what a person set as notify.webhook is told to the network",
    ),
    Door(
        outside=("ssl", "http.client", "http.server", "asyncio.open_*"),
        keepers=(),
        instead="only the agent program speaks to the network, never wta",
    ),
)

CORE_IS_PURE = Door(
    outside=("os", "io", "shutil", "tempfile", "signal", "threading", "asyncio", "logging", "open"),
    keepers=(),
    instead="core is pure: take what was observed as an argument, return what is to be done",
)


def find_ways_round_the_doors(root: Path) -> list[Violation]:
    return [
        module.violation(line, name, door.instead)
        for module in load_modules(root, "wtagents")
        for line, name in sorted(set(touched(module)))
        for door in doors_round(module)
        if is_outside(name, door)
    ]


def doors_round(module: Module) -> Iterator[Door]:
    """Yield the doors that are closed to a module."""
    yield from (door for door in DOORS if not module.is_in(*door.keepers))
    if module.is_in("wtagents/core/"):
        yield CORE_IS_PURE


def touched(module: Module) -> Iterator[tuple[int, str]]:
    """Yield the full name of everything that a module imports or refers to."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)
        elif isinstance(node, ast.Attribute | ast.Name):
            name = module.origin(node)
            if name is not None and refers_outside(module, node):
                yield node.lineno, name
        elif isinstance(node, ast.Call):
            yield from imported_by_name(module, node)


def refers_outside(module: Module, node: ast.expr) -> bool:
    """Tell whether the first name of an expression is imported or built in."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and (node.id in module.origins or node.id == "open")


def imported_by_name(module: Module, call: ast.Call) -> Iterator[tuple[int, str]]:
    if module.origin(call.func) in {"__import__", "importlib.import_module"}:
        for argument in call.args[:1]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield call.lineno, argument.value


@functools.cache
def is_outside(name: str, door: Door) -> bool:
    """Tell whether a name is one of the door's, or the name of something inside one of them."""
    parts = name.split(".")
    heads = [".".join(parts[: count + 1]) for count in range(len(parts))]
    return any(fnmatchcase(head, pattern) for head in heads for pattern in door.outside)


def test_there_is_one_door_to_each_stranger() -> None:
    require_none(find_ways_round_the_doors(PROJECT))


def test_each_way_round_is_caught(tmp_path: Path) -> None:
    root = plant(
        tmp_path,
        {
            "wtagents/runner/a.py": (
                "import subprocess as quiet\n"
                "from os import system\n"
                "import time as t\n"
                "t.sleep(1)\n"
                "from datetime import datetime, timezone\n"
                "at = datetime.now(timezone.utc)\n"
                "later = t.sleep\n"
                "import importlib\n"
                "importlib.import_module('psutil')\n"
                "__import__('filelock')\n"
                "import os\n"
                "os.execvp('git', ['git'])\n"
                "os.kill(1, 9)\n"
            ),
            "wtagents/operations/b.py": (
                "def open_store():\n"
                "    import sqlite3\n"
                "    from git import Repo\n"
                "    from git.cmd import Git\n"
                "    from uuid import uuid4\n"
                "    import random\n"
                "    import urllib.request\n"
                "    from rich.text import Text\n"
                "    return uuid4()\n"
            ),
            "wtagents/core/c.py": "import os\nopen('x')\n",
            "wtagents/store/d.py": "import sqlite3\nimport datetime\ndatetime.date(1, 1, 1)\n",
            "wtagents/system/process.py": "import psutil, subprocess, time\ntime.sleep(1)\n",
            "wtagents/git/e.py": "import git\nimport wtagents.git.repo\nopen = 1\n",
        },
    )
    found = [(each.place, each.what) for each in find_ways_round_the_doors(root)]
    assert found == [
        ("wtagents/core/c.py:1", "os"),
        ("wtagents/core/c.py:2", "open"),
        ("wtagents/operations/b.py:2", "sqlite3"),
        ("wtagents/operations/b.py:3", "git.Repo"),
        ("wtagents/operations/b.py:4", "git.cmd.Git"),
        ("wtagents/operations/b.py:5", "uuid.uuid4"),
        ("wtagents/operations/b.py:6", "random"),
        ("wtagents/operations/b.py:7", "urllib.request"),
        ("wtagents/operations/b.py:8", "rich.text.Text"),
        ("wtagents/operations/b.py:9", "uuid.uuid4"),
        ("wtagents/runner/a.py:1", "subprocess"),
        ("wtagents/runner/a.py:2", "os.system"),
        ("wtagents/runner/a.py:4", "time.sleep"),
        ("wtagents/runner/a.py:6", "datetime.datetime.now"),
        ("wtagents/runner/a.py:7", "time.sleep"),
        ("wtagents/runner/a.py:9", "psutil"),
        ("wtagents/runner/a.py:10", "filelock"),
        ("wtagents/runner/a.py:12", "os.execvp"),
        ("wtagents/runner/a.py:13", "os.kill"),
    ]


def test_the_message_says_what_to_do_instead(tmp_path: Path) -> None:
    root = plant(tmp_path, {"wtagents/runner/a.py": "import time\ntime.sleep(1)\n"})
    assert [str(each) for each in find_ways_round_the_doors(root)] == [
        "wtagents/runner/a.py:2: time.sleep; wait on an event with a deadline (Clock.wait)"
    ]
