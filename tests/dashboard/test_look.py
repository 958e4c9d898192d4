"""How every screen looks, colours and all.

Each picture below is compared whole with the one of its name in `tests/dashboard/pictures`. When a
change of the look is meant: `WTA_TEST_PICTURES=new scripts/test tests/dashboard/test_look.py`, then
look at the pictures that git says have changed; any browser shows them.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.album import Album, wants_new_pictures
from tests.support.records import later
from tests.support.screens import Looks, screen_text, until
from tests.support.shop import Shop
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.feed import StoreTroubled
from wtagents.dashboard.look import DARK, LIGHT
from wtagents.dashboard.widgets.table import Table
from wtagents.store.faults import busy_fault, gone_fault, newer_fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from textual.pilot import Pilot

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder

NARROW, WIDE = (80, 24), (200, 50)


@pytest.fixture
def shop(repository: RepositoryBuilder) -> Iterator[Shop]:
    opened = Shop(repository)
    yield opened
    opened.close()


@pytest.fixture
def album(tmp_path: Path) -> Iterator[Album]:
    taken = Album(tmp_path, anew=wants_new_pictures())
    yield taken
    taken.close()


@asynccontextmanager
async def opened(shop: Shop, **how: Any) -> AsyncIterator[Pilot[None]]:
    looks = Looks(shop.context, shop.items)
    app = Dashboard(shop.context, **{"follow": looks, "theme": DARK.name, **how})
    app.animation_level = "none"
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: bool(app.sights), what="the first look")
        yield pilot


async def shows(pilot: Pilot[Any], words: str) -> None:
    await until(pilot, lambda: words in screen_text(pilot.app), what=words)


async def choose(pilot: Pilot[Any], key: str) -> None:
    await until(pilot, lambda: bool(pilot.app.screen.query_one(Table).lines), what="rows")
    pilot.app.screen.query_one(Table).choose(key)


async def test_the_board(shop: Shop, album: Album) -> None:
    async with opened(shop) as pilot:
        await choose(pilot, "receipt")
        await album.take(pilot, "board")
        await pilot.resize_terminal(*WIDE)
        await album.take(pilot, "board-wide")
        pilot.app.theme = LIGHT.name
        await pilot.resize_terminal(*NARROW)
        await album.take(pilot, "board-light")


async def test_the_inbox(shop: Shop, album: Album) -> None:
    shop.ask()
    async with opened(shop) as pilot:
        await pilot.press("2")
        for name, words in (
            ("receipt", "git fetch origin"),
            ("currency", "/shop/money.py"),
            ("coupons", "May several"),
            ("rounding", "failed in"),
            ("docs", "no commits"),
            ("prices", "Called stuck"),
            ("ci", "held"),
        ):
            await choose(pilot, name)
            await shows(pilot, words)
            await album.take(pilot, f"inbox-{name}")
        await choose(pilot, "currency")
        await pilot.resize_terminal(*WIDE)
        await album.take(pilot, "inbox-wide")


async def test_a_task(shop: Shop, album: Album) -> None:
    shop.tell()
    shop.change()
    async with opened(shop) as pilot:
        await choose(pilot, "discount")
        await pilot.press("enter")
        await shows(pilot, "One test fails")
        await album.take(pilot, "task-story")
        await pilot.press("]")
        await shows(pilot, "class Cart")
        await pilot.press("j", "enter", *"why?", "enter")
        await shows(pilot, "┃ why?")
        await album.take(pilot, "task-diff")
        await pilot.press("]")
        await album.take(pilot, "task-plan")
        await pilot.press("]")
        await shows(pilot, "FILES")
        await album.take(pilot, "task-checkpoints")
        await pilot.press("]")
        await album.take(pilot, "task-facts")
        await pilot.resize_terminal(*WIDE)
        await pilot.press("]")
        await album.take(pilot, "task-story-wide")
        await pilot.press("]")
        await album.take(pilot, "task-diff-wide")


async def test_the_queue(shop: Shop, album: Album) -> None:
    shop.land()
    async with opened(shop) as pilot:
        await pilot.press("3")
        await choose(pilot, "live tax")
        await shows(pilot, "says")
        await album.take(pilot, "queue-gating")
        await pilot.press("end")
        await shows(pilot, "SOLVED BY")
        await album.take(pilot, "queue-undone")
        await pilot.press("k", "k")
        await pilot.resize_terminal(*WIDE)
        await shows(pilot, "rounding: rejected")
        await album.take(pilot, "queue-wide")


async def test_the_cost(shop: Shop, album: Album) -> None:
    shop.spend()
    async with opened(shop) as pilot:
        await pilot.press("4")
        for by, words in (
            ("task", "stock"),
            ("model", "sonnet"),
            ("day", "2026-11-2"),
            ("ledger", "OUTCOME"),
        ):
            await shows(pilot, words)
            await album.take(pilot, f"cost-{by}")
            await pilot.press("b")
        await pilot.resize_terminal(*WIDE)
        await shows(pilot, "stock")
        await album.take(pilot, "cost-wide")


async def test_dialogs(shop: Shop, album: Album) -> None:
    shop.ask()
    async with opened(shop) as pilot:
        await choose(pilot, "receipt")
        await pilot.press("a")
        await shows(pilot, "receipt asks to use Bash")
        await album.take(pilot, "dialog-answer")
        await pilot.press("escape", "c")
        await album.take(pilot, "dialog-confirm")
        await pilot.press("n", "o")
        await album.take(pilot, "dialog-columns")
        await pilot.press("escape", "?")
        await album.take(pilot, "dialog-help")
        await pilot.press("escape", "ctrl+y")
        await album.take(pilot, "dialog-copy")
        await pilot.press("down", "enter")
        await shows(pilot, "handed to the clipboard: wta/receipt")
        assert pilot.app.clipboard == "wta/receipt"
        await pilot.press("n")
        await shows(pilot, "A new task in")
        await album.take(pilot, "dialog-spawn")
        await pilot.press("escape")
        await choose(pilot, "coupons")
        await pilot.press("a")
        await shows(pilot, "coupons asks  1 of 2")
        await album.take(pilot, "dialog-choose-one")
        await pilot.press("2")
        await shows(pilot, "2 of 2")
        await pilot.press("3", "1", "4", *"nowhere else")
        await album.take(pilot, "dialog-choose-many")
        await pilot.press("escape", "escape", "ctrl+p")
        await shows(pilot, "Search")
        await album.take(pilot, "palette")


async def test_the_past(shop: Shop, album: Album) -> None:
    shop.remember()
    async with opened(shop, at=later(-600)) as pilot:
        await shows(pilot, "Edit: docs")
        await album.take(pilot, "past")


async def test_nothing(shop: Shop, album: Album) -> None:
    async with opened(shop, follow=Looks(shop.context, ())) as pilot:
        for key, name in (("1", "board"), ("2", "inbox"), ("3", "queue"), ("4", "cost")):
            await pilot.press(key)
            await album.take(pilot, f"empty-{name}")


async def test_a_store_that_cannot_be_read(shop: Shop, album: Album) -> None:
    looks, path = Looks(shop.context, shop.items), Path("/home/ada/.local/state/wta/shop/state.db")
    async with opened(shop, follow=looks) as pilot:
        await choose(pilot, "receipt")
        for name, fault in (
            ("newer", newer_fault(path, ["2999-01-01"])),
            ("busy", busy_fault(path, 30)),
            ("gone", gone_fault(path)),
        ):
            looks.post(StoreTroubled(fault))
            await shows(pilot, name)
            await album.take(pilot, f"store-{name}")


async def test_without_colours(shop: Shop, album: Album, sandbox: Sandbox) -> None:
    sandbox.set_variable("NO_COLOR", "1")
    async with opened(shop) as pilot:
        await choose(pilot, "receipt")
        await album.take(pilot, "board-without-colours")
