"""The runner with the real Claude Code, from the prompt to the proof that nothing is left."""

from __future__ import annotations

import json

import pytest

from tests.support.api.script import bash, marker, script, text
from tests.support.claude_cli import ClaudeCli
from tests.support.environment import Sandbox
from tests.support.messages_api import MessagesApi
from tests.support.running import Running, claude_order
from tests.support.waiting import wait_until
from wtagents.core.message import MessageKind
from wtagents.core.run import ExitReason, Phase
from wtagents.system import run_folder
from wtagents.system.process import RUN_MARK, SESSION_MARK, marked_processes

pytestmark = [pytest.mark.claude, pytest.mark.usefixtures("claude_on_path")]

PROMPT = f"{marker('a')} Add a greeting."
WAITING = "touch started; until test -e go; do sleep 0.02; done"


@pytest.fixture(autouse=True)
def free(sandbox: Sandbox, claude: ClaudeCli) -> None:
    """Let uid 0 use bypassPermissions, as in a container."""
    sandbox.set_variable("IS_SANDBOX", claude.environment(bypass=True)["IS_SANDBOX"])


def start(running: Running, *, mode: str = "bypassPermissions", seconds: float = 10.0) -> None:
    order = claude_order(running.run_id, running.worktree, PROMPT, mode=mode, stop_seconds=seconds)
    running.start(order)


def await_file(running: Running, name: str) -> None:
    wait_until((running.worktree / name).exists, what=running.state)


def fates(running: Running) -> dict[int, bool]:
    return {number: taken.delivered for number, taken in running.taken().items()}


def test_an_interrupt_with_words_goes_on_with_them_and_what_a_tool_left_is_stopped(
    running: Running, messages_api: MessagesApi
) -> None:
    left = "nohup setsid sleep 600 >/dev/null 2>&1 & (env -i setsid sleep 601 >/dev/null 2>&1 &)"
    messages_api.add_script("a", script(bash(WAITING), bash(left), text("Something else.")))
    start(running, seconds=1.0)
    await_file(running, "started")
    running.post(1, MessageKind.INTERRUPT, "Do something else.")
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.COMPLETED, "Something else.")
    assert fates(running) == {1: True}
    assert "Do something else." in json.dumps(messages_api.requests[-1].body)
    assert (ended.exit_code, ended.survivors) == (0, 2)
    assert marked_processes((RUN_MARK, running.run_id)) == []
    pulse = run_folder.load_pulse(running.folder)
    assert pulse is not None
    assert (pulse.phase, pulse.session_id) == (Phase.ENDING, running.run_id)


def test_a_stop_while_a_question_is_open_ends_the_turn_at_once_and_keeps_what_waits(
    running: Running, messages_api: MessagesApi
) -> None:
    messages_api.add_script("a", script(bash(WAITING), text("Never.")))
    start(running, mode="default", seconds=600.0)
    running.await_phase(Phase.ASKING)
    running.say(1, "Later.")
    wait_until(lambda: running.stream().count('"queued"') == 2, what=running.state)
    ended = running.stop()
    assert (ended.reason, fates(running)) == (ExitReason.STOPPED, {})
    assert len(messages_api.requests) == 1
    assert marked_processes((RUN_MARK, running.run_id), (SESSION_MARK, running.run_id)) == []
