"""What a person chose is there after the next start; nonsense in the file is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.records import NOW, later
from tests.support.screens import Looks, screen_text, until
from tests.support.statuses import FLEET
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.memory import Memory, load_memory, memory_file, parse_memory, written
from wtagents.dashboard.view import Order
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.context import Context

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder


def test_what_is_written_is_read_and_what_is_not_understood_is_passed_over() -> None:
    memory = Memory(
        order=Order.COST,
        hidden=frozenset({"TOKENS"}),
        theme="wta-light",
        snoozed=(("shop-1 4 asks q1", later(60)),),
    )
    assert parse_memory(written(memory)) == memory
    for nonsense in (
        b"",
        b"[]",
        b"\xff",
        b"[" * 9000,
        b'{"order": [], "hidden": 5, "snoozed": []}',
    ):
        assert parse_memory(nonsense) == Memory()
    odd = b'{"order": "size", "hidden": ["NOW", "COST", 3], "theme": 1, "snoozed": {"a": "soon"}}'
    assert parse_memory(odd) == Memory(hidden=frozenset({"COST"}))


@pytest.mark.parametrize("may_act", [True, False])
async def test_choices_survive_a_restart(repository: RepositoryBuilder, *, may_act: bool) -> None:
    context = Context(repository.path, clock=ManualClock(NOW))
    app = Dashboard(context, follow=Looks(context, FLEET), may_act=may_act)
    async with app.run_test(size=(120, 24)) as pilot:
        await until(pilot, lambda: "fix-login" in screen_text(app), what="the rows")
        await pilot.press("s", "s", "2")
        await until(pilot, lambda: app.screen.query_one(Table).key == "docs", what="the list")
        await pilot.press("z")
        await until(pilot, lambda: app.screen.query_one(Table).key == "api", what="one less")
        app.theme = "wta-light"
        await pilot.pause()
    if not may_act:
        assert not memory_file().exists(), "whoever only looks writes nothing"
        return
    assert (load_memory().order, load_memory().theme) == (Order.NAME, "wta-light")
    again = Dashboard(context, follow=Looks(context, FLEET))
    async with again.run_test(size=(120, 24)) as pilot:
        assert again.theme == "wta-light"
        await pilot.press("2")
        await until(pilot, lambda: "api" in screen_text(again), what="the list")
        assert "docs" not in screen_text(again)
        await pilot.press("Z")
        await until(pilot, lambda: "docs" in screen_text(again), what="all")
    assert load_memory().snoozed == ()
    context.close()
