"""A batch that is killed at each of its phases: the next landing comes to the same end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.operations.test_land_killed import (
    ask,
    go_on,
    kill_once,
    require_landed,
)
from tests.support.environment import Sandbox
from tests.support.landers import land_apart, lander
from tests.support.processes import MERGER, kill_hard, start_apart, survivors
from tests.support.ready_tasks import Fleet
from tests.support.waiting import wait_until
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.operations.landing.landing import ATTEMPTS
from wtagents.operations.tripwire import accept_tripwire

NAMES = ("one", "two", "bad", "three", "four")


@pytest.fixture
def batch(fleet: Fleet) -> Fleet:
    for name in NAMES:
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    ask(fleet, *NAMES)
    return fleet


def require_same_end(fleet: Fleet, sandbox: Sandbox) -> None:
    good = [name for name in NAMES if name != "bad"]
    assert fleet.request("bad").rejection is Rejection.GATE_RED
    assert fleet.row("bad").state is TaskState.READY
    assert {fleet.request(name).state for name in good} == {MergeState.MERGED}
    assert {fleet.row(name).state for name in good} == {TaskState.MERGED}
    assert fleet.main.subjects() == [*(f"Add {name}" for name in reversed(good)), "Begin"]
    scratches = fleet.context.paths.root.glob("scratch-*")
    assert {path.name for path in scratches} <= {"scratch-2"}
    files = {f"{name}.txt": f"{name}\n".encode() for name in good}
    require_landed(fleet, sandbox, {"README.md": b"# Project\n", **files})


@pytest.mark.parametrize("share", [0.3, 0.6, 0.85])
def test_killed_at_any_moment_of_a_batch(batch: Fleet, sandbox: Sandbox, share: float) -> None:
    """Killed after a share of the steps that its rows record, with two gates under way."""
    gate = "test ! -e bad.txt"
    process = start_apart(lander(batch, gate=[gate], slots=2))
    steps = round(share * 4 * len(NAMES))
    wait_until(lambda: _moves(batch) >= steps or process.poll() is not None, what="the batch")
    kill_hard(process.pid)
    process.communicate()
    batch.use(gate=[gate], slots=2)
    go_on(batch)
    require_same_end(batch, sandbox)


def _moves(fleet: Fleet) -> int:
    return len(fleet.context.database.rows("SELECT id FROM event WHERE kind = 'merge.moved'"))


def test_killed_while_two_slots_are_at_work(batch: Fleet, sandbox: Sandbox, tmp_path: Path) -> None:
    """The gates of both slots outlive who started them, and are ended by the next landing."""
    place = tmp_path / "at-work"
    place.mkdir()
    both = f"touch {place}/$WTA_TASK; while test $(ls {place} | wc -l) -lt 2; do sleep 0.02; done"
    deadly = f"test -e {place}/again || {{ {both}; kill -9 {MERGER}; exec sleep 60; }}"
    gate = f"{deadly}; test ! -e bad.txt"
    assert land_apart(batch, gate=[gate], slots=2).returncode == -9
    assert {batch.request(name).state for name in NAMES} == {MergeState.GATING}
    assert len(survivors(sandbox.mark)) >= 1
    (place / "again").touch()
    batch.use(gate=[gate], slots=2)
    go_on(batch)
    require_same_end(batch, sandbox)


def test_killed_while_the_checkout_of_a_prefix_is_updated(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    """All rows of the prefix are advancing, the target has moved, the checkout has not yet."""
    pid, smudge = tmp_path / "pid", tmp_path / "smudge"
    smudge.write_text(
        f"#!/bin/sh\ntest -e {pid} && kill -9 $(cat {pid}) && rm {pid}\nsleep 0.2; exec cat\n"
    )
    smudge.chmod(0o755)
    fleet.main.git("config", "filter.slow.smudge", str(smudge))
    fleet.main.git("config", "filter.slow.clean", "cat")
    fleet.main.commit({".gitattributes": "*.txt filter=slow\n"})
    accept_tripwire(fleet.context)
    names = ("one", "two", "three")
    for name in names:
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    ask(fleet, *names)
    old = fleet.tip()
    done = land_apart(fleet, gate=[f"echo {MERGER} > {pid}"], slots=1)
    assert done.returncode == -9
    requests = [fleet.request(name) for name in names]
    assert {request.state for request in requests} == {MergeState.ADVANCING}
    assert [request.onto for request in requests] == [
        old,
        requests[0].candidate,
        requests[1].candidate,
    ]
    assert requests[-1].candidate == fleet.tip()
    fleet.use(gate=["false"])
    words = [each.detail.rpartition("; ")[2] for each in go_on(fleet)]
    assert set(words) == {"it was cut off and finished later"}, "not begun again"
    assert {fleet.request(name).state for name in names} == {MergeState.MERGED}
    assert {fleet.row(name).state for name in names} == {TaskState.MERGED}
    files = {f"{name}.txt": f"{name}\n".encode() for name in names}
    attributes = {".gitattributes": b"*.txt filter=slow\n", "README.md": b"# Project\n"}
    require_landed(fleet, sandbox, files | attributes)


def test_killed_before_the_second_look_at_a_red_tree(
    batch: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Nobody was blamed for the one red run; the next landing looks twice itself."""
    kill = kill_once(tmp_path / "killed")
    gate = f'case "$WTA_TASK" in bad) {kill};; esac; test ! -e bad.txt'
    assert land_apart(batch, gate=[gate], slots=1).returncode == -9
    assert batch.request("bad").rejection is None
    batch.use(gate=[gate], slots=1)
    go_on(batch)
    require_same_end(batch, sandbox)


def test_who_always_kills_its_merger_is_left_to_a_person_and_nobody_else(batch: Fleet) -> None:
    gate = f"if test -e bad.txt; then kill -9 {MERGER}; exec sleep 60; fi"
    for _ in range(ATTEMPTS):
        assert land_apart(batch, gate=[gate], slots=1).returncode == -9
    assert land_apart(batch, gate=[gate], slots=1).returncode == 0
    assert batch.request("bad").rejection is Rejection.CUT_OFF
    good = [name for name in NAMES if name != "bad"]
    assert {batch.request(name).state for name in good} == {MergeState.MERGED}
