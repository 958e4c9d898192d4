"""What the tests of this floor share: a repository with tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.ready_tasks import Fleet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> Iterator[Fleet]:
    """Return the repository of the test, without tasks yet."""
    built = Fleet(repository)
    yield built
    built.context.close()
