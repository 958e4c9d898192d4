"""How still an agent is: by a clock that a test moves, with real processes."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from tests.support.clock import ManualClock
from tests.support.processes import kill_hard, start_apart
from tests.support.records import a_pulse
from tests.support.waiting import wait_until
from wtagents.core.record import replace
from wtagents.core.run import KEPT_SECONDS, Stillness
from wtagents.runner.stillness import LOOK_SECONDS, StillnessWatch
from wtagents.runner.watch import Watch
from wtagents.system.paths import RunFolder
from wtagents.system.programs.bell import Bell

WORKS = "x = 0\nwhile True: x += 1"
RESTS = "import time; time.sleep(600)"


def await_work(pid: int) -> None:
    """Wait until a process was on the processor for a tenth of a second more."""
    process = psutil.Process(pid)
    before = process.cpu_times().user
    wait_until(lambda: process.cpu_times().user >= before + 0.1)


@pytest.mark.parametrize("program", [WORKS, RESTS])
def test_a_tool_is_seen_at_work_or_idle(program: str) -> None:
    clock = ManualClock()
    child = start_apart([sys.executable, "-c", program])
    try:
        watch = StillnessWatch(clock)
        clock.advance(19)
        assert watch.look(None) is None
        clock.advance(1)
        first = watch.look(None)
        assert first is not None
        assert (first.seconds, first.idle_seconds) == (20, 20)

        def looked() -> Stillness | None:
            if program == WORKS:
                await_work(child.pid)
            clock.advance(LOOK_SECONDS)
            seen = watch.look(None)
            assert seen is not None
            assert seen.process.endswith(f" (pid {child.pid})")
            is_idle = seen.idle_seconds >= 2 * LOOK_SECONDS
            return seen if is_idle is (program == RESTS) else None

        assert wait_until(looked) is not None
    finally:
        kill_hard(child.pid)
        child.communicate()


def test_a_word_ends_the_stillness() -> None:
    clock = ManualClock()
    watch = StillnessWatch(clock)
    clock.advance(60)
    assert watch.look(None) == Stillness(seconds=60, idle_seconds=60, process="")
    watch.note_output()
    clock.advance(5)
    assert watch.look(None) is None


class Deaf(Bell):
    """A bell that takes no signal of the tests."""

    def __init__(self) -> None:
        self.stops = 0


def test_of_a_silence_one_pulse_a_minute_is_kept(tmp_path: Path) -> None:
    clock = ManualClock()
    folder = RunFolder(root=tmp_path)
    watch = Watch(folder, clock, Deaf())
    speaks = a_pulse(doing="Bash: make", at=clock.now())
    watch.show(speaks)
    for _ in range(30):
        clock.advance(LOOK_SECONDS)
        still = Stillness(seconds=10, idle_seconds=0, process="make (pid 812)")
        watch.show(replace(speaks, still=still, at=clock.now()))
    kept = folder.pulses.read_bytes().splitlines()
    assert len(kept) == 1 + 30 * LOOK_SECONDS / KEPT_SECONDS
    clock.advance(1)
    watch.show(replace(speaks, doing="Bash: make test", at=clock.now()))
    assert len(folder.pulses.read_bytes().splitlines()) == len(kept) + 1
