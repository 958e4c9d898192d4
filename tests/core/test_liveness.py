"""What a live run is called, and how sure that is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.records import NOW, a_pulse, facts
from wtagents.core.run import Phase, Pulse, Stillness, Usage
from wtagents.core.tending.liveness import Confidence, Liveness, Thresholds, judge

AFTER = Thresholds(quiet_seconds=180, stuck_seconds=900, loop_calls=6)
HOURS = 8 * 3600.0


def still(seconds: float, idle: float | None = None, process: str = "") -> Stillness:
    idle_seconds = seconds if idle is None else idle
    return Stillness(seconds=seconds, idle_seconds=idle_seconds, process=process)


def pulse(phase: Phase, **changes: Any) -> Pulse:
    return a_pulse(**{"phase": phase, "question": None, "at": NOW, **changes})


def called(seen: Pulse | None, **changes: Any) -> tuple[Liveness, Confidence]:
    given = {"heartbeat_age": 0.5, "activity_age": 1.0, **changes}
    verdict = judge(facts(pulse=seen, **given), AFTER, NOW)
    return verdict.liveness, verdict.confidence


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        (None, Liveness.STARTING),
        (pulse(Phase.SETUP), Liveness.STARTING),
        (pulse(Phase.THINKING), Liveness.WORKING),
        (pulse(Phase.TOOL), Liveness.WORKING),
        (pulse(Phase.ASKING), Liveness.ASKING),
        (pulse(Phase.RETRYING), Liveness.RETRYING),
        (pulse(Phase.IDLE), Liveness.IDLE),
        (pulse(Phase.RETRYING, limited_until=NOW + timedelta(hours=1)), Liveness.LIMITED),
        (pulse(Phase.RETRYING, limited_until=NOW - timedelta(hours=1)), Liveness.RETRYING),
    ],
)
def test_one_that_speaks_is_called_what_it_says(seen: Pulse | None, name: Liveness) -> None:
    assert called(seen) == (name, Confidence.CERTAIN)


def test_a_runner_that_is_gone_is_lost_whatever_it_said() -> None:
    assert called(pulse(Phase.THINKING), runner_alive=False)[0] is Liveness.LOST


def test_a_silent_model_is_quiet_then_stuck() -> None:
    thinking = pulse(Phase.THINKING, still=still(200.0))
    assert called(thinking, activity_age=200.0) == (Liveness.QUIET, Confidence.GUESS)
    thinking = pulse(Phase.THINKING, still=still(1000.0))
    assert called(thinking, activity_age=1000.0) == (Liveness.STUCK, Confidence.LIKELY)


def test_a_long_tool_at_work_is_never_stuck() -> None:
    at_work = pulse(Phase.TOOL, still=still(HOURS, idle=5.0, process="pytest (pid 812)"))
    assert called(at_work, activity_age=HOURS) == (Liveness.TOOL, Confidence.CERTAIN)


def test_a_tool_that_does_nothing_is_stuck_in_the_end() -> None:
    waits = pulse(Phase.TOOL, still=still(800.0, process="ssh (pid 9)"))
    assert called(waits, activity_age=800.0) == (Liveness.TOOL, Confidence.LIKELY)
    hangs = pulse(Phase.TOOL, still=still(1000.0, process="ssh (pid 9)"))
    assert called(hangs, activity_age=1000.0) == (Liveness.STUCK, Confidence.LIKELY)


@pytest.mark.parametrize("phase", [Phase.THINKING, Phase.TOOL])
@pytest.mark.parametrize("measured", [None, still(30.0)])
def test_the_sleep_of_a_machine_accuses_nobody(phase: Phase, measured: Stillness | None) -> None:
    before = pulse(phase, still=measured, at=NOW - timedelta(seconds=HOURS))
    # Just awake: the runner has not had its turn; then it has, and knows better than the files.
    for beat in (HOURS, 0.2):
        name, sure = called(before, activity_age=HOURS, heartbeat_age=beat)
        assert (name, sure) in {
            (Liveness.QUIET, Confidence.GUESS),
            (Liveness.WORKING, Confidence.CERTAIN),
        }


def test_a_clock_that_was_set_accuses_nobody() -> None:
    back = pulse(Phase.THINKING, at=NOW + timedelta(seconds=HOURS))
    assert called(back, activity_age=0.0) == (Liveness.WORKING, Confidence.CERTAIN)
    forward = pulse(Phase.THINKING, at=NOW - timedelta(seconds=HOURS))
    assert called(forward, activity_age=HOURS) == (Liveness.WORKING, Confidence.CERTAIN)


@pytest.mark.parametrize("seconds", [-HOURS, HOURS])
def test_a_clock_that_was_set_hides_nobody_who_is_stuck(seconds: float) -> None:
    hangs = pulse(Phase.THINKING, still=still(1000.0), at=NOW + timedelta(seconds=seconds))
    age = max(0.0, 1000.0 - seconds)
    assert called(hangs, activity_age=age) == (Liveness.STUCK, Confidence.LIKELY)


def test_a_machine_too_busy_for_its_runner_says_nothing_about_the_agent() -> None:
    seen = pulse(Phase.TOOL, still=still(1000.0))
    assert called(seen, activity_age=1000.0, heartbeat_age=20.0) == (
        Liveness.QUIET,
        Confidence.GUESS,
    )


def test_circles_are_noticed_while_the_agent_speaks() -> None:
    busy = pulse(Phase.TOOL, repeats=6, repeated="Bash: pytest -q")
    assert called(busy) == (Liveness.LOOPING, Confidence.LIKELY)
    assert called(pulse(Phase.TOOL, repeats=5))[0] is Liveness.WORKING


def test_the_evidence_is_told() -> None:
    seen = pulse(
        Phase.TOOL,
        doing="Bash: pytest",
        still=still(1000.0, idle=950.0, process="pytest (pid 812)"),
        repeats=4,
        repeated="Bash: pytest",
        usage=Usage(context_tokens=190_000, context_window=200_000),
    )
    verdict = judge(facts(pulse=seen, heartbeat_age=0.5, activity_age=1000.0), AFTER, NOW)
    runner, *rest = verdict.reasons
    assert runner.endswith("is alive")
    assert rest == [
        "last heartbeat 0 s ago",
        "agent process is alive",
        "phase tool: Bash: pytest",
        "last output of the agent 1000 s ago",
        "pytest (pid 812) has done nothing for 950 s",
        "the same outcome 4 times: Bash: pytest",
        "its context is 95 % full",
    ]
