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


def answer_next(running: Running, number: int, *, allow: bool, known: str) -> str:
    """Answer the first question that is not the known one; return its id."""
    pulse = running.await_pulse(
        lambda pulse: pulse.question is not None and pulse.question.request_id != known
    )
    assert pulse.question is not None
    request_id = pulse.question.request_id
    body = {"request_id": request_id, "allow": allow, "message": "No."}
    running.post(number, MessageKind.ANSWER, json.dumps(body))
    return request_id


def test_a_run_from_prompt_to_exit(running: Running, messages_api: MessagesApi) -> None:
    messages_api.add_script("a", script(bash("echo hello > greeting"), text("Done.")))
    start(running)
    ended = running.outcome()
    assert (ended.reason, ended.exit_code, ended.survivors) == (ExitReason.COMPLETED, 0, 0)
    assert ended.detail == "Done."
    assert ended.usage.turns == 2
    assert ended.usage.cost_usd > 0
    assert (running.worktree / "greeting").read_text() == "hello\n"
    pulse = run_folder.load_pulse(running.folder)
    assert pulse is not None
    assert (pulse.phase, pulse.session_id) == (Phase.ENDING, running.run_id)


def test_words_reach_the_running_turn(running: Running, messages_api: MessagesApi) -> None:
    messages_api.add_script("a", script(bash(WAITING), text("Done.")))
    start(running)
    await_file(running, "started")
    running.say(1, "Mind the tests.")
    wait_until(lambda: running.stream().count('"queued"') == 2, what=running.state)
    (running.worktree / "go").touch()
    assert running.outcome().reason is ExitReason.COMPLETED
    assert fates(running) == {1: True}
    assert "Mind the tests." in json.dumps(messages_api.requests[-1].body)


def test_a_question_is_shown_and_answered(running: Running, messages_api: MessagesApi) -> None:
    messages_api.add_script("a", script(bash("touch allowed"), bash("touch denied"), text("Done.")))
    start(running, mode="default")
    first = answer_next(running, 1, allow=True, known="")
    answer_next(running, 2, allow=False, known=first)
    ended = running.outcome()
    assert ended.reason is ExitReason.COMPLETED
    assert fates(running) == {1: True, 2: True}
    assert (running.worktree / "allowed").exists()
    assert not (running.worktree / "denied").exists()
    assert len(ended.denials) == 1


def test_an_interrupt_with_words_goes_on_with_them(
    running: Running, messages_api: MessagesApi
) -> None:
    messages_api.add_script("a", script(bash(WAITING), text("Something else.")))
    start(running)
    await_file(running, "started")
    running.post(1, MessageKind.INTERRUPT, "Do something else.")
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.COMPLETED, "Something else.")
    assert fates(running) == {1: True}
    assert "Do something else." in json.dumps(messages_api.requests[-1].body)


def test_an_interrupt_without_words_ends_the_run(
    running: Running, messages_api: MessagesApi
) -> None:
    messages_api.add_script("a", script(bash(WAITING), text("Never.")))
    start(running)
    await_file(running, "started")
    running.post(1, MessageKind.INTERRUPT)
    ended = running.outcome()
    assert (ended.reason, fates(running)) == (ExitReason.INTERRUPTED, {1: True})
    assert len(messages_api.requests) == 1


@pytest.mark.parametrize("mode", ["bypassPermissions", "default"])
def test_a_stop_ends_the_turn_at_once_and_keeps_what_waits(
    running: Running, messages_api: MessagesApi, mode: str
) -> None:
    """In a tool, and in a question that nobody has answered."""
    messages_api.add_script("a", script(bash(WAITING), text("Never.")))
    start(running, mode=mode, seconds=600.0)
    running.await_phase(Phase.ASKING if mode == "default" else Phase.TOOL)
    running.say(1, "Later.")
    wait_until(lambda: running.stream().count('"queued"') == 2, what=running.state)
    ended = running.stop()
    assert (ended.reason, fates(running)) == (ExitReason.STOPPED, {})
    assert len(messages_api.requests) == 1
    assert marked_processes((RUN_MARK, running.run_id), (SESSION_MARK, running.run_id)) == []


def test_what_a_tool_left_running_is_stopped(running: Running, messages_api: MessagesApi) -> None:
    left = "nohup setsid sleep 600 >/dev/null 2>&1 & (env -i setsid sleep 601 >/dev/null 2>&1 &)"
    messages_api.add_script("a", script(bash(left), text("Done.")))
    start(running, seconds=1.0)
    ended = running.outcome()
    assert (ended.reason, ended.exit_code) == (ExitReason.COMPLETED, 0)
    assert ended.survivors == 2
    assert marked_processes((RUN_MARK, running.run_id)) == []


def test_a_killed_runner_leaves_what_can_be_stopped(
    running: Running, messages_api: MessagesApi
) -> None:
    messages_api.add_script("a", script(bash(WAITING), text("Never.")))
    start(running)
    await_file(running, "started")
    agent = run_folder.load_agent(running.folder)
    assert agent is not None
    running.runners[0].kill()
    running.runners[0].wait(10)
    assert running.clear() >= 2
    assert marked_processes((RUN_MARK, running.run_id), (SESSION_MARK, running.run_id)) == []
    assert run_folder.load_exit(running.folder) is None
