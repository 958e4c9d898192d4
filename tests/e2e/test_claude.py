"""The whole way with the real Claude Code CLI and a scripted Messages API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.api.script import Failure, Reply, Step, Text, Usage, bash, marker, script
from tests.support.api.script import text as words
from tests.support.api.script import write as write_file
from tests.support.environment import Sandbox
from tests.support.fleet import Fleet
from tests.support.messages_api import MessagesApi
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from tests.support.wta import wta
from wtagents.core.errors import ExitCode
from wtagents.core.run import ExitReason, Phase
from wtagents.core.task import AgentKind, AgentSpec, Reason, Task, TaskState
from wtagents.operations.answer import AnswerRequest, answer
from wtagents.operations.interrupt import interrupt
from wtagents.operations.send import SendRequest, send
from wtagents.operations.spawn import SpawnRequest, spawn
from wtagents.system.run_folder import load_taken

pytestmark = [pytest.mark.e2e, pytest.mark.claude, pytest.mark.usefixtures("claude_on_path")]

MODEL = "claude-haiku-4-5"
COMMIT = bash("git add new.txt && git commit -m 'Add new.txt'")
PAUSE = "touch started; until test -e go; do sleep 0.02; done"
AT_ONCE = {"x-should-retry": "false"}

Begin = Callable[..., Task]


@pytest.fixture
def begin(fleet: Fleet, messages_api: MessagesApi) -> Begin:
    """Start the task `a` with an agent that gets these answers of the model."""

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


def await_transcript(sandbox: Sandbox, session_id: str, text: str) -> None:
    """Wait until the conversation is saved that far; that is some 0.1 s after the fact."""
    wait_until(
        lambda: any(
            text in path.read_text(errors="replace")
            for path in sandbox.home.rglob(f"{session_id}.jsonl")
        ),
        what=f"the transcript holds {text!r}",
    )


def test_from_the_wish_to_main(fleet: Fleet, begin: Begin) -> None:
    place = fleet.repository.path.parent / "project-worktrees/a/new.txt"
    usage = Usage(input_tokens=5_000, cache_read_input_tokens=15_000, output_tokens=100)

    begin(
        write_file(str(place), "new\n"),
        COMMIT,
        Reply(content=(Text(text="Added."),), usage=usage),
    )
    assert fleet.await_rest("a").state is TaskState.READY

    item = fleet.status("a")
    assert item.usage.context_tokens == 20_000
    assert item.usage.context_window == 200_000
    assert item.usage.model.startswith(MODEL)
    assert item.usage.cost_usd > 0
    assert fleet.repository.graph("main", "wta/a") == "* Add new.txt\n* Begin"
    wta(fleet.repository.path, "merge", "a")
    assert fleet.task("a").state is TaskState.MERGED
    assert fleet.repository.tree("main") == {"README.md": b"# Project\n", "new.txt": b"new\n"}
    assert fleet.repository.status() == []


def test_a_permission_is_asked_allowed_and_denied(fleet: Fleet, begin: Begin) -> None:
    begin(
        bash("touch new.txt"),
        COMMIT,
        bash("touch other.txt"),
        words("Done."),
        mode="default",
    )

    first = fleet.await_phase("a", Phase.ASKING)
    assert first.attention == "asks to use Bash: touch new.txt"
    assert answer(fleet.context, AnswerRequest(name="a", allow=True)).exit_code is ExitCode.OK
    fleet.await_status("a", lambda item: "other.txt" in item.attention)
    assert answer(fleet.context, AnswerRequest(name="a", allow=False)).exit_code is ExitCode.OK

    task = fleet.await_rest("a")
    assert (task.state, task.detail) == (TaskState.READY, "denied: Bash: touch other.txt")
    assert not (task.worktree / "other.txt").exists()


def test_a_message_in_a_turn_is_in_the_next_request(
    fleet: Fleet, begin: Begin, sandbox: Sandbox, messages_api: MessagesApi
) -> None:
    task = begin(bash(PAUSE), words("Tabs it is."), mode=free(sandbox))

    say_during_a_tool(fleet, task, "Use tabs, please.")

    fleet.await_rest("a")
    requests = messages_api.requests_of("a")
    assert "Use tabs, please." not in str(requests[0].body)
    assert str(requests[1].body).count("Use tabs, please.") == 1


def test_an_interrupt_ends_the_turn(fleet: Fleet, begin: Begin, sandbox: Sandbox) -> None:
    task = begin(bash(PAUSE), mode=free(sandbox))
    wait_until((task.worktree / "started").exists)
    fleet.tick()

    interrupt(fleet.context, "a")

    task = fleet.await_rest("a")
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    fleet.await_gone("a")


def test_a_wrong_key_rests_at_once(fleet: Fleet, begin: Begin) -> None:
    begin(Failure(status=401, kind="authentication_error", headers=AT_ONCE, times=9))

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.AUTHENTICATION)
    assert fleet.endings("a") == [ExitReason.AUTHENTICATION]
    assert fleet.tick().applied == 0


def test_too_many_requests_are_waited_for(fleet: Fleet, begin: Begin) -> None:
    begin(Failure(status=429, kind="rate_limit_error", headers=AT_ONCE, times=9))

    task = fleet.await_state("a", TaskState.QUEUED, TaskState.FAILED)

    assert (task.state, task.reason, task.attempts) == (TaskState.QUEUED, Reason.RATE_LIMITED, 0)
    assert task.not_before is not None
    assert 500 < (task.not_before - fleet.context.clock.now()).total_seconds() <= 600


def test_an_overloaded_service_is_tried_again_in_the_same_conversation(
    fleet: Fleet, begin: Begin, sandbox: Sandbox
) -> None:
    begin(
        Failure(status=529, kind="overloaded_error", headers=AT_ONCE),
        bash("touch new.txt"),
        COMMIT,
        words("Done."),
        mode=free(sandbox),
    )

    assert fleet.await_rest("a").state is TaskState.READY

    assert fleet.endings("a") == [ExitReason.API_ERROR, ExitReason.COMPLETED]
    first, second = fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)


def test_an_answer_that_is_cut_off_is_asked_for_again(
    fleet: Fleet, begin: Begin, sandbox: Sandbox
) -> None:
    begin(
        Reply(content=(Text(text="I will"),), cut_after=2),
        bash("touch new.txt"),
        COMMIT,
        words("Done."),
        mode=free(sandbox),
    )

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.endings("a") == [ExitReason.COMPLETED]


@pytest.mark.parametrize("victim", ["claude", "runner"])
def test_killed_in_a_tool_the_conversation_goes_on(
    fleet: Fleet, begin: Begin, sandbox: Sandbox, messages_api: MessagesApi, victim: str
) -> None:
    task = begin(bash(PAUSE), bash("touch new.txt"), COMMIT, words("Done."), mode=free(sandbox))
    wait_until((task.worktree / "started").exists)
    await_transcript(sandbox, fleet.run("a").session_id, PAUSE)
    (task.worktree / "started").unlink()

    kill_hard((fleet.agent("a") if victim == "claude" else fleet.runner("a")).pid)

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    first, second = fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    resumed = messages_api.requests_of("a")[1]
    assert PAUSE in str(resumed.body)
    assert "Go on with the task where it stopped" in str(resumed.body)
    fleet.await_gone("a")


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
    await_transcript(sandbox, fleet.run("a").session_id, "sleep 60")
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
    assert any("It may be in your conversation already" in each for each in last.user_texts)
