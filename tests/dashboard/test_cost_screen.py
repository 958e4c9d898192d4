"""What was spent, as sums with bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.records import NOW
from tests.support.screens import Looks, screen_text, until
from tests.support.statuses import FLEET
from tests.support.stored import ended_run, stored_task
from wtagents.core.run import Usage
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.costs import BAR, cost_rows, cost_total
from wtagents.operations.context import Context
from wtagents.operations.telling.cost import By, CostRequest, cost

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder


def spent(repository: RepositoryBuilder) -> Context:
    context = Context(repository.path)
    with context.database.write() as db:
        for name, usd in (("small", 0.01), ("large", 3.0), ("half", 1.5), ("nothing", 0.0)):
            usage = Usage(cost_usd=usd, input_tokens=1200, output_tokens=7, turns=2, model="opus")
            ended_run(db, stored_task(db, name), usage=usage, at=NOW)
    return context


def test_bars_are_measured_by_the_largest(repository: RepositoryBuilder) -> None:
    context = spent(repository)
    seen = cost(context, CostRequest()).data
    bars = {row.key: row.cells[6].parts[0][0] for row in cost_rows(seen, By.TASK)}
    assert bars == {"large": "━" * BAR, "half": "━" * (BAR // 2), "small": "━", "nothing": ""}
    assert list(bars) == ["large", "half", "small", "nothing"]
    assert cost_total(seen) == "$4.51 in 4 runs of 4 tasks"
    context.close()


async def test_the_sums_change_what_they_stand_for(repository: RepositoryBuilder) -> None:
    context = spent(repository)
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(100, 20)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "large" in screen_text(app), what="the tasks")
        await pilot.press("b")
        await until(pilot, lambda: "opus" in screen_text(app), what="the models")
        assert "large" not in screen_text(app)
        await pilot.press("b")
        await until(pilot, lambda: "2026-11-2" in screen_text(app), what="the days")
    context.close()
