from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.support.processes import start_apart
from tests.support.running import Running, scripted_order
from tests.support.waiting import wait_until
from wtagents.core.message import MessageKind
from wtagents.core.run import ExitReason, Phase, Question
from wtagents.system import run_folder


def answer(request_id: str, *, allow: bool, message: str = "") -> str:
    return json.dumps({"request_id": request_id, "allow": allow, "message": message})


def fates(running: Running) -> dict[int, str]:
    return {
        number: "delivered" if taken.delivered else taken.reason
        for number, taken in running.taken().items()
    }


def await_taken(running: Running, message_id: int) -> None:
    wait_until(lambda: message_id in running.taken(), what=running.state)


# -------------------------------------------------------------------------------------- words


def test_words_in_the_middle_of_a_turn_are_taken_and_acknowledged(running: Running) -> None:
    running.start_scenario("listen 600")
    running.await_phase(Phase.THINKING)
    running.say(7, "Mind the tests.")
    assert running.outcome().reason is ExitReason.COMPLETED
    assert fates(running) == {7: "delivered"}
    assert "Noted: Mind the tests." in running.stream()


RUNNER_AT_REST = """\
import sys
from pathlib import Path
from wtagents.runner.watch import Watch
from wtagents.system.programs.bell import Bell
from wtagents.system.clock import SystemClock
from wtagents.system.paths import RunFolder
class Clock(SystemClock):
    at = 1e6
    def monotonic(self):
        return self.at
watch = Watch(RunFolder(root=Path(sys.argv[1])), Clock(), Bell())
Clock.at = 0.0  # the next heartbeat is far away
print("rests", flush=True)
watch.pause(600)
print("looks")
"""


def test_a_runner_at_rest_looks_at_once_when_its_bell_rings(tmp_path: Path) -> None:
    runner = start_apart([sys.executable, "-c", RUNNER_AT_REST, str(tmp_path)])
    assert runner.stdout is not None
    assert runner.stdout.readline() == b"rests\n"
    runner.send_signal(signal.SIGHUP)
    said = runner.communicate(timeout=30)
    assert (runner.returncode, *said) == (0, b"looks\n", b"")


def test_words_are_not_called_delivered_before_the_agent_took_them(running: Running) -> None:
    running.start_scenario("run while [ ! -e go ]; do sleep 0.02; done")
    running.await_phase(Phase.TOOL)
    running.say(1, "First.")
    running.await_stream('"state": "queued"')
    wait_until(lambda: running.stream().count('"queued"') == 2, what=running.state)
    assert fates(running) == {}
    (running.worktree / "go").touch()
    assert running.outcome().reason is ExitReason.COMPLETED
    assert fates(running) == {1: "delivered"}


def test_words_posted_before_the_start_follow_the_prompt(running: Running) -> None:
    running.write(scripted_order(running.run_id, running.worktree, 'say "Hello."'))
    for number in (2, 1, 10):
        running.say(number, f"Word {number}.")
    running.start_runner()
    assert running.outcome().reason is ExitReason.COMPLETED
    assert fates(running) == {1: "delivered", 2: "delivered", 10: "delivered"}
    stream = running.stream()
    places = [stream.index(text) for text in ("Play.", "Word 1.", "Word 2.", "Word 10.")]
    assert places == sorted(places)


def test_words_for_a_run_that_has_ended_stay_for_the_next(running: Running) -> None:
    running.start_scenario('say "Hello."')
    running.outcome()
    running.say(1, "Too late.")
    assert running.start_runner().wait(30) == 0
    assert fates(running) == {}


def test_words_that_the_agent_never_took_stay_for_the_next_run(running: Running) -> None:
    running.start_scenario("run while [ ! -e go ]; do sleep 0.02; done\ncrash")
    running.await_phase(Phase.TOOL)
    running.say(1, "First.")
    wait_until(lambda: running.stream().count('"queued"') == 2, what=running.state)
    running.stop()
    assert fates(running) == {}


def test_no_word_is_lost_when_turns_end_while_words_arrive(running: Running) -> None:
    """Each word is either called delivered and was taken, or is left for the next run."""
    running.start_scenario('say "Hello."')
    sent = 0
    while not running.folder.exit.exists() and sent < 60:
        sent += 1
        running.say(sent, f"Word {sent}.")
    running.outcome()
    delivered = {number for number, fate in fates(running).items() if fate == "delivered"}
    assert delivered == set(fates(running))
    echoed = {
        int(line["message"]["content"].removeprefix("Word ").removesuffix("."))
        for line in map(json.loads, running.stream().splitlines())
        if line.get("isReplay") and line["message"]["content"].startswith("Word")
    }
    assert delivered == echoed


def test_a_long_text_with_odd_characters_arrives_whole(running: Running) -> None:
    text = "\u2028 \x00 \ud800 'quoted' \\n\n" + "é" * 400_000 + " end"
    running.start_scenario("listen 600")
    running.await_phase(Phase.THINKING)
    running.say(1, text)
    assert running.outcome().reason is ExitReason.COMPLETED
    assert fates(running) == {1: "delivered"}
    assert " end" in running.stream()


def test_an_agent_that_takes_no_messages_says_so(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "while [ ! -e go ]; do sleep 0.02; done")
    running.say(1, "Anybody?")
    running.post(2, MessageKind.INTERRUPT)
    await_taken(running, 2)
    (running.worktree / "go").touch()
    assert running.outcome().reason is ExitReason.COMPLETED
    refused = "this agent takes no messages"
    assert fates(running) == {1: refused, 2: refused}


