"""Who leaves the view does not wait for an answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from tests.support.clock import ManualClock
from wtagents.dashboard.patience import Patience
from wtagents.operations.steering.waiting import wait_for
from wtagents.system.clock import SystemClock

SECONDS = 600.0
"""Far longer than the test may take."""


def test_a_wait_ends_when_the_view_is_left() -> None:
    left, looked = Event(), Event()
    with ThreadPoolExecutor(1) as pool:
        clock = Patience(SystemClock(), left)
        waiting = pool.submit(wait_for, clock, looked.set, seconds=SECONDS)
        assert looked.wait(30)
        left.set()
        assert waiting.result(timeout=30) is None


def test_a_wait_that_begins_afterwards_ends_at_once() -> None:
    left = Event()
    left.set()
    clock = Patience(SystemClock(), left)
    assert wait_for(clock, lambda: None, seconds=SECONDS) is None
    assert clock.wait(Event(), SECONDS) is False


def test_until_then_it_is_the_clock_that_it_was() -> None:
    inner = ManualClock()
    clock = Patience(inner, Event())
    assert (clock.now(), clock.monotonic()) == (inner.now(), inner.monotonic())
    inner.advance(5)
    assert (clock.now(), clock.monotonic()) == (inner.now(), inner.monotonic())
