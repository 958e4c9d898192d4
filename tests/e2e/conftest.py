"""Fixtures of the tests that drive everything together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.environment import Sandbox
from tests.support.fleet import Fleet, configure
from tests.support.repository import RepositoryBuilder


@pytest.fixture
def fleet(repository: RepositoryBuilder, sandbox: Sandbox) -> Iterator[Fleet]:
    """A repository whose agents are quick to stop and to be tried again."""
    configure(sandbox)
    built = Fleet(repository=repository, sandbox=sandbox)
    yield built
    built.end()
