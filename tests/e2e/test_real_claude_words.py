"""Words and conversations that a kill of the real Claude Code CLI puts in danger."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.api.script import Reply, Step, Text, bash, marker, script
from tests.support.api.script import text as words
from tests.support.api.script import write as write_file
from tests.support.claude_cli import wait_saved
from tests.support.environment import Sandbox
from tests.support.fleet import Fleet
from tests.support.messages_api import MessagesApi
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from wtagents.agent.wording import load_words
from wtagents.core.run import ExitReason
from wtagents.core.task import AgentKind, AgentSpec, Task, TaskState
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.system.run_folder import load_taken

pytestmark = [pytest.mark.e2e, pytest.mark.claude, pytest.mark.usefixtures("claude_on_path")]

MODEL = "claude-haiku-4-5"
COMMIT = bash("git add new.txt && git commit -m 'Add new.txt'")
PAUSE = "touch started; until test -e go; do sleep 0.02; done"

Begin = Callable[..., Task]


@pytest.fixture
def begin(fleet: Fleet, messages_api: MessagesApi) -> Begin:
    """Start the task `a` with an agent that gets these answers of the model."""
    fleet.configure(sandbox={"mode": "auto", "allow_bypass": True})

    def start(*steps: Step, mode: str = "acceptEdits") -> Task:
        messages_api.add_script("a", script(*steps, then=words("Done.")))
        spec = AgentSpec(kind=AgentKind.CLAUDE, model=MODEL, permission_mode=mode)
        asked = SpawnRequest(name="a", prompt=f"{marker('a')} Add a file.", agent=spec)
        return spawn(fleet.context, asked).data.task

    return start


def new_file(task: Task) -> Step:
    return write_file(str(task.worktree / "new.txt"), "new\n")


def free(sandbox: Sandbox) -> str:
    """Return the permission mode in which nothing is asked, and let root use it."""
    sandbox.set_variable("IS_SANDBOX", "1")
    return "bypassPermissions"


def say_during_a_tool(fleet: Fleet, task: Task, text: str) -> None:
    """Send words while `PAUSE` runs, let it end, and wait until the agent took them along."""
    wait_until((task.worktree / "started").exists)
    send(fleet.context, SendRequest(name="a", text=text, wait_seconds=0.0))
    wait_until(lambda: fleet.said("a").count('"state":"queued"') == 2)
    (task.worktree / "go").touch()
    fleet.await_status("a", lambda item: not item.waiting_messages)


def test_killed_before_the_conversation_was_saved_it_begins_anew(
    fleet: Fleet, begin: Begin, sandbox: Sandbox, messages_api: MessagesApi
) -> None:
    begin(
        Reply(content=(Text(text="never"),), hold="gate"),
        bash("touch new.txt"),
        COMMIT,
        words("Done."),
        mode=free(sandbox),
    )
    messages_api.wait_held("gate")
    fleet.await_status("a", lambda item: item.pulse and item.pulse.session_id)
    kill_hard(fleet.agent("a").pid)
    for path in sandbox.home.rglob(f"{fleet.run('a').session_id}.jsonl"):
        path.unlink()
    messages_api.open_gate("gate")

    assert fleet.await_rest("a").state is TaskState.READY

    assert fleet.endings("a") == [
        ExitReason.LOST,
        ExitReason.CONVERSATION_LOST,
        ExitReason.COMPLETED,
    ]
    assert fleet.runs("a")[2].prompt == fleet.task("a").prompt


def test_words_are_heard_once_whoever_is_killed(
    fleet: Fleet, begin: Begin, sandbox: Sandbox, messages_api: MessagesApi
) -> None:
    task = begin(
        bash(PAUSE),
        bash("sleep 60"),
        bash("touch new.txt"),
        COMMIT,
        words("Done."),
        mode=free(sandbox),
    )
    say_during_a_tool(fleet, task, "Use tabs.")
    wait_saved(sandbox.home, fleet.run("a").session_id, "sleep 60")
    for name in ("started", "go"):
        (task.worktree / name).unlink()
    kill_hard(fleet.runner("a").pid)
    kill_hard(fleet.agent("a").pid)
    assert load_taken(fleet.folder("a")).keys() == {fleet.messages("a")[0].id}

    assert fleet.await_rest("a").state is TaskState.READY

    assert fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    last = messages_api.requests_of("a")[-1]
    assert "Use tabs." in str(last.tool_results)
    assert "Use tabs." not in last.user_texts
    again = f"{load_words('recall')}\n\nUse tabs."
    assert any(each.endswith(again) for each in last.user_texts)
