"""The built-in agent and the ways in which its process ends."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.support.agent_session import Play, played
from tests.support.environment import Sandbox
from tests.support.processes import kill_hard, survivors
from tests.support.waiting import wait_until
from wtagents.agent.events import (
    ControlAnswered,
    RateLimited,
    Retrying,
    Started,
    ToolReturned,
    ToolUsed,
    TurnEnded,
)
from wtagents.agent.port import Verdict
from wtagents.core.run import ExitReason


def test_an_interrupt_between_turns_changes_nothing(play: Play) -> None:
    with play('say "One."') as session:
        session.wait_for_rest()
        session.interrupt(7)
        session.wait_for(ControlAnswered)
        session.say('scenario:\nsay "Two."', number=1)
        session.wait_for(TurnEnded, count=2)
        assert session.finish() == Verdict(reason=ExitReason.COMPLETED, detail="Two.")


FAILURES = {
    "authentication": ExitReason.AUTHENTICATION,
    "billing": ExitReason.BILLING,
    "rate_limit": ExitReason.RATE_LIMITED,
    "overloaded": ExitReason.OVERLOADED,
    "server": ExitReason.API_ERROR,
    "prompt_too_long": ExitReason.PROMPT_TOO_LONG,
    "max_turns": ExitReason.MAX_TURNS,
    "budget": ExitReason.BUDGET,
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_has_its_reason(play: Play, kind: str) -> None:
    session = play(f"fail {kind}")
    verdict = played(session)
    assert (verdict.reason, verdict.retry_at, session.exit_code) == (FAILURES[kind], None, 1)


def test_a_rate_limit_says_when_it_ends(play: Play) -> None:
    session = play("fail rate_limit 3600")
    verdict = played(session)
    limited = [event for event in session.events if isinstance(event, RateLimited)]
    assert verdict.retry_at is not None
    assert [verdict.retry_at] == [event.resets_at for event in limited]


def test_an_overloaded_server_is_announced_by_a_retry(play: Play) -> None:
    session = play("fail overloaded")
    played(session)
    retries = [event for event in session.events if isinstance(event, Retrying)]
    assert [(event.attempt, event.status) for event in retries] == [(1, 529)]


@pytest.mark.parametrize(
    ("step", "reason", "detail"),
    [
        ("crash", ExitReason.LOST, "killed by SIGKILL before it reported an end"),
        ("exit 3", ExitReason.AGENT_ERROR, "it broke off: exit status 3"),
        ("no-result", ExitReason.LOST, "it ended without reporting a result"),
    ],
)
def test_an_end_without_a_result_is_never_success(
    play: Play, step: str, reason: ExitReason, detail: str
) -> None:
    with play(step) as session:
        assert session.wait() == Verdict(reason=reason, detail=detail)


def test_term_ends_it_and_its_command(play: Play, sandbox: Sandbox) -> None:
    with play("run sleep 300") as session:
        session.wait_for(ToolUsed)
        wait_until(lambda: _runs(sandbox, "sleep 300"), what="the command runs")
        session.signal(signal.SIGTERM)
        verdict = session.wait()
    assert (verdict.reason, session.exit_code) == (ExitReason.LOST, 143)
    wait_until(lambda: not _runs(sandbox, "sleep 300"), what="the command is gone")


def _runs(sandbox: Sandbox, command: str) -> bool:
    return any(" ".join(each.argv) == command for each in survivors(sandbox.mark))


@pytest.mark.skipif(sys.platform != "linux", reason="reads ignored signals from /proc")
def test_a_deaf_one_must_be_killed(play: Play) -> None:
    with play("ignore-term", "hang") as session:
        session.wait_for(Started)
        wait_until(lambda: _ignores_term(session.pid), what="TERM is ignored")
        session.signal(signal.SIGTERM)
        session.interrupt(1)
        assert session.exit_code is None
        session.signal(signal.SIGKILL)
        assert session.wait(stopped=True).reason is ExitReason.STOPPED
        assert not any(isinstance(event, ControlAnswered) for event in session.events)


def _ignores_term(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    return bool(ignored >> (signal.SIGTERM - 1) & 1)


def test_a_child_that_is_left_survives(play: Play, sandbox: Sandbox) -> None:
    session = play("leave-child 300")
    assert played(session).reason is ExitReason.COMPLETED
    left = survivors(sandbox.mark)
    returned = [event.text for event in session.events if isinstance(event, ToolReturned)]
    assert returned == [f"pid {each.pid}" for each in left]
    for each in left:
        kill_hard(each.pid)
