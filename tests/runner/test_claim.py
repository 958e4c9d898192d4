from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.support.running import Running, command_order
from tests.support.waiting import wait_until
from wtagents.core.run import ExitReason, Phase
from wtagents.system import run_folder
from wtagents.system.process import RUN_MARK, is_alive, marked_processes, signal_processes


def test_of_twenty_runners_one_starts_an_agent(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "echo started")
    for _ in range(19):
        running.start_runner()
    ended = running.outcome()
    assert ended.reason is ExitReason.COMPLETED
    assert [runner.returncode for runner in running.runners] == [0] * 20
    assert running.stream() == "started\n"
    claim = run_folder.load_claim(running.folder)
    assert claim is not None
    assert claim.pid in {runner.pid for runner in running.runners}
    hidden = [path.name for path in running.folder.root.iterdir() if path.name.startswith(".")]
    assert hidden == []


def test_a_later_runner_changes_nothing(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "echo started")
    running.outcome()
    before = {path: path.stat().st_mtime_ns for path in running.folder.root.rglob("*")}
    assert running.start_runner().wait(30) == 0
    assert {path: path.stat().st_mtime_ns for path in running.folder.root.rglob("*")} == before


def test_a_forbidden_run_is_not_begun(running: Running) -> None:
    run_folder.write_order(
        running.folder, command_order(running.run_id, running.worktree, "/bin/true")
    )
    run_folder.forbid_claim(running.folder)
    assert running.start_runner().wait(30) == 0
    assert run_folder.load_exit(running.folder) is None
    assert not running.folder.stream.exists()


def test_a_killed_runner_leaves_no_exit_and_all_of_it_can_be_stopped(running: Running) -> None:
    left = "run setsid sleep 600 >/dev/null 2>&1 &"
    running.start_scenario(f"ignore-term\nleave-child 600\n{left}\nwait 600")
    running.await_pulse(lambda pulse: pulse.phase is Phase.TOOL and "600" in pulse.doing)
    wait_until(lambda: len(marked_processes((RUN_MARK, running.run_id))) == 3)
    agent = run_folder.load_agent(running.folder)
    claim = run_folder.load_claim(running.folder)
    assert agent is not None
    assert claim is not None

    os.kill(running.runners[0].pid, signal.SIGKILL)
    running.runners[0].wait(10)

    assert not is_alive(claim)
    assert is_alive(agent)
    assert run_folder.load_exit(running.folder) is None
    assert running.clear() == 3
    assert not is_alive(agent)
    assert marked_processes((RUN_MARK, running.run_id)) == []


MOMENTS: dict[str, Callable[[Running], object]] = {
    "at once": lambda _: True,
    "claimed": lambda running: run_folder.load_claim(running.folder),
    "agent known": lambda running: run_folder.load_agent(running.folder),
    "pulse": lambda running: run_folder.load_pulse(running.folder),
    "first words": Running.stream,
    "in a tool": lambda running: "tool_use" in running.stream(),
    "result": lambda running: '"result"' in running.stream(),
    "exit": lambda running: running.folder.exit.exists(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_runner_killed_at_any_moment_tells_the_whole_end_or_none(
    running: Running, moment: str
) -> None:
    running.start_scenario('leave-child 600\nsay "a"\nrun true\nleave-child 600\nwait 0.05')
    wait_until(lambda: MOMENTS[moment](running), what=running.state)
    running.runners[0].kill()
    running.runners[0].wait(10)
    ended = run_folder.load_exit(running.folder)
    assert (ended is None) == (not running.folder.exit.exists())
    assert ended is None or ended.reason is ExitReason.COMPLETED
    claimed = run_folder.load_claim(running.folder) is not None
    assert claimed == running.folder.claim.exists()

    running.clear()
    assert marked_processes((RUN_MARK, running.run_id)) == []
    # The next one begins what nobody had begun, and nothing else.
    again = running.start_runner()
    assert again.wait(30) == 0
    assert (run_folder.load_exit(running.folder) is not None) == (not claimed or ended is not None)


@pytest.mark.parametrize("moment", ["agent known", "first words", "in a tool", "result"])
def test_an_agent_killed_at_any_moment_is_told(running: Running, moment: str) -> None:
    running.start_scenario('leave-child 600\nsay "a"\nrun true\nleave-child 600\nwait 0.05')
    wait_until(lambda: MOMENTS[moment](running), what=running.state)
    agent = run_folder.load_agent(running.folder)
    assert agent is not None
    signal_processes([agent], signal.SIGKILL)
    ended = running.outcome()
    assert ended.reason in {ExitReason.LOST, ExitReason.COMPLETED}
    assert (ended.reason is ExitReason.COMPLETED) == ('"result"' in running.stream())
    assert marked_processes((RUN_MARK, running.run_id)) == []
