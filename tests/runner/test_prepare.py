from __future__ import annotations

import shutil

import pytest

from tests.support.processes import start_apart
from tests.support.repository import RepositoryBuilder
from tests.support.running import Running
from tests.support.waiting import wait_until
from wtagents.core.run import ExitReason, Phase
from wtagents.system import run_folder
from wtagents.system.process import RUN_MARK, marked_processes


def test_the_agent_waits_until_the_files_are_checked_out(running: Running) -> None:
    """The lock is held by a program that a starter left behind, as git is when `wta` dies."""
    running.folder.root.mkdir(parents=True)
    index = running.worktree / ".git" / "index"
    index.unlink()
    script = "exec 9>checkout.lock; flock 9; echo held; read line; : > $0"
    with start_apart(["/bin/sh", "-c", script, str(index)], cwd=running.folder.root) as filler:
        assert filler.stdout is not None
        assert filler.stdin is not None
        assert filler.stdout.readline() == b"held\n"
        running.start_command("/bin/sh", "-c", "ls .git")
        pulse = running.await_phase(Phase.SETUP)
        assert pulse.doing == "checking out the files of the worktree"
        assert running.stream() == ""
        filler.stdin.close()
        ended = running.outcome()
    assert (ended.reason, running.stream()) == (ExitReason.COMPLETED, "index\n")


def test_a_stop_is_heard_while_it_waits(running: Running) -> None:
    running.folder.root.mkdir(parents=True)
    script = "exec 9>checkout.lock; flock 9; echo held; read line"
    with start_apart(["/bin/sh", "-c", script], cwd=running.folder.root) as filler:
        assert filler.stdout is not None
        assert filler.stdout.readline() == b"held\n"
        running.start_command("/bin/true")
        running.await_phase(Phase.SETUP)
        ended = running.stop()
        assert filler.stdin is not None
        filler.stdin.close()
    assert (ended.reason, ended.detail) == (
        ExitReason.STOPPED,
        "stopped before the agent was started",
    )
    assert not running.folder.stream.exists()


def test_a_worktree_without_files_is_not_worked_in(running: Running) -> None:
    (running.worktree / ".git" / "index").unlink()
    running.start_command("/bin/true")
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (
        ExitReason.LOST,
        f"the worktree {running.worktree} is not ready: its files were not checked out",
    )


def test_a_worktree_that_is_gone_is_named(running: Running) -> None:
    shutil.rmtree(running.worktree)
    running.start_command("/bin/true")
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (
        ExitReason.NOT_STARTED,
        f"the worktree {running.worktree} is not ready: it is not there",
    )


def test_a_linked_worktree_is_ready_when_git_has_written_its_index(
    running: Running, repository: RepositoryBuilder
) -> None:
    shutil.rmtree(running.worktree)
    repository.git("worktree", "add", "--no-checkout", str(running.worktree))
    running.start_command("/bin/sh", "-c", "ls")
    assert running.outcome().reason is ExitReason.LOST
    repository.git("-C", str(running.worktree), "reset", "--hard")
    again = Running.create(running.worktree.parent / "again")
    shutil.rmtree(again.worktree)
    again.worktree = running.worktree
    again.start_command("/bin/sh", "-c", "ls")
    assert again.outcome().reason is ExitReason.COMPLETED
    assert again.stream() == "README.md\n"


# ------------------------------------------------------------------------------------ set-up


def test_set_up_commands_run_in_the_worktree_before_the_agent(running: Running) -> None:
    running.start_command(
        "/bin/cat",
        "made",
        setup=("echo $WTA_TASK > made; echo one", "pwd >> made; echo two >&2"),
    )
    assert running.outcome().reason is ExitReason.COMPLETED
    assert running.stream() == f"a-task\n{running.worktree}\n"
    assert running.folder.setup_log.read_text() == (
        "$ echo $WTA_TASK > made; echo one\none\n$ pwd >> made; echo two >&2\ntwo\n"
    )


@pytest.mark.parametrize(
    ("command", "detail", "exit_code"),
    [
        (
            "echo working; echo no module named x >&2; exit 3",
            (
                "set-up command ended with status 3: "
                "echo working; echo no module named x >&2; exit 3: no module named x"
            ),
            3,
        ),
        ("exit 1", "set-up command ended with status 1: exit 1", 1),
        ("kill -9 $$", "set-up command ended with signal 9: kill -9 $$", -9),
        (
            "printf 'a\\033[31mb\\n'; exit 2",
            "set-up command ended with status 2: printf 'a\\033[31mb\\n'; exit 2: ab",
            2,
        ),
    ],
)
def test_a_failed_set_up_holds_the_agent_back_and_says_so(
    running: Running, command: str, detail: str, exit_code: int
) -> None:
    running.start_command("/bin/echo", "started", setup=(command, "echo never"))
    ended = running.outcome()
    assert (ended.reason, ended.detail, ended.exit_code) == (
        ExitReason.SETUP_FAILED,
        detail,
        exit_code,
    )
    assert not running.folder.stream.exists()
    assert "never" not in running.folder.setup_log.read_text()


def test_a_set_up_that_takes_too_long_is_stopped_with_all_it_started(running: Running) -> None:
    running.start_command(
        "/bin/echo",
        "started",
        setup=("(setsid sleep 600 &) ; sleep 601",),
        setup_seconds=0.5,
    )
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (
        ExitReason.SETUP_FAILED,
        "the set-up took longer than 0.5 s: (setsid sleep 600 &) ; sleep 601",
    )
    assert ended.survivors >= 2
    assert marked_processes((RUN_MARK, running.run_id)) == []


def test_a_set_up_can_be_stopped(running: Running) -> None:
    running.start_command("/bin/echo", "started", setup=("sleep 600",))
    pulse = running.await_phase(Phase.SETUP)
    assert pulse.doing == "set-up 1/1: sleep 600"
    wait_until(lambda: marked_processes((RUN_MARK, running.run_id)))
    ended = running.stop()
    assert ended.reason is ExitReason.STOPPED
    assert run_folder.load_agent(running.folder) is None


def test_what_the_set_up_started_lives_as_long_as_the_run(running: Running) -> None:
    running.start_command(
        "/bin/sh",
        "-c",
        'kill -0 "$(cat server)" && echo served',
        setup=("sleep 600 & echo $! > server",),
    )
    ended = running.outcome()
    assert (ended.reason, running.stream(), ended.survivors) == (
        ExitReason.COMPLETED,
        "served\n",
        1,
    )
