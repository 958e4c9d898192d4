"""The demo's repository: a small Python project with tests, and settings that a person trusts."""

from __future__ import annotations

import shlex
import sys
from importlib.resources import files
from typing import TYPE_CHECKING

from wtagents.git.create import create_repository

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from wtagents.core.task import AgentKind
    from wtagents.git.repo import Repository

_RENAMED = {"gitignore.txt": ".gitignore"}
_SUFFIX = ".txt"
"""Keeps the project's own Python files away from what checks the house."""


def python_command() -> str:
    """Return the Python that runs now, as a word for a shell."""
    return shlex.quote(sys.executable)


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
