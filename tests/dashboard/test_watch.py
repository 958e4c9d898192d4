"""The feed looks when something changed, and survives a store that is new, exchanged or newer."""

from __future__ import annotations

import shutil
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.stored import stored_task
from wtagents.core.errors import SystemFault
from wtagents.dashboard.feed import OverviewSeen, StoreTroubled, follow_all
from wtagents.dashboard.watch import REST_SECONDS, Watch
from wtagents.operations.context import Context
from wtagents.operations.telling.lookout import Lookout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message import Message

    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def context(repository: RepositoryBuilder) -> Iterator[Context]:
    opened = Context(repository.path, clock=ManualClock())
    yield opened
    opened.close()


@pytest.fixture
def writer(context: Context) -> Iterator[Context]:
    other = context.another()
    yield other
    other.close()


def look(watch: Watch, context: Context) -> list[str]:
    watch.look_begins()
    seen = Lookout(context).look()
    watch.saw(seen)
    return [each.task.name for each in seen.items]


def test_a_look_is_due_after_a_change_and_now_and_then(context: Context, writer: Context) -> None:
    watch = Watch(context)
    assert watch.is_due()
    assert look(watch, context) == []
    assert not watch.is_due()
    with writer.database.write() as db:
        stored_task(db, "first")
    assert watch.is_due()
    assert look(watch, context) == ["first"]
    assert not watch.is_due()
    clock = context.clock
    assert isinstance(clock, ManualClock)
    clock.advance(REST_SECONDS)
    assert watch.is_due()


def test_a_store_that_is_gone_and_made_anew_is_found(context: Context, writer: Context) -> None:
    with writer.database.write() as db:
        stored_task(db, "first")
    watch = Watch(context)
    assert look(watch, context) == ["first"]
    writer.close()
    shutil.rmtree(context.paths.root)
    assert watch.is_due()
    with pytest.raises(SystemFault, match="gone"):
        look(watch, context)
    with writer.database.write() as db:
        stored_task(db, "second")
    assert watch.is_due()
    assert look(watch, context) == ["second"]


def test_a_newer_store_is_a_trouble_until_it_is_known(context: Context, writer: Context) -> None:
    with writer.database.write() as db:
        stored_task(db, "first")
    watch = Watch(context)
    look(watch, context)
    with writer.database.write() as db:
        db.change("INSERT INTO migration VALUES ('2999-01-01-future')")
    assert watch.is_due()
    with pytest.raises(SystemFault, match="newer"):
        look(watch, context)
    with writer.database.write() as db:
        db.change("DELETE FROM migration WHERE name = '2999-01-01-future'")
    watch.begin_again()
    assert look(watch, context) == ["first"]


def test_the_feed_tells_of_trouble_and_goes_on(context: Context, writer: Context) -> None:
    with writer.database.write() as db:
        stored_task(db, "first")
        db.change("INSERT INTO migration VALUES ('2999-01-01-future')")
    closed, asked = Event(), Event()
    heard: list[str] = []

    def hear(message: Message) -> None:
        if isinstance(message, StoreTroubled):
            heard.append("trouble")
            with writer.database.write() as db:
                db.change("DELETE FROM migration WHERE name = '2999-01-01-future'")
        elif isinstance(message, OverviewSeen):
            heard.append(message.seen.items[0].task.name)
            closed.set()

    follow_all(context, post=hear, closed=closed, asked=asked)
    assert heard == ["trouble", "first"]
