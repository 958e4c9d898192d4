"""Fixtures round the real Claude Code CLI; `pytest_plugins` of `tests/conftest.py` loads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.claude_cli import ClaudeCli, require_program
from tests.support.environment import Sandbox
from tests.support.messages_api import MessagesApi


@pytest.fixture
def messages_api() -> Iterator[MessagesApi]:
    """A Messages API without scripts; a test adds its own with `add_script`."""
    with MessagesApi() as api:
        yield api


@pytest.fixture
def claude(tmp_path: Path, messages_api: MessagesApi) -> ClaudeCli:
    """The real program, talking to `messages_api`; skips where there is none."""
    home = tmp_path / "claude-home"
    return ClaudeCli(program=require_program(), home=home, base_url=messages_api.url)


@pytest.fixture
def claude_on_path(sandbox: Sandbox, claude: ClaudeCli, tmp_path: Path) -> ClaudeCli:
    """Make `claude` on the PATH the real program, for whatever the test starts as a person would.

    It inherits what it needs from the environment of the test; HOME and git's configuration stay
    those of the test.
    """
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "claude").symlink_to(claude.program)
    for name, value in claude.environment().items():
        if name not in {"PATH", "HOME"} and not name.startswith("GIT_"):
            sandbox.set_variable(name, value)
    sandbox.set_variable("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return claude
