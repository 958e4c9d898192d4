"""A person's words are heard once: none is lost in a crash, and none is said twice."""

from __future__ import annotations

import os

import pytest

from tests.support.fleet import Fleet, work
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from wtagents.agent.scripted.session import session_file
from wtagents.agent.wording import load_words
from wtagents.core.errors import ExitCode
from wtagents.core.message import Message, MessageKind
from wtagents.core.run import ExitReason, Phase
from wtagents.core.task import Reason, TaskState
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.stop import RetryRequest, retry
from wtagents.operations.trust import trust
from wtagents.store.messages import add_message
from wtagents.system import run_folder

pytestmark = pytest.mark.e2e

NOTED = "Noted: use tabs"


def say(fleet: Fleet) -> Message:
    """Write the words down without waiting for anybody to hear them."""
    task, now = fleet.task("a"), fleet.context.clock.now()
    with fleet.context.database.write() as db:
        return add_message(db, task.id, MessageKind.TEXT, "use tabs", now)


def heard_in_a_first_run(fleet: Fleet) -> Message:
    """Words that the agent has heard, as its runner and the agent are killed."""
    fleet.spawn("a", "listen 20", "wait 60", *work())
    fleet.await_phase("a", Phase.THINKING)
    message = say(fleet)
    fleet.tick()
    wait_until(lambda: NOTED in fleet.said("a"), what=lambda: fleet.describe("a"))
    wait_until(lambda: run_folder.load_taken(fleet.folder("a")))
    kill_hard(fleet.runner("a").pid)
    kill_hard(fleet.agent("a").pid)
    return message


def finish(fleet: Fleet, message: Message) -> None:
    assert fleet.await_rest("a").state is TaskState.READY
    (found,) = fleet.messages("a")
    assert (found.id, found.failed) == (message.id, "")
    assert found.delivered_at is not None


def test_words_whose_delivery_was_not_recorded_are_not_heard_twice(fleet: Fleet) -> None:
    message = heard_in_a_first_run(fleet)
    (fleet.folder("a").taken / f"{message.id}.json").unlink()

    finish(fleet, message)

    assert fleet.said("a").count(NOTED) == 1
    first, second = fleet.runs("a")
    assert fleet.messages("a")[0].run_id == first.id
    assert fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    assert second.prompt == f"{load_words('continue')}\n\n{load_words('recall')}\n\nuse tabs"


def test_words_heard_long_before_the_end_are_not_repeated(fleet: Fleet) -> None:
    message = heard_in_a_first_run(fleet)
    later = fleet.context.clock.now().timestamp() + 60
    os.utime(fleet.folder("a").stream, (later, later))

    finish(fleet, message)

    assert fleet.run("a").prompt == load_words("continue")


def test_a_conversation_that_is_gone_begins_anew_with_all_that_was_said(fleet: Fleet) -> None:
    message = heard_in_a_first_run(fleet)
    fleet.await_state("a", TaskState.QUEUED)
    session_file(fleet.run("a").session_id).unlink()

    fleet.await_status("a", lambda _: len(fleet.runs("a")) == 3)

    first, second, third = fleet.runs("a")
    assert fleet.endings("a")[:2] == [ExitReason.LOST, ExitReason.CONVERSATION_LOST]
    assert (second.resumes, third.resumes, third.session_id) == (True, False, third.id)
    assert third.prompt == f"{first.prompt}\n\nuse tabs"
    assert fleet.messages("a")[0].id == message.id


def test_words_that_lie_in_the_inbox_of_a_dead_runner_go_to_the_next_run(fleet: Fleet) -> None:
    fleet.spawn("a", *work("one.txt"), "wait 60", *work("two.txt"))
    fleet.await_doing("a", "sleep 60")
    kill_hard(fleet.agent("a").pid)
    message = say(fleet)
    runner = fleet.runner("a")
    kill_hard(runner.pid)
    run_folder.post_message(fleet.folder("a"), message.id, message.kind, message.body)

    finish(fleet, message)

    assert fleet.said("a").count(NOTED) == 1


def test_words_to_a_task_whose_agent_cannot_begin_wait_for_a_person(fleet: Fleet) -> None:
    fleet.repository.commit({"wta.toml": '[worktree]\nsetup = ["exit 3"]\n'})
    trust(fleet.context)
    fleet.spawn("a", *work())
    assert fleet.await_rest("a").reason is Reason.SETUP_FAILED

    sent = send(fleet.context, SendRequest(name="a", text="use tabs"))

    why = "set-up command ended with status 3: exit 3"
    assert (sent.exit_code, sent.messages) == (
        ExitCode.UNFULFILLED,
        (f"the agent failed before it heard it ({why}); kept for: wta retry a",),
    )
    assert fleet.endings("a") == [ExitReason.SETUP_FAILED] * 2
    assert fleet.tick().applied == 0
    fleet.repository.commit({"wta.toml": None}, "No set-up")
    fleet.context.reload_settings()
    retry(fleet.context, RetryRequest(name="a"))
    finish(fleet, sent.data.message)
    assert fleet.said("a").count(NOTED) == 1
