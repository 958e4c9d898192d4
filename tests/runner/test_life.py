from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.running import Running, command_order
from tests.support.small_memory import small_memory
from tests.support.waiting import wait_until
from wtagents.core.run import ExitReason, Phase
from wtagents.system import run_folder
from wtagents.system.clock import SystemClock
from wtagents.system.load import oom_kills
from wtagents.system.process import identity_of, is_alive


def test_a_program_that_ends_well_is_completed(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "pwd; echo $WTA_TASK; echo oops >&2; cat")
    ended = running.outcome()
    assert (ended.reason, ended.exit_code, ended.survivors) == (ExitReason.COMPLETED, 0, 0)
    assert running.stream() == f"{running.worktree}\na-task\n"
    assert running.folder.stderr.read_text() == "oops\n"


def test_a_program_that_fails_is_no_success(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "echo it broke >&2; exit 3")
    ended = running.outcome()
    assert (ended.reason, ended.exit_code) == (ExitReason.AGENT_ERROR, 3)
    assert "it broke" in ended.detail


def test_a_scenario_is_played_to_its_end(running: Running) -> None:
    running.start_scenario('say "Hello."\nwrite a.txt <<END\none\nEND')
    ended = running.outcome()
    assert (ended.reason, ended.exit_code, ended.survivors) == (ExitReason.COMPLETED, 0, 0)
    assert (running.worktree / "a.txt").read_text() == "one\n"
    assert ended.usage.turns > 0
    pulse = run_folder.load_pulse(running.folder)
    assert pulse is not None
    assert pulse.phase is Phase.ENDING
    assert pulse.session_id == running.run_id
    kept = run_folder.pulse_until(running.folder, ended.at)
    assert kept is not None
    assert kept.pulse == pulse
    assert kept.said == running.folder.stream.stat().st_size
    assert running.folder.pulses.read_bytes().count(b"\n") > 1


@pytest.mark.parametrize(
    ("scenario", "reason", "exit_code"),
    [
        ("crash", ExitReason.LOST, -signal.SIGKILL),
        ("no-result", ExitReason.LOST, 0),
        ("exit 4", ExitReason.AGENT_ERROR, 4),
        ("fail authentication", ExitReason.AUTHENTICATION, 1),
        ("fail overloaded", ExitReason.OVERLOADED, 1),
        ("garbage", ExitReason.COMPLETED, 0),
    ],
)
def test_the_end_is_judged_by_what_the_agent_reported(
    running: Running, scenario: str, reason: ExitReason, exit_code: int
) -> None:
    running.start_scenario(scenario)
    ended = running.outcome()
    assert (ended.reason, ended.exit_code) == (reason, exit_code), ended


def test_one_that_the_kernel_killed_for_its_memory_is_told_apart(running: Running) -> None:
    hog = (sys.executable, "-c", "bytearray(10**9)")
    with small_memory(megabytes=150) as group:
        running.write(command_order(running.run_id, running.worktree, *hog))
        running.start_runner(group=group)
        ended = running.outcome()

    assert (ended.reason, ended.exit_code) == (ExitReason.OUT_OF_MEMORY, -signal.SIGKILL)
    assert ended.detail == "killed by the kernel: no memory was left"


