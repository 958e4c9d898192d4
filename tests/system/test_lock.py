from __future__ import annotations

import sys
from pathlib import Path

from tests.support.processes import start_apart
from wtagents.system.lock import is_held, try_lock


def test_a_lock_is_held_until_the_last_heir_of_the_file_is_gone(tmp_path: Path) -> None:
    """A starter hands its lock to the git process that it starts: both must be gone."""
    path = tmp_path / "checkout.lock"
    assert not is_held(path)
    script = (
        "import fcntl, os, subprocess, sys\n"
        f"lock = os.open({str(path)!r}, os.O_CREAT | os.O_RDWR)\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "subprocess.Popen(['/bin/sh', '-c', 'read line'], pass_fds=[lock])\n"
        "print('held', flush=True)\n"
    )
    with start_apart([sys.executable, "-c", script]) as starter:
        assert starter.stdout is not None
        assert starter.stdin is not None
        assert starter.stdout.readline() == b"held\n"
        starter.wait(10)
        assert is_held(path)
        starter.stdin.close()
        starter.stdout.read()
    assert not is_held(path)


def test_a_look_agrees_with_the_locks_of_the_house_and_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "some.lock"
    with try_lock(path) as held:
        assert held
        assert is_held(path)
    assert not is_held(path)
    with try_lock(path) as held:
        assert held
