"""Every recorded stream of the real program, read to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from wtagents.agent.port import Ending, Verdict
from wtagents.agent.reader import ClaudeReader
from wtagents.core.run import ExitReason, Phase, Usage

STREAMS = Path(__file__).parents[1] / "data" / "streams"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MODEL = "claude-haiku-4-5"


def read(name: str) -> ClaudeReader:
    reader = ClaudeReader()
    for line in (STREAMS / f"{name}.ndjson").read_bytes().splitlines(keepends=True):
        reader.feed(line, at=AT)
    return reader


def said(
    reason: ExitReason, detail: str, *denials: str, retry_at: datetime | None = None
) -> Verdict:
    return Verdict(reason=reason, detail=detail, denials=denials, retry_at=retry_at)


OVERLOADED = (
    "API Error: 529 Overloaded. This is a server-side issue, usually temporary — try again in a "
    "moment. If it persists, check your inference gateway (127.0.0.1:36789)."
)
VERDICTS = {
    "background_command": said(ExitReason.COMPLETED, "The command finished."),
    "compaction": said(ExitReason.COMPLETED, "Done after compaction."),
    "hooks": said(ExitReason.COMPLETED, "Hooked."),
    "interrupted_then_continued": said(ExitReason.COMPLETED, "Back again."),
    "killed_in_a_tool": said(ExitReason.LOST, "it ended without reporting a result"),
    "max_turns": said(ExitReason.MAX_TURNS, "Reached maximum number of turns (2)"),
    "message_during_a_turn": said(ExitReason.COMPLETED, "Tabs it is."),
    "over_budget": said(ExitReason.BUDGET, "Reached maximum budget ($0.1)"),
    "partial_messages": said(ExitReason.COMPLETED, "Hello there."),
    "permission_asked": said(
        ExitReason.INTERRUPTED, "its turn was interrupted", "Bash: touch b.txt", "Bash: touch c.txt"
    ),
    "permission_denied_without_a_person": said(
        ExitReason.COMPLETED, "I may not do that.", "Bash: touch a.txt"
    ),
    "rate_limited": said(
        ExitReason.RATE_LIMITED, "API Error: Request rejected (429) · Too many requests"
    ),
    "resume_of_unknown_session": said(
        ExitReason.CONVERSATION_LOST,
        "No conversation found with session ID: 00000000-0000-4000-8000-000000000020",
    ),
    "retries_then_overloaded": said(ExitReason.OVERLOADED, OVERLOADED),
    "retry_then_success": said(ExitReason.COMPLETED, "Done after a retry."),
    "structured_output": said(ExitReason.COMPLETED, '{"answer":"yes"}'),
    "subagent": said(ExitReason.COMPLETED, "The agent reported."),
    "subscription_limit": said(
        ExitReason.RATE_LIMITED,
        "You've hit your 5-hour limit · resets Mar 17, 2030, 5:46pm (UTC)",
        retry_at=datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC),
    ),
    "success_with_commit": said(ExitReason.COMPLETED, "Done: greeting.py is committed."),
    "unauthorized": said(ExitReason.AUTHENTICATION, "Invalid API key · Fix external API key"),
}


def test_every_recorded_stream_is_judged_here() -> None:
    assert sorted(path.stem for path in STREAMS.glob("*.ndjson")) == sorted(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_follows_from_the_stream(name: str) -> None:
    # Exit code 0 on purpose: it must not decide.
    verdict = read(name).verdict(Ending(exit_code=0, stderr_tail=""))
    assert verdict == VERDICTS[name]


@pytest.mark.parametrize("name", VERDICTS)
def test_no_line_of_the_real_program_is_unknown(name: str) -> None:
    assert read(name).state.unknown == 0


@pytest.mark.parametrize("name", sorted(set(VERDICTS) - {"killed_in_a_tool"}))
def test_a_finished_stream_is_at_rest(name: str) -> None:
    state = read(name).state
    assert (state.at_rest, state.phase, state.open_tools, state.questions) == (
        True,
        Phase.IDLE,
        (),
        (),
    )


def test_a_killed_run_is_still_in_its_tool() -> None:
    state = read("killed_in_a_tool").state
    assert not state.at_rest
    assert (state.phase, state.doing, len(state.open_tools)) == (
        Phase.TOOL,
        "Bash: touch started; while test -e started; do sleep 0.02; done",
        1,
    )


def test_usage_is_the_sum_of_the_run_and_occupancy_that_of_its_latest_request() -> None:
    assert read("success_with_commit").state.usage == Usage(
        cost_usd=0.020925,
        input_tokens=50320,
        output_tokens=235,
        turns=5,
        context_tokens=13007,
        context_window=200000,
        model=MODEL,
    )


def test_a_subagent_costs_but_does_not_fill_the_context() -> None:
    usage = read("subagent").state.usage
    assert (usage.turns, usage.input_tokens, usage.context_tokens) == (3, 5000, 1000)
    assert usage.cost_usd == pytest.approx(0.0055)
