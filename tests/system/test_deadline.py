from __future__ import annotations

import signal
from threading import Thread

import pytest

from wtagents.system.programs.deadline import Overdue, at_most


def never_end() -> None:
    while True:
        pass


def test_work_that_takes_too_long_is_broken_off() -> None:
    before, timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    with pytest.raises(Overdue), at_most(0.05):
        never_end()
    assert signal.getsignal(signal.SIGALRM) is before
    assert bool(signal.getitimer(signal.ITIMER_REAL)[0]) == bool(timer[0])


def test_another_thread_has_no_deadline() -> None:
    before = signal.getsignal(signal.SIGALRM)
    seen = []

    def work() -> None:
        with at_most(0.01):
            seen.append(signal.getsignal(signal.SIGALRM))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
