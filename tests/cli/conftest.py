"""A shell for the tests of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.shell import SETTINGS, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def shell(repository: RepositoryBuilder, sandbox: Sandbox) -> Iterator[Shell]:
    """Return a shell in a repository whose agents are the built-in ones."""
    own = sandbox.config / "wta" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text(SETTINGS)
    built = Shell(folder=repository.path, sandbox=sandbox)
    yield built
    built.close()
