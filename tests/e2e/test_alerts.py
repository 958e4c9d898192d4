"""A supervisor tells, by itself, what happens while nobody looks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.fleet import configure, scenario, work
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from tests.support.wta import start_wta, wta

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.fleet import Fleet

pytestmark = pytest.mark.e2e


def heard(log: Path) -> list[str]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [said for line in lines for said in json.loads(line)["lines"]]


def test_a_supervisor_that_is_killed_tells_nothing_twice(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    log, tell = tmp_path / "heard", tmp_path / "tell"
    tell.write_text(f'#!/bin/sh\nprintf "%s\\n" "$(cat)" >> "{log}"\n')
    tell.chmod(0o755)
    configure(
        sandbox,
        agent={"permission_mode": "default"},
        notify={"command": [str(tell)], "batch": "1s", "desktop": "off"},
    )
    folder = fleet.repository.path
    fleet.spawn("a", *work())
    first = start_wta(folder, "supervise")
    try:
        wait_until(lambda: heard(log), what=lambda: fleet.status("a"))
    finally:
        kill_hard(first.pid)
        first.wait()
    assert heard(log) == ["a is ready"]
    wta(folder, "spawn", "b", scenario(*work("b.txt")), "--wait")
    second = start_wta(folder, "supervise")
    try:
        wait_until(lambda: len(heard(log)) > 1, what=lambda: fleet.status("b"))
    finally:
        second.terminate()
        second.wait()
    assert heard(log) == ["a is ready", "b is ready"]
