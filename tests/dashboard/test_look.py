"""How it looks, colours and all; the pictures are those of the application itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clock import ManualClock
from tests.support.records import NOW
from tests.support.screens import Looks, until
from tests.support.statuses import FLEET
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.look import DARK, LIGHT
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.context import Context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder

    Compare = Callable[..., bool]


@pytest.fixture
def context(repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path) -> Iterator[Context]:
    sandbox.set_variable("TEXTUAL_SNAPSHOT_TEMPDIR", str(tmp_path))
    opened = Context(repository.path, clock=ManualClock(NOW))
    yield opened
    opened.close()


def looks(context: Context, theme: str, compare: Compare) -> bool:
    app = Dashboard(context, theme=theme, follow=Looks(context, FLEET))

    async def wait(pilot: Pilot[Any]) -> None:
        table = pilot.app.screen.query_one(Table)
        await until(pilot, lambda: table.key is not None, what="the rows")
        table.choose("fix-login")

    return compare(app, terminal_size=(150, 26), run_before=wait)


def test_dark_board(context: Context, snap_compare: Compare) -> None:
    assert looks(context, DARK.name, snap_compare)


def test_light_board(context: Context, snap_compare: Compare) -> None:
    assert looks(context, LIGHT.name, snap_compare)
