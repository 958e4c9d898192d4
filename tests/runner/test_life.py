from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.running import Running
from wtagents.core.run import ExitReason


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running.create(tmp_path)


def test_a_program_that_ends_well_is_completed(running: Running) -> None:
    running.start_command("/bin/sh", "-c", "pwd; echo $WTA_TASK; echo oops >&2")
    ended = running.outcome()
    assert (ended.reason, ended.exit_code, ended.survivors) == (ExitReason.COMPLETED, 0, 0)
    assert running.stream() == f"{running.worktree}\na-task\n"
    assert running.folder.stderr.read_text() == "oops\n"


def test_a_scenario_is_played_to_its_end(running: Running) -> None:
    running.start_scenario('say "Hello."\nwrite a.txt <<END\none\nEND')
    ended = running.outcome()
    assert (ended.reason, ended.exit_code, ended.survivors) == (ExitReason.COMPLETED, 0, 0)
    assert (running.worktree / "a.txt").read_text() == "one\n"
