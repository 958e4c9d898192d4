from __future__ import annotations

import os
import shutil
import signal
import sys

import pytest

from tests.support.running import Running
from tests.support.waiting import wait_until
from wtagents.core.run import ExitReason, Phase
from wtagents.system import run_folder
from wtagents.system.command import clean_environment
from wtagents.system.process import (
    RUN_MARK,
    SESSION_MARK,
    identity_of,
    is_alive,
    marked_processes,
)
from wtagents.system.programs.detached import start_detached

UNTIL_TERM = "trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.02; done"
DEAF_TO_TERM = "trap '' TERM; echo ready; while :; do sleep 0.02; done"
LONG = 600.0


# -------------------------------------------------------------------------------------- asked


def test_a_turn_is_interrupted_and_the_agent_ends_by_itself(running: Running) -> None:
    running.start_scenario("wait 600", stop_seconds=LONG)
    running.await_phase(Phase.TOOL)
    ended = running.stop()
    assert (ended.reason, ended.exit_code) == (ExitReason.STOPPED, 1)
    assert '"aborted_tools"' in running.stream()
    assert ended.survivors == 0


def test_an_agent_without_messages_is_asked_by_a_signal(running: Running) -> None:
    running.start_command("/bin/sh", "-c", UNTIL_TERM, stop_seconds=LONG)
    running.await_stream("ready")
    ended = running.stop()
    assert (ended.reason, ended.exit_code) == (ExitReason.STOPPED, 7)
    assert running.stream() == "ready\nasked\n"


def test_a_request_whose_signal_was_lost_is_found_in_the_folder(running: Running) -> None:
    running.start_command("/bin/sh", "-c", UNTIL_TERM, stop_seconds=LONG)
    running.await_stream("ready")
    run_folder.tell_to_stop(running.folder)
    ended = running.outcome()
    assert (ended.reason, ended.exit_code) == (ExitReason.STOPPED, 7)
    assert running.stream() == "ready\nasked\n"


def test_an_agent_that_hears_nothing_is_asked_by_a_signal_at_half_time(running: Running) -> None:
    running.start_speaker("/bin/sh", "-c", UNTIL_TERM, stop_seconds=1.0)
    running.await_stream("ready")
    ended = running.stop()
    assert (ended.reason, ended.exit_code) == (ExitReason.STOPPED, 7)
    assert running.stream() == "ready\nasked\n"


@pytest.mark.parametrize("company", ["", "setsid sleep 600 & (setsid sleep 601 &) ;"])
def test_one_that_is_deaf_is_killed_when_patience_ends(running: Running, company: str) -> None:
    running.start_speaker("/bin/sh", "-c", company + DEAF_TO_TERM, stop_seconds=0.4)
    running.await_stream("ready")
    ended = running.stop()
    assert (ended.reason, ended.exit_code) == (ExitReason.STOPPED, -signal.SIGKILL)
    assert marked_processes((RUN_MARK, running.run_id)) == []


def test_a_second_request_is_firm_at_once(running: Running) -> None:
    running.start_command("/bin/sh", "-c", DEAF_TO_TERM, stop_seconds=LONG)
    running.await_stream("ready")
    running.runners[0].terminate()
    running.await_phase(Phase.ENDING)
    ended = running.stop()
    assert (ended.reason, ended.exit_code) == (ExitReason.STOPPED, -signal.SIGKILL)


def test_a_second_request_is_heard_while_the_rest_is_cleared(running: Running) -> None:
    left = DEAF_TO_TERM.replace("''", "'echo asked'").replace("sleep", "setsid sleep")
    script = f'setsid /bin/sh -c "{left}" & while [ ! -e go ]; do sleep 0.02; done'
    running.start_command("/bin/sh", "-c", script, stop_seconds=LONG)
    running.await_stream("ready")
    (running.worktree / "go").touch()
    running.await_stream("asked")

    def is_over() -> bool:
        # Two signals of one kind that wait at the same time are one.
        running.runners[0].terminate()
        return running.folder.exit.exists()

    wait_until(is_over, what=running.state)
    assert running.outcome().reason is ExitReason.COMPLETED
    assert marked_processes((RUN_MARK, running.run_id)) == []


def test_time_is_limited(running: Running) -> None:
    running.start_scenario("wait 600", timeout_seconds=0.5, stop_seconds=LONG)
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.TIMED_OUT, "its time was over")


def test_an_agent_that_stays_after_its_stdin_was_closed_is_ended_and_has_succeeded(
    running: Running,
) -> None:
    script = (
        "import json, sys, time\n"
        "line = json.loads(sys.stdin.readline())\n"
        "def tell(**fields): print(json.dumps(fields), flush=True)\n"
        "tell(type='system', subtype='init', session_id='s', cwd='/', tools=[])\n"
        "tell(**{**line, 'isReplay': True})\n"
        "tell(type='result', subtype='success', is_error=False, num_turns=1, result='Done.')\n"
        "time.sleep(600)\n"
    )
    running.start_speaker(sys.executable, "-S", "-c", script, stop_seconds=0.2)
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.COMPLETED, "Done.")
    assert ended.exit_code == -signal.SIGTERM


