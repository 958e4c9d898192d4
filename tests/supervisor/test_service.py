"""The supervisor as a service: it says that it lives, and stays when there is nothing to do."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import wait_until
from tests.support.wta import start_wta, wta
from wtagents.operations.context import Context
from wtagents.system.lock import is_held
from wtagents.system.programs.notify import Notifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def manager(sandbox: Sandbox, tmp_path: Path) -> Iterator[socket.socket]:
    """Return the socket of a service manager, as our environment names it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(30)
        sandbox.set_variable("NOTIFY_SOCKET", str(tmp_path / "notify"))
        sandbox.set_variable("WATCHDOG_USEC", "300000000")
        yield listening


def heard(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().splitlines()


def test_it_says_that_it_lives_and_that_it_ends(
    repository: RepositoryBuilder, manager: socket.socket
) -> None:
    service = start_wta(repository.path, "supervise", "--stay")
    assert heard(manager) == ["READY=1"]
    assert [heard(manager), heard(manager)] == [["WATCHDOG=1", "STATUS=nothing to do"]] * 2
    lock = Context(repository.path).paths.supervisor_lock
    wait_until(lambda: is_held(lock), what="the lock is held")
    waiting = start_wta(repository.path, "supervise", "--stay")
    wait_until(lambda: heard(manager) == ["READY=1"], what="a second one is ready, too")
    words = ["WATCHDOG=1", "STATUS=waits for another supervisor to end"]
    wait_until(lambda: heard(manager) == words, what="and waits")
    service.terminate()
    wait_until(lambda: heard(manager) == ["STOPPING=1"], what="the first one ends")
    assert service.wait(30) == 0
    wait_until(lambda: is_held(lock), what="the second one has taken over")
    waiting.terminate()
    assert waiting.wait(30) == 0


def test_programs_that_are_started_do_not_see_the_socket(manager: socket.socket) -> None:
    notifier = Notifier()
    assert {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & set(os.environ) == set()
    assert notifier.tell("READY=1", "STATUS=one") is True
    assert heard(manager) == ["READY=1", "STATUS=one"]
    manager.close()
    assert notifier.tell("WATCHDOG=1") is False


def test_nothing_is_told_where_nobody_listens(repository: RepositoryBuilder) -> None:
    assert Notifier().tell("READY=1") is False
    assert wta(repository.path, "supervise", "--once").stdout.startswith("ended after 2 ticks")
