from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.waiting import wait_until
from wtagents.core.errors import SystemFault
from wtagents.system.clock import SystemClock
from wtagents.system.command import Completed, clean_environment, run_command, start_command
from wtagents.system.process import identity_of

SHELL = "/bin/sh"


def test_a_program_is_run_to_its_end(tmp_path: Path) -> None:
    ended = run_command(
        [SHELL, "-c", "pwd; cat; echo bad >&2; exit 3"], cwd=tmp_path, timeout=30, stdin=b"in\n"
    )
    assert ended == Completed(
        argv=(SHELL, "-c", "pwd; cat; echo bad >&2; exit 3"),
        returncode=3,
        stdout=f"{tmp_path}\nin\n".encode(),
        stderr=b"bad\n",
        timed_out=False,
    )
    assert (ended.ok, ended.text, ended.complaint) == (False, f"{tmp_path}\nin", "bad")


def test_stdin_is_closed(tmp_path: Path) -> None:
    assert run_command(["/bin/cat"], cwd=tmp_path, timeout=30).stdout == b""


def test_the_group_is_killed_at_the_deadline(tmp_path: Path) -> None:
    script = "sleep 600 & echo $! > child; echo said; wait"
    ended = run_command([SHELL, "-c", script], cwd=tmp_path, timeout=0.3)
    assert (ended.timed_out, ended.stdout, ended.ok) == (True, b"said\n", False)
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: identity_of(child) is None)


def test_who_says_too_much_is_ended(tmp_path: Path) -> None:
    done = run_command(("yes",), cwd=tmp_path, timeout=30, limit=1000)
    assert (done.flooded, done.timed_out, done.ok) == (True, False, False)
    short = run_command(("sh", "-c", "cat; exec echo b >&2"), cwd=tmp_path, timeout=30, stdin=b"a")
    limited = run_command(short.argv, cwd=tmp_path, timeout=30, stdin=b"a", limit=1000)
    assert limited == short


def test_who_left_the_group_cannot_hold_up_the_deadline(tmp_path: Path) -> None:
    """It keeps the pipes open: waiting for their end would take as long as it likes."""
    clock = SystemClock()
    begun = clock.monotonic()
    script = "setsid sleep 600 & echo $! > child; echo said"
    ended = run_command([SHELL, "-c", script], cwd=tmp_path, timeout=0.3)
    assert clock.monotonic() - begun < 20
    assert (ended.timed_out, ended.stdout) == (True, b"said\n")
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_a_started_program_can_be_given_up(tmp_path: Path) -> None:
    running = start_command([SHELL, "-c", "echo $$ > who; exec sleep 600"], cwd=tmp_path)
    pid = int(wait_until(lambda: (tmp_path / "who").exists() and (tmp_path / "who").read_text()))
    running.kill()
    assert identity_of(pid) is None


def test_what_cannot_start_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(SystemFault) as caught:
        run_command(["/no/such"], cwd=tmp_path, timeout=1)
    assert (caught.value.message, caught.value.cause, caught.value.hint) == (
        "cannot run /no/such",
        "no such file or directory",
        "install it, or add its folder to PATH: /no/such",
    )


def test_no_child_believes_to_be_somewhere_else(sandbox: Sandbox) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "WTA_RUN"):
        sandbox.set_variable(name, "x")
    sandbox.set_variable("KEPT", "y")
    cleaned = clean_environment({"ADDED": "z"})
    assert set(os.environ) - set(cleaned) >= {"GIT_DIR", "CLAUDECODE", "WTA_RUN"}
    assert not [name for name in cleaned if name.startswith(("GIT_", "CLAUDE"))]
    assert (cleaned["KEPT"], cleaned["ADDED"]) == ("y", "z")
