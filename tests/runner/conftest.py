from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Return a run that nobody has started; what a failed test left of it is killed."""
    running = Running.create(tmp_path)
    yield running
    running.kill()
