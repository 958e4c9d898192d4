"""Whoever lands is killed again and again, at random steps: the end is the same as without.

`scripts/soak mergers` goes on for longer.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.operations.test_land_killed import require_landed
from tests.support.fleet import configure
from tests.support.ready_tasks import Fleet
from tests.support.waiting import wait_until
from tests.support.wta import start_wta, wta
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState

if TYPE_CHECKING:
    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder
    from tests.support.wta import Program

pytestmark = pytest.mark.e2e

GATE = "test ! -e bad.txt"
KILLS = int(os.environ.get("WTA_TEST_MERGER_KILLS", "6"))
SEED = int(os.environ.get("WTA_TEST_SEED", "3"))
GOOD = tuple(f"good-{number}" for number in range(max(6, KILLS // 2)))
LANDERS = (("merge", "--ready"), ("supervise",))
STEPS = 14
"""Most steps of requests that one lander gets; a batch of eight takes 32."""


def test_mergers_killed_at_random(repository: RepositoryBuilder, sandbox: Sandbox) -> None:
    configure(sandbox, merge={"resolver": "none", "gate": [GATE], "slots": 2})
    repository.commit({"line.txt": "begin\n"}, "Begin a line")
    fleet = Fleet(repository)
    for name in GOOD:
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    fleet.task("bad", {"bad.txt": "bad\n"}, subject="Add bad")
    for name in ("left", "right"):
        fleet.task(name, {"line.txt": f"{name}\n"}, subject=f"Change to {name}")
    chance = random.Random(SEED)  # noqa: S311 - a seed that can be repeated
    for number in range(KILLS):
        kill_after(fleet, start_wta(repository.path, *LANDERS[number % 2]), chance)
    for _ in range(2):  # one that was killed too often has to be asked for again
        wta(repository.path, "merge", "--ready", status=1)
    require_same_end(fleet, sandbox)
    fleet.context.close()


def kill_after(fleet: Fleet, lander: Program, chance: random.Random) -> None:
    """Kill a lander after some steps, or when everything has ended before."""
    enough = moves(fleet) + chance.randint(1, STEPS)
    wait_until(
        lambda: moves(fleet) >= enough or lander.poll() is not None or not waiting(fleet),
        what="steps of the landing",
    )
    lander.kill()
    lander.wait()


def moves(fleet: Fleet) -> int:
    return len(fleet.context.database.rows("SELECT id FROM event WHERE kind = 'merge.moved'"))


def waiting(fleet: Fleet) -> bool:
    """Whether something is to land: before the first request everything is."""
    asked = fleet.context.database.rows("SELECT state FROM merge_request")
    ended = {MergeState.MERGED, MergeState.REJECTED, MergeState.WITHDRAWN}
    return not asked or any(row["state"] not in ended for row in asked)


def require_same_end(fleet: Fleet, sandbox: Sandbox) -> None:
    assert fleet.request("bad").rejection is Rejection.GATE_RED
    assert {fleet.row(name).state for name in GOOD} == {TaskState.MERGED}
    rivals = {name: fleet.request(name) for name in ("left", "right")}
    (winner,) = [name for name in rivals if rivals[name].state is MergeState.MERGED]
    (loser,) = rivals.keys() - {winner}
    assert rivals[loser].rejection is Rejection.CONFLICT
    subjects = [f"Add {name}" for name in GOOD]
    landed = fleet.main.subjects()[:-2]
    assert sorted(landed) == sorted([*subjects, f"Change to {winner}"])
    files = {f"{name}.txt": f"{name}\n".encode() for name in GOOD}
    rest = {"README.md": b"# Project\n", "line.txt": f"{winner}\n".encode()}
    require_landed(fleet, sandbox, files | rest)