def test_an_agent_whose_worktree_is_removed_is_stopped(running: Running) -> None:
    running.start_scenario("wait 600", stop_seconds=LONG)
    running.await_phase(Phase.TOOL)
    shutil.rmtree(running.worktree)
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (
        ExitReason.AGENT_ERROR,
        f"{running.worktree} was removed under the agent, which was stopped",
    )


# ----------------------------------------------------------------------------- what is left


SURVIVORS = {
    "child": "sleep 600",
    "other session": "setsid sleep 600",
    "nohup": "nohup sleep 600",
    "deaf": "(trap '' TERM; while :; do sleep 0.02; done)",
    "marked by Claude Code only": f"env -u {RUN_MARK} {SESSION_MARK}=$RUN setsid sleep 600",
}


@pytest.mark.parametrize("shape", SURVIVORS)
def test_what_outlives_a_normal_end_is_stopped_and_counted(running: Running, shape: str) -> None:
    command = SURVIVORS[shape].replace("$RUN", running.run_id)
    running.start_scenario(f"run {command} >/dev/null 2>&1 & echo $! > left", stop_seconds=0.3)
    ended = running.outcome()
    assert (ended.reason, ended.exit_code) == (ExitReason.COMPLETED, 0)
    assert ended.survivors >= 1
    assert identity_of(int((running.worktree / "left").read_text())) is None
    assert marked_processes((RUN_MARK, running.run_id)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_one_that_cleaned_its_environment_is_stopped_too(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "env -i setsid sleep 600 & echo $! > left; sleep 0.1")
    ended = running.outcome()
    assert (ended.reason, ended.survivors) == (ExitReason.COMPLETED, 1)
    assert identity_of(int((running.worktree / "left").read_text())) is None


def test_what_an_earlier_run_of_the_conversation_left_is_stopped_too(running: Running) -> None:
    start_detached(
        ["/bin/sleep", "600"],
        cwd=running.worktree,
        env=clean_environment({SESSION_MARK: running.run_id}),
        log=running.worktree / "log",
    )
    running.start_command("/bin/true")
    ended = running.outcome()
    assert (ended.reason, ended.survivors) == (ExitReason.COMPLETED, 1)
    assert marked_processes((SESSION_MARK, running.run_id)) == []


def test_one_that_ends_by_itself_is_not_counted(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "(sleep 0.15; echo late) & echo early")
    ended = running.outcome()
    assert (ended.reason, ended.survivors) == (ExitReason.COMPLETED, 0)
    assert running.stream() == "early\nlate\n"


def test_what_the_agent_started_to_stay_is_left_alone(running: Running) -> None:
    """An agent may itself use wta: a supervisor or runner that it starts is not its own."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from wtagents.system.command import clean_environment\n"
        "from wtagents.system.programs.detached import start_detached\n"
        "who = start_detached(['/bin/sleep', '600'], cwd=Path('/'), env=clean_environment(),\n"
        "    log=Path('log').absolute())\n"
        "print(who.pid)\n"
    )
    running.start_command(sys.executable, "-c", script)
    ended = running.outcome()
    assert (ended.reason, ended.survivors) == (ExitReason.COMPLETED, 0)
    apart = identity_of(int(running.stream()))
    assert apart is not None
    os.kill(apart.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(apart))


def test_the_end_is_told_last_of_all(running: Running) -> None:
    running.start_scenario("leave-child 600", stop_seconds=0.3)

    def seen() -> list[bool] | None:
        if run_folder.load_exit(running.folder) is None:
            return None
        return [bool(marked_processes((RUN_MARK, running.run_id)))]

    found = wait_until(seen)
    # Only the runner itself may still be there; it does not carry the mark.
    assert found == [False]
    running.outcome()


def test_the_exit_is_written_when_there_is_space_again(running: Running) -> None:
    """A folder in the place of the file stands for a disk that takes nothing."""
    running.folder.exit.mkdir(parents=True)
    running.start_command("/bin/sh", "-c", "echo done")
    wait_until(running.folder.runner_log.exists, what=running.state)
    running.folder.exit.rmdir()
    assert running.outcome().reason is ExitReason.COMPLETED


def test_a_runner_whose_folder_is_gone_ends(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "while [ ! -e go ]; do sleep 0.02; done")
    wait_until(lambda: run_folder.load_agent(running.folder))
    shutil.rmtree(running.folder.root)
    (running.worktree / "go").touch()
    assert running.runners[0].wait(30) == 5
    assert not running.folder.root.exists()


def test_a_runner_whose_folder_is_gone_stops_its_agent_and_ends(running: Running) -> None:
    runner = running.start_speaker("/bin/sh", "-c", DEAF_TO_TERM, stop_seconds=LONG)
    running.await_stream("ready")
    agent = wait_until(lambda: run_folder.load_agent(running.folder))
    assert agent is not None
    shutil.rmtree(running.folder.root)

    runner.wait(8)

    assert not is_alive(agent)
    assert marked_processes((RUN_MARK, running.run_id)) == []
    assert not running.folder.root.exists()
