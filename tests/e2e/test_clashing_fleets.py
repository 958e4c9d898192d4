"""Fleets whose tasks really clash: what can land lands, and the rest says what is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clashing import CHANGES, GATE, LOCK, begin, red_commits, steps
from tests.support.fleet import Fleet, configure
from tests.support.processes import survivors
from tests.support.ready_tasks import Fleet as ReadyFleet
from tests.support.waiting import wait_until
from tests.support.wta import start_wta, wta
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.store.merges import latest_merge_request
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.operations.context import Context

pytestmark = pytest.mark.e2e

RIVALS = {
    ("same-one", "same-two"): (
        Rejection.CONFLICT,
        "it conflicts with main: shop/price.py: both changed the same lines",
    ),
    ("delete-old", "edit-old"): (Rejection.CONFLICT, "it conflicts with main: shop/old.py: "),
    ("rename-shout", "call-shout"): (Rejection.GATE_RED, "cannot import name 'shout'"),
}
"""Of these only one can land; with why the other does not."""


@pytest.fixture
def project(repository: RepositoryBuilder, sandbox: Sandbox) -> RepositoryBuilder:
    """Return the project, where the tests and the lock file's program are declared."""
    configure(
        sandbox, merge={"resolver": "none", "gate": [GATE], "slots": 2}, limits={"agents": 10}
    )
    with (sandbox.config / "wta" / "config.toml").open("a") as file:
        file.write(f'[[merge.regenerate]]\npaths = ["packages.lock"]\ncommand = "{LOCK}"\n')
    begin(repository)
    return repository


def request(context: Context, name: str) -> MergeRequest:
    with context.database.read() as db:
        found = latest_merge_request(db, require_task(db, name).id)
    assert found is not None, f"{name} never asked"
    return found


def require_truth(
    project: RepositoryBuilder, context: Context, sandbox: Sandbox, names: Collection[str]
) -> set[str]:
    """Prove the end of a fleet from outside; return who landed."""
    requests = {name: request(context, name) for name in names}
    landed = {name for name in names if requests[name].state is MergeState.MERGED}
    _require_reasons(requests, landed)
    _require_main(project, sandbox, landed)
    for name in set(names) - landed:
        with context.database.read() as db:
            task = require_task(db, name)
        assert task.state is TaskState.READY
        assert task.worktree.is_dir()
        assert requests[name].source == project.tip(f"wta/{name}")
        assert project.subjects(f"{task.base}..wta/{name}") == [f"Do {name}"]
    said = wta(project.path, "status", "--json").data
    shown = {each["task"]["name"]: each["task"]["state"] for each in said}
    assert shown == {name: "merged" if name in landed else "ready" for name in names}
    assert wta(project.path, "queue", "--json").data["entries"] == []
    return landed


def _require_reasons(requests: dict[str, MergeRequest], landed: set[str]) -> None:
    """Everything has landed that is not a rival of what landed, or red by itself."""
    left = {name: each for name, each in requests.items() if name not in landed}
    for pair, (rejection, words) in RIVALS.items():
        if pair[0] in requests:
            (loser,) = set(pair) - landed
            refused = left.pop(loser)
            assert refused.rejection is rejection, refused
            assert words in "\n".join([refused.detail, *(each.tail for each in refused.gates)])
    if "break" in requests:
        broken = left.pop("break")
        assert broken.rejection is Rejection.GATE_RED
        assert "AssertionError: 'hello a' != 'HELLO A'" in broken.gates[-1].tail
    assert left == {}


def _require_main(project: RepositoryBuilder, sandbox: Sandbox, landed: set[str]) -> None:
    """main is a line of exactly what landed, green at every commit, and so is its checkout."""
    line = project.subjects("main")
    assert line[-2:] == ["Write the project", "Begin"]
    assert sorted(line[:-2]) == sorted(f"Do {name}" for name in landed)
    assert project.git("rev-list", "--merges", "main") == ""
    assert red_commits(project, sandbox.work / "looked-at", "main", without=1) == []
    assert project.status() == []
    assert project.files() == project.tree("main")
    files = project.tree("main")
    present = {line for content in files.values() for line in content.decode().splitlines()}
    for name in landed:
        made = project.git("show", "--find-renames", "--format=", "-U0", f"wta/{name}")
        added = {line[1:] for line in made.splitlines() if line[0] == "+" and line[:3] != "+++"}
        assert {line for line in added if not line.startswith("whole ")} <= present, name
        assert not {path for path, text in CHANGES[name].items() if text is None} & files.keys()


def test_ten_agents_land_by_themselves(project: RepositoryBuilder, sandbox: Sandbox) -> None:
    names = [
        *("same-one", "same-two", "import-json", "import-string", "lock-apples", "lock-water"),
        *("delete-old", "edit-old", "rename-shout", "call-shout"),
    ]
    fleet = Fleet(repository=project, sandbox=sandbox)
    go = sandbox.work / "go"
    for name in names:
        fleet.spawn(name, f"run until [ -e {go} ]; do sleep 0.1; done", *steps(name), merge=True)
    supervisor = start_wta(project.path, "supervise")
    go.touch()

    def all_ended() -> bool:
        rows = fleet.context.database.rows(
            "SELECT state FROM merge_request WHERE state IN ('merged', 'rejected')"
        )
        return len(rows) == len(names)

    wait_until(all_ended, what="the landings", timeout=60)
    landed = require_truth(project, fleet.context, sandbox, names)
    assert len(landed) == 7
    supervisor.terminate()
    supervisor.wait(20)
    wait_until(lambda: survivors(sandbox.mark) == [], what="the end of all processes")
    fleet.context.close()


def test_twenty_branches_land_in_batches(project: RepositoryBuilder, sandbox: Sandbox) -> None:
    fleet = ReadyFleet(project)
    for name, files in CHANGES.items():
        fleet.task(name, files, subject=f"Do {name}")
    assert len(CHANGES) == 20
    wta(project.path, "merge", "--ready", status=1, seconds=60)
    landed = require_truth(project, fleet.context, sandbox, list(CHANGES))
    assert len(landed) == 16
    assert survivors(sandbox.mark) == []
    fleet.context.close()