def test_what_is_no_message_is_refused(running: Running) -> None:
    running.start_scenario("listen 600")
    running.await_phase(Phase.THINKING)
    (running.folder.inbox / "1.json").write_text('{"kind": "shout"}')
    running.post(2, MessageKind.ANSWER, "not json")
    running.post(3, MessageKind.ANSWER, answer("nobody", allow=True))
    running.say(4, "Go on.")
    assert running.outcome().reason is ExitReason.COMPLETED
    assert fates(running) == {
        1: "the message cannot be read",
        2: "the answer cannot be read",
        3: "nobody asks that any more",
        4: "delivered",
    }


# ---------------------------------------------------------------------------------- questions


def question_of(running: Running) -> Question:
    question = running.await_phase(Phase.ASKING).question
    assert question is not None
    return question


@pytest.mark.parametrize("named", [True, False])
def test_an_allowed_tool_runs(running: Running, *, named: bool) -> None:
    running.start_scenario('ask Bash "touch made"')
    question = question_of(running)
    assert question.tool == "Bash"
    running.post(1, MessageKind.ANSWER, answer(question.request_id if named else "", allow=True))
    ended = running.outcome()
    assert (ended.reason, ended.denials) == (ExitReason.COMPLETED, ())
    assert fates(running) == {1: "delivered"}


def test_a_denied_tool_does_not_run_and_the_reason_reaches_the_agent(running: Running) -> None:
    running.start_scenario('ask Bash "touch made"')
    question = question_of(running)
    body = answer(question.request_id, allow=False, message="Not this file.")
    running.post(1, MessageKind.ANSWER, body)
    running.post(2, MessageKind.ANSWER, body)
    ended = running.outcome()
    assert "Not this file." in running.stream()
    assert len(ended.denials) == 1
    assert fates(running)[1] == "delivered"
    assert fates(running).get(2) in {None, "nobody asks that any more"}


def test_a_question_ends_with_the_run_that_is_stopped(running: Running) -> None:
    running.start_scenario('ask Bash "touch made"')
    question_of(running)
    ended = running.stop()
    assert ended.reason is ExitReason.STOPPED
    pulse = run_folder.load_pulse(running.folder)
    assert pulse is not None
    assert (pulse.phase, pulse.question) == (Phase.ENDING, None)


# ------------------------------------------------------------------------- interrupt, finish


def test_an_interrupted_turn_with_nothing_to_follow_ends_the_run(running: Running) -> None:
    running.start_scenario("wait 600")
    running.await_phase(Phase.TOOL)
    running.post(1, MessageKind.INTERRUPT)
    ended = running.outcome()
    assert (ended.reason, fates(running)) == (ExitReason.INTERRUPTED, {1: "delivered"})


@pytest.mark.parametrize("follow", ["in the message", "as a message of its own"])
def test_an_interrupted_turn_goes_on_with_new_words(running: Running, follow: str) -> None:
    running.start_scenario("wait 600\nwrite old.txt <<END\nold\nEND")
    running.await_phase(Phase.TOOL)
    words = "Do this.\n\nscenario:\nwrite new.txt <<END\nnew\nEND\n"
    if follow == "in the message":
        running.post(1, MessageKind.INTERRUPT, words)
    else:
        running.say(2, words)
        running.post(1, MessageKind.INTERRUPT)
    ended = running.outcome()
    assert ended.reason is ExitReason.COMPLETED
    assert set(fates(running).values()) == {"delivered"}
    assert (running.worktree / "new.txt").exists()
    assert not (running.worktree / "old.txt").exists()


def test_finish_ends_the_run_at_the_turn_boundary(running: Running) -> None:
    running.start_scenario("run while [ ! -e go ]; do sleep 0.02; done\nwrite a <<END\na\nEND")
    running.await_phase(Phase.TOOL)
    running.post(1, MessageKind.FINISH)
    await_taken(running, 1)
    (running.worktree / "go").touch()
    ended = running.outcome()
    assert (ended.reason, ended.exit_code, ended.detail) == (
        ExitReason.INTERRUPTED,
        0,
        "ended at the turn boundary for a person",
    )
    assert (running.worktree / "a").exists()


def test_what_became_of_a_message_is_written_when_there_is_space_again(running: Running) -> None:
    """A folder in the place of a file stands for a disk that takes nothing."""
    (running.folder.taken / "1.json").mkdir(parents=True)
    running.start_scenario("listen 600\nrun while [ ! -e go ]; do sleep 0.02; done")
    running.await_phase(Phase.THINKING)
    running.say(1, "Go on.")
    running.await_phase(Phase.TOOL)
    assert fates(running) == {}
    (running.folder.taken / "1.json").rmdir()
    await_taken(running, 1)
    (running.worktree / "go").touch()
    assert running.outcome().reason is ExitReason.COMPLETED


def test_a_pulse_that_cannot_be_written_troubles_nobody(running: Running) -> None:
    running.folder.pulse.mkdir(parents=True)
    running.start_scenario('say "Hello."\nrun touch made')
    assert running.outcome().reason is ExitReason.COMPLETED
    assert (running.worktree / "made").exists()
