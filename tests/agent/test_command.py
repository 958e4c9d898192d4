"""Any program as an agent."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.agent_session import AgentSession
from wtagents.agent.command import Command
from wtagents.agent.events import Said
from wtagents.agent.port import Ending, Launch, LaunchRequest, Verdict
from wtagents.core.errors import UsageError
from wtagents.core.ids import TaskName
from wtagents.core.run import ExitReason

AGENT = Command()
REQUEST = LaunchRequest(
    task=TaskName("t"),
    worktree=Path("/w/t"),
    prompt="$(touch x); {worktree} `id` \\1",
    session_id="",
    resumes=False,
    argv=("agent", "--in={worktree}", "{prompt}", "{worktree}/{prompt}{other}", "{}"),
)
AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_placeholders_are_replaced_once_and_no_shell_sees_them() -> None:
    assert AGENT.launch(REQUEST) == Launch(
        argv=(
            "agent",
            "--in=/w/t",
            "$(touch x); {worktree} `id` \\1",
            "/w/t/$(touch x); {worktree} `id` \\1{other}",
            "{}",
        ),
        environment=(),
        first_message="",
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (replace(REQUEST, argv=()), "no program is given for the agent"),
        (replace(REQUEST, prompt="a\0b"), "an argument of the agent holds a NUL character"),
        (replace(REQUEST, prompt="ä" * 65536), "the prompt is too long for a command line"),
    ],
)
def test_what_no_command_line_can_hold_is_refused(request_: LaunchRequest, message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}$"):
        AGENT.launch(request_)


def test_a_prompt_of_the_greatest_length_starts(tmp_path: Path) -> None:
    prompt = "x" * 131_071
    launch = AGENT.launch(replace(REQUEST, prompt=prompt, argv=("printf", "%s", "{prompt}")))
    with AgentSession(AGENT, launch, cwd=tmp_path, environment=os.environ) as session:
        assert session.wait().reason is ExitReason.COMPLETED
        assert session.events == (Said(text=prompt),)


def test_output_is_what_it_says_and_its_last_words_are_the_detail(tmp_path: Path) -> None:
    script = "echo one; printf '\\033[31mtwo\\033[0m\\r\\n\\n'; echo wrong >&2; exit 0"
    launch = AGENT.launch(replace(REQUEST, argv=("sh", "-c", script)))
    with AgentSession(AGENT, launch, cwd=tmp_path, environment=os.environ) as session:
        verdict = session.wait()
        assert session.events == (Said(text="one"), Said(text="two"), Said(text=""))
    assert verdict == Verdict(reason=ExitReason.COMPLETED, detail="two")


@pytest.mark.parametrize(
    ("ending", "reason", "detail"),
    [
        (Ending(exit_code=0, stderr_tail="noise"), ExitReason.COMPLETED, "said"),
        (
            Ending(exit_code=2, stderr_tail="a\nb\n"),
            ExitReason.AGENT_ERROR,
            "exit status 2: b",
        ),
        (Ending(exit_code=2, stderr_tail=""), ExitReason.AGENT_ERROR, "exit status 2: said"),
        (Ending(exit_code=-9, stderr_tail=""), ExitReason.LOST, "killed by SIGKILL"),
        (Ending(exit_code=None, stderr_tail=""), ExitReason.LOST, "nobody saw it end"),
        (
            Ending(exit_code=-9, stderr_tail="", stopped=True),
            ExitReason.STOPPED,
            "stopped by a person",
        ),
        (
            Ending(exit_code=-9, stderr_tail="", stopped=True, timed_out=True),
            ExitReason.TIMED_OUT,
            "its time was over",
        ),
    ],
)
def test_the_exit_status_judges(ending: Ending, reason: ExitReason, detail: str) -> None:
    reader = AGENT.reader()
    reader.feed(b"said\n", at=AT)
    assert reader.verdict(ending) == Verdict(reason=reason, detail=detail)


def test_it_is_never_at_rest_and_takes_no_messages() -> None:
    reader = AGENT.reader()
    reader.feed(b"said\n", at=AT)
    assert not reader.state.at_rest
    assert reader.question("q") is None
    assert (AGENT.takes_messages, AGENT.encode_text("w", "x"), AGENT.encode_interrupt("r")) == (
        False,
        b"",
        b"",
    )


def test_a_probe_finds_the_program_or_says_that_it_does_not(tmp_path: Path) -> None:
    assert AGENT.probe("sh").ok
    assert AGENT.probe(str(tmp_path / "none")).problem == (
        f"{tmp_path / 'none'} is not found on PATH"
    )
