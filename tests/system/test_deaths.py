"""Waiting for the end of processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.support.processes import kill_hard, start_apart
from wtagents.core.run import ProcessIdentity
from wtagents.system.process import identity_of
from wtagents.system.programs.deaths import DeathWatch

PATIENCE = 60.0
SHORT = 0.02


@pytest.fixture
def watch() -> DeathWatch:
    return DeathWatch()


@pytest.fixture
def sleepers() -> Iterator[list[ProcessIdentity]]:
    started = [start_apart(["sleep", "600"]) for _ in range(3)]
    yield [found for child in started if (found := identity_of(child.pid))]
    for child in started:
        child.kill()
        child.communicate()


@pytest.mark.skipif(not hasattr(signal, "pidfd_send_signal"), reason="no pidfd here")
def test_a_death_ends_the_wait_and_is_told_once(
    watch: DeathWatch, sleepers: list[ProcessIdentity]
) -> None:
    first, second, third = sleepers
    watch.watch(sleepers)
    assert not watch.wait(SHORT)
    kill_hard(second.pid)
    assert watch.wait(PATIENCE)
    watch.watch(sleepers)
    assert not watch.wait(SHORT)
    watch.watch([third])
    kill_hard(first.pid)
    assert not watch.wait(SHORT)
    kill_hard(third.pid)
    assert watch.wait(PATIENCE)


def test_a_ring_ends_the_wait_that_comes(watch: DeathWatch) -> None:
    watch.ring()
    watch.ring()
    assert watch.wait(PATIENCE)
    assert not watch.wait(SHORT)


def test_no_number_of_rings_blocks(watch: DeathWatch) -> None:
    for _ in range(100_000):
        watch.ring()
    assert watch.wait(PATIENCE)
