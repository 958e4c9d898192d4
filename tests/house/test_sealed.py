"""The ground the tests stand on: sealed, leak-proof, patient, and true about git."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import START, CountingIds, ManualClock
from tests.support.environment import MARK, Sandbox, sealed_environment
from tests.support.processes import (
    kill_hard,
    require_no_survivors,
    run_to_end,
    start_apart,
    survivors,
)
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from wtagents.system.clock import Clock, IdSource

SLEEPER = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]


def test_nothing_of_the_machine_leaks_in(tmp_path: Path) -> None:
    leaks = {"GIT_DIR": "/x", "ANTHROPIC_API_KEY": "x", "CLAUDE_CONFIG_DIR": "/x", "EDITOR": "vi"}
    os.environ.update(leaks)
    home = tmp_path / "home"
    home.mkdir()
    with sealed_environment(home, tmp_path) as inner:
        seen = run_to_end(["env"]).stdout.decode()
        names = {line.partition("=")[0] for line in seen.splitlines()}
        assert not names & set(leaks)
        assert f"HOME={home}" in seen.splitlines()
        assert {n for n in names if n.startswith(("GIT_", "CLAUDE", "ANTHROPIC"))} == {
            "GIT_CONFIG_GLOBAL",
            "GIT_CONFIG_NOSYSTEM",
            "GIT_EDITOR",
            "GIT_TERMINAL_PROMPT",
        }
        inner.set_variable("TZ", "Asia/Tokyo")
        inner.enter(home)
    assert os.environ["TZ"] == "UTC"
    assert Path.cwd() == tmp_path
    assert os.environ["EDITOR"] == "vi"
    assert not home.exists()


def test_a_test_starts_in_an_empty_folder_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    assert Path.cwd() == sandbox.work == tmp_path
    assert list(tmp_path.iterdir()) == []
    assert Path.home() == sandbox.home
    assert not sandbox.home.is_relative_to(tmp_path)


def test_a_process_left_running_is_named_and_killed(sandbox: Sandbox) -> None:
    left = start_apart(SLEEPER)
    assert left.stdout is not None
    assert left.stdout.readline() == b"up\n"
    with pytest.raises(AssertionError, match=rf"left processes running.*\n  {left.pid}: "):
        require_no_survivors(sandbox.mark, seconds=0.1)
    assert left.wait(timeout=10) == -9
    left.communicate()
    assert survivors(sandbox.mark) == []


def test_a_process_of_another_test_is_no_leak(sandbox: Sandbox) -> None:
    mine = sandbox.mark
    sandbox.set_variable(MARK, "another")
    other = start_apart(SLEEPER)
    assert other.stdout is not None
    other.stdout.readline()
    assert survivors(mine) == []
    assert [each.pid for each in survivors("another")] == [other.pid]
    kill_hard(other.pid)
    other.communicate()


def test_waiting_returns_the_answer_or_says_what_it_saw() -> None:
    answers = iter([0, 0, 7])
    assert wait_until(lambda: next(answers)) == 7
    with pytest.raises(AssertionError, match=r"not within 0.05 s: \['one'\]"):
        wait_until(lambda: False, timeout=0.05, what=lambda: ["one"])
    with pytest.raises(AssertionError, match=r"a second file \(last answer: 0\)"):
        wait_until(lambda: 0, timeout=0.05, what="a second file")


def test_the_manual_clock_is_a_clock_that_only_the_test_moves() -> None:
    manual = ManualClock()
    clock: Clock = manual
    event = Event()
    assert clock.wait(event, 90) is False
    assert clock.now() == START + timedelta(seconds=90)
    assert clock.monotonic() == 1090.0
    event.set()
    assert clock.wait(event, 90) is True
    assert clock.monotonic() == 1090.0
    manual.set_wall_back(100)
    assert clock.now() == START - timedelta(seconds=10)
    assert clock.monotonic() == 1090.0


def test_ids_count_in_the_form_of_uuids() -> None:
    ids: IdSource = CountingIds()
    assert [ids.uuid(), ids.uuid()] == [
        "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-000000000002",
    ]


def test_a_built_repository_is_what_was_said(tmp_path: Path) -> None:
    built = RepositoryBuilder.create(tmp_path / "r")
    first = built.commit({"a.txt": "a\n", "sub dir/ü.bin": b"\0\xff", "-n": "dash\n"}, "One")
    side = built.worktree(tmp_path / "side", "topic")
    side.commit({"b.txt": "b\n"}, "Two")
    built.commit({"a.txt": None}, "Three")
    built.write({"loose.txt": "x", "-n": "changed\n"})

    assert built.tree(first) == {"-n": b"dash\n", "a.txt": b"a\n", "sub dir/ü.bin": b"\0\xff"}
    assert sorted(side.tree("topic")) == ["-n", "a.txt", "b.txt", "sub dir/ü.bin"]
    assert sorted(built.tree("main")) == ["-n", "sub dir/ü.bin"]
    assert built.status() == [" M -n", "?? loose.txt"]
    assert built.refs() == {
        "refs/heads/main": built.tip("main"),
        "refs/heads/topic": side.tip("HEAD"),
    }
    assert built.graph() == "* Three\n| * Two\n|/\n* One"
    assert built.subjects("main") == ["Three", "One"]
    assert built.worktrees() == [tmp_path / "r", tmp_path / "side"]
    assert built.files() == {
        "-n": b"changed\n",
        "loose.txt": b"x",
        "sub dir/ü.bin": b"\0\xff",
    }
    with pytest.raises(AssertionError, match=r"^git rev-parse .* ended with 128: fatal: "):
        built.tip("nothing")


def test_object_names_repeat(tmp_path: Path) -> None:
    tips = {
        RepositoryBuilder.create(tmp_path / name).commit({"a": "1\n"}, "One") for name in ("x", "y")
    }
    assert len(tips) == 1
