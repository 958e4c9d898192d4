"""Fixtures round the real Claude Code CLI; `pytest_plugins` of `tests/conftest.py` loads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.claude_cli import ClaudeCli, require_program
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