def test_the_kernel_counts_in_one_of_three_places(tmp_path: Path) -> None:
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    found = [oom_kills(proc, groups)]
    for path, text in (
        (proc / "vmstat", "pgfault 7\noom_kill 4\n"),
        (proc / "self" / "cgroup", "3:cpu,memory:/a/b\n0::/c\n"),
        (groups / "memory" / "a" / "b" / "memory.oom_control", "under_oom 0\noom_kill 3\n"),
        (groups / "c" / "memory.events", "oom 9\noom_kill 2\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
        found.append(oom_kills(proc, groups))
    (groups / "memory" / "a" / "b" / "memory.oom_control").write_text("oom_kill many\n")

    assert found == [None, 4, 4, 3, 3]
    (groups / "c" / "memory.events").unlink()
    assert oom_kills(proc, groups) == 4


def test_what_it_does_is_known_while_it_does_it(running: Running) -> None:
    running.start_scenario("wait 600")
    pulse = running.await_phase(Phase.TOOL)
    assert "600" in pulse.doing
    clock = SystemClock()
    claim, agent = run_folder.load_claim(running.folder), run_folder.load_agent(running.folder)
    assert claim is not None
    assert agent is not None
    assert claim.pid == running.runners[0].pid
    assert is_alive(claim)
    assert is_alive(agent)
    os.utime(running.folder.heartbeat, (0, 0))
    wait_until(lambda: (run_folder.heartbeat_age(running.folder, clock) or 99) < 5)
    running.stop()
    assert not is_alive(claim)
    assert not is_alive(agent)


def test_the_agent_has_the_umask_and_the_environment_of_the_user(
    running: Running, sandbox: Sandbox
) -> None:
    sandbox.set_variable("CLAUDECODE", "1")
    sandbox.set_variable("CLAUDE_CODE_SESSION_ID", "of somebody else")
    sandbox.set_variable("GIT_DIR", "/elsewhere")
    sandbox.set_variable("USER_SETTING", "kept")
    os.umask(0o027)
    running.start_command("/bin/sh", "-c", "umask; env | sort; touch made")
    assert running.outcome().reason is ExitReason.COMPLETED
    mask, *lines = running.stream().splitlines()
    variables = dict(line.split("=", 1) for line in lines if "=" in line)
    assert mask == "0027"
    assert variables["WTA_RUN"] == running.run_id
    assert variables["USER_SETTING"] == "kept"
    assert {"CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "GIT_DIR", "WTA_DETACHED"}.isdisjoint(variables)
    assert (running.worktree / "made").stat().st_mode & 0o777 == 0o640


def test_every_file_of_the_run_is_private(running: Running) -> None:
    os.umask(0)
    running.start_scenario('say "Hello."', setup=("echo set up",))
    running.outcome()
    modes = {
        str(path.relative_to(running.folder.root)): path.stat().st_mode & 0o777
        for path in [running.folder.root, *running.folder.root.rglob("*")]
    }
    assert {name for name, mode in modes.items() if mode & 0o077} == set()
    assert {"agent.json", "claim.json", "exit.json", "heartbeat", "setup.log"} <= set(modes)


def test_nothing_is_imported_from_the_worktree_or_the_run_folder(running: Running) -> None:
    planted = "import os; os.write(2, b'planted code ran\\n'); os._exit(99)"
    for place in (running.worktree, running.folder.root):
        for name in ("json.py", "wtagents/__init__.py", "sitecustomize.py"):
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(planted)
    running.start_scenario('say "Hello."')
    assert running.outcome().reason is ExitReason.COMPLETED


def test_a_closed_terminal_and_a_long_pause_change_nothing(running: Running) -> None:
    running.start_scenario('listen 600\nsay "Done."')
    running.await_phase(Phase.THINKING)
    runner = running.runners[0]
    os.killpg(runner.pid, signal.SIGHUP)
    os.kill(runner.pid, signal.SIGSTOP)
    running.say(1, "Go on.")
    os.kill(runner.pid, signal.SIGCONT)
    assert running.outcome().reason is ExitReason.COMPLETED
    assert running.taken()[1].delivered


def test_runner_and_agent_have_sessions_of_their_own(running: Running) -> None:
    running.start_scenario("wait 600")
    running.await_phase(Phase.TOOL)
    agent = run_folder.load_agent(running.folder)
    assert agent is not None
    sessions = {os.getsid(pid) for pid in (0, agent.pid, running.runners[0].pid)}
    assert sessions == {os.getsid(0), agent.pid, running.runners[0].pid}
    running.stop()


def test_without_an_order_the_run_is_not_started(running: Running) -> None:
    running.folder.root.mkdir(parents=True)
    running.folder.order.write_text('{"torn')
    running.start_runner()
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.NOT_STARTED, "the order cannot be read")


def test_a_folder_that_is_not_there_is_not_made(running: Running) -> None:
    running.worktree.joinpath("..", "runs").mkdir()
    runner = running.start_runner(cwd=running.worktree)
    assert runner.wait(30) == 5
    assert not running.folder.root.exists()


@pytest.mark.parametrize(
    ("argv", "detail"),
    [
        (("no-such-program",), "no-such-program was not found on PATH"),
        (
            ("/bin/sh", "-c", "x" * 140_000),
            "cannot run /bin/sh: its command line or environment is longer than the system allows",
        ),
        (("/bin/sh", "-c", "a\0b"), "cannot run '/bin/sh': embedded null byte"),
    ],
)
def test_an_agent_that_cannot_start_is_told_in_one_line(
    running: Running, argv: tuple[str, ...], detail: str
) -> None:
    running.start_command(*argv)
    ended = running.outcome()
    assert (ended.reason, ended.detail, ended.exit_code) == (ExitReason.NOT_STARTED, detail, None)
    assert identity_of(running.runners[0].pid) is None
