"""The demo's repository: a small Python project with tests, and settings that a person trusts."""

from __future__ import annotations

import shlex
import sys
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.git.create import create_repository
from wtagents.system.command import run_command

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from wtagents.core.task import AgentKind
    from wtagents.git.repo import Repository

_RENAMED = {"gitignore.txt": ".gitignore"}
_SUFFIX = ".txt"
"""Keeps the project's own Python files away from what checks the house."""


@cache
def python_command() -> str:
    """Return a Python as a word for a shell: the one on PATH if it runs, else the one of wta."""
    try:
        done = run_command(("python3", "-c", "pass"), cwd=Path("/"), timeout=20)
    except SystemFault:
        return shlex.quote(sys.executable)
    return "python3" if done.ok else shlex.quote(sys.executable)


def lay_project(folder: Path, kind: AgentKind) -> Repository:
    """Write the project into a new repository and commit it."""
    _copy(files("wtagents.demo") / "data" / "project", folder, kind)
    repository = create_repository(folder, branch="main", author="wta demo")
    checkout = repository.seen_from(repository.common_dir, folder)
    checkout.git("add", "--all")
    checkout.git("commit", "--quiet", "--message", "A shop with a cart, a receipt and tests")
    return repository


def _copy(source: Traversable, folder: Path, kind: AgentKind) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.is_dir():
            _copy(entry, folder / entry.name, kind)
            continue
        name = _RENAMED.get(entry.name, entry.name.removesuffix(_SUFFIX))
        text = entry.read_text(encoding="utf-8")
        text = text.replace("{agent}", kind).replace("{python}", python_command())
        (folder / name).write_text(text, encoding="utf-8")
