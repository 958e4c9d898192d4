"""A store of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stored import lay_database
from wtagents.store.database import Database, open_database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "state" / "state.db"
    lay_database(path)
    with open_database(path) as opened:
        yield opened
