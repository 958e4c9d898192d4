"""The radar beside the ticks: when it looks, when it does not, and that nothing ends it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ready_tasks import Fleet
from wtagents.core.config.settings import Layer
from wtagents.operations.context import Context
from wtagents.operations.observe import observe
from wtagents.supervisor.radar import Radar

if TYPE_CHECKING:
    from tests.support.clock import ManualClock
    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Fleet:
    return Fleet(repository, clock=clock)


def radar(fleet: Fleet, **settings: Any) -> Radar:
    layer = Layer(source="--test", values={"radar": settings})
    fleet.context.close()
    fleet.context = Context(fleet.main.path, flags=[layer], clock=fleet.clock)
    return Radar(fleet.context)


def looked(fleet: Fleet, radar: Radar) -> bool:
    """Wake the radar, let it end what it begins, and return whether it has looked."""
    memory = fleet.context.paths.radar / "memory.json"
    memory.unlink(missing_ok=True)
    radar.wake(observe(fleet.context))
    radar.finish()
    fleet.context.close()
    return memory.exists()


def test_it_looks_after_an_interval(fleet: Fleet, clock: ManualClock) -> None:
    fleet.task("one", {"a": "1\n"})
    waiting = radar(fleet, interval="7s")
    clock.advance(6.9)
    assert not looked(fleet, waiting)
    waiting = radar(fleet, interval="7s")
    clock.advance(7)
    assert looked(fleet, waiting)


def test_it_does_not_look_without_tasks_or_when_it_is_off(fleet: Fleet, clock: ManualClock) -> None:
    waiting = radar(fleet)
    clock.advance(60)
    assert not looked(fleet, waiting)
    fleet.task("one", {"a": "1\n"})
    off = radar(fleet, enabled=False)
    clock.advance(60)
    assert not looked(fleet, off)


def test_a_look_that_fails_is_logged(
    fleet: Fleet, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.task("one", {"a": "1\n"})
    failing = radar(fleet)
    clock.advance(60)
    fleet.context.paths.radar.write_text("a file where the folder is to be")
    with caplog.at_level(logging.WARNING):
        assert not looked_at_file(fleet, failing)
    assert [record.message.partition(":")[0] for record in caplog.records] == ["radar"]


def looked_at_file(fleet: Fleet, radar: Radar) -> bool:
    radar.wake(observe(fleet.context))
    radar.finish()
    fleet.context.close()
    return fleet.context.paths.radar.is_dir()
