"""Several repositories on one dashboard: found, told apart, and none in the way of another."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.records import NOW
from tests.support.repository import RepositoryBuilder
from tests.support.screens import a_sight, screen_text, until
from tests.support.statuses import FLEET
from tests.support.stored import stored_task
from wtagents.core.task import Wish
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.feed import PastSeen
from wtagents.dashboard.grid import Heading
from wtagents.dashboard.homes import Home, homes_of, subject_of
from wtagents.dashboard.inbox import waiting_of
from wtagents.dashboard.view import Choice, Order, Rows, board_lines
from wtagents.operations.context import Context
from wtagents.operations.telling.repositories import repositories
from wtagents.store.tasks import require_task
from wtagents.system.paths import state_home

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.task import Task


@pytest.fixture
def context(repository: RepositoryBuilder) -> Context:
    return Context(repository.path)


def begun(path: Path, template: Path, *names: str) -> Context:
    """Return a repository with these tasks."""
    context = Context(RepositoryBuilder.begun(path, template=template).path)
    with context.database.write() as db:
        for name in names:
            stored_task(db, name)
    context.close()
    return context


def of(context: Context, name: str) -> Task:
    with context.records.read() as db:
        return require_task(db, name)


def test_rows_of_several_repositories_are_told_apart() -> None:
    sights = [a_sight(FLEET, NOW, label="shop"), a_sight(FLEET[:2], NOW, label="site")]
    lines = board_lines(sights, Choice(order=Order.REPOSITORY), Rows(lambda: NOW))
    headings = [(line.text, line.note) for line in lines if isinstance(line, Heading)]
    assert headings == [("shop", "10"), ("site", "2")]
    waiting = [(each.key, each.label) for each in waiting_of(sights)]
    assert waiting == [(f"shop:{name}", "shop") for name in ("docs", "api", "colours")]


def test_who_was_busy_elsewhere_finds_only_what_was_seen_last(context: Context) -> None:
    home = Home(context)
    first, last = (PastSeen(a_sight(FLEET[:n], NOW).seen) for n in (1, 2))
    assert [home.hear(first), home.hear(last)] == [True, False]
    assert [home.take(), home.take()] == [last, None]
    assert home.hear(first)


async def test_each_act_goes_to_its_repository_and_a_broken_one_hurts_no_other(
    tmp_path: Path, template: Path
) -> None:
    """Two repositories of one name, one whose state is newer, one that is gone, one copied note."""
    shop = begun(tmp_path / "a" / "shop", template, "fix-login")
    other = begun(tmp_path / "b" / "shop", template, "fix-login")
    newer = begun(tmp_path / "newer", template, "fix-login")
    newer.database.connection.execute("INSERT INTO migration VALUES ('2999-01-01')")
    newer.close()
    begun(tmp_path / "gone", template, "fix-login")
    shutil.rmtree(tmp_path / "gone")
    begun(tmp_path / "empty", template)
    shutil.copytree(other.paths.root, state_home() / "copied")
    found = repositories(other)
    assert [context.common_dir.parent for context in found] == [
        tmp_path / "b" / "shop",
        tmp_path / "a" / "shop",
        tmp_path / "newer",
    ]
    homes = homes_of(found)
    assert [home.label for home in homes] == ["shop", "shop-2", "newer"]
    assert subject_of(homes, "shop:fix-login") is None
    app = Dashboard(*found)
    async with app.run_test(size=(110, 24)) as pilot:
        await until(pilot, lambda: screen_text(app).count("fix-login") == 2, what="two rows")
        await until(pilot, lambda: "! newer: " in screen_text(app), what="the trouble")
        assert "3 repositories" in screen_text(app)
        await pilot.press("end", "c")
        await until(pilot, lambda: "Give fix-login up?" in screen_text(app), what="asked")
        await pilot.press("y")
        await until(pilot, lambda: "fix-login is cancelled" in screen_text(app), what="done")
        await pilot.press("4", ">")
        await until(pilot, lambda: screen_text(app).startswith(" newer"), what="the third one")
    assert [of(each, "fix-login").wish for each in (other, shop)] == [Wish.WORK, Wish.CANCEL]
    for context in (*found, shop, other):
        context.close()


async def test_a_state_that_is_busy_gone_or_newer_is_named_until_it_is_there_again(
    tmp_path: Path, template: Path
) -> None:
    calm = begun(tmp_path / "calm", template, "fix-login")
    other = begun(tmp_path / "other", template, "docs")
    holder = other.another()
    lock = holder.database.connection
    lock.execute("PRAGMA locking_mode=EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    app = Dashboard(calm, other)

    def named(words: str) -> bool:
        return "! other: " in screen_text(app) and words in screen_text(app)

    async with app.run_test(size=(140, 24)) as pilot:
        await until(pilot, lambda: "fix-login" in screen_text(app), what="the calm one at once")
        await until(pilot, lambda: named("busy"), what="the busy one is named")
        assert "docs" not in screen_text(app)
        lock.execute("ROLLBACK")
        holder.close()
        await until(pilot, lambda: "docs" in screen_text(app), what="it is free again")
        await until(pilot, lambda: "! other" not in screen_text(app), what="all is well")
        away = tmp_path / "away"
        shutil.move(other.paths.root, away)
        await until(pilot, lambda: named("gone"), what="it is gone")
        assert "docs" in screen_text(app), "what was seen last stays"
        shutil.move(away, other.paths.root)
        await until(pilot, lambda: "! other" not in screen_text(app), what="it is back")
        with holder.database.write() as db:
            db.change("INSERT INTO migration VALUES ('2999-01-01')")
        await until(pilot, lambda: named("2999-01-01"), what="it is newer")
        with holder.database.write() as db:
            db.change("DELETE FROM migration WHERE name = '2999-01-01'")
        await until(pilot, lambda: "! other" not in screen_text(app), what="all is well")
        assert "! calm" not in screen_text(app)
    for context in (calm, other, holder):
        context.close()
