"""Fixtures of the tests that drive everything together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.claude_cli import ClaudeCli
from tests.support.claude_fleet import ClaudeFleet
from tests.support.environment import Sandbox
from tests.support.fleet import Fleet, configure
from tests.support.messages_api import MessagesApi
from tests.support.repository import RepositoryBuilder
from tests.support.shell import Shell


@pytest.fixture
def fleet(repository: RepositoryBuilder, sandbox: Sandbox) -> Iterator[Fleet]:
    """A repository whose agents are quick to stop and to be tried again."""
    configure(sandbox)
    built = Fleet(repository=repository, sandbox=sandbox)
    yield built
    built.end()


@pytest.fixture
def agents(
    claude_on_path: ClaudeCli, fleet: Fleet, messages_api: MessagesApi, sandbox: Sandbox
) -> ClaudeFleet:
    """A repository whose agents are the real Claude Code, and may use every tool."""
    shell = Shell(folder=fleet.repository.path, sandbox=sandbox)
    built = ClaudeFleet(fleet=fleet, shell=shell, api=messages_api, program=claude_on_path.program)
    built.configure()
    return built
