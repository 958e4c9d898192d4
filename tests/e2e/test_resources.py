"""What a task has for itself beside its worktree, and that it is gone with it."""

from __future__ import annotations

import pytest

from tests.support.fleet import Fleet
from wtagents.core.task import TaskState
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.telling.task_facts import task_facts

pytestmark = pytest.mark.e2e

TELL = "env | grep -E '^(WTA_PORT|COMPOSE_)' | sort >"
WORK = f"{TELL} agent.env; touch $WTA_TEMP/t $WTA_CACHE/c; git add . && git commit -qm Env"


def test_ports_names_and_folders(fleet: Fleet) -> None:
    fleet.configure(worktree={"setup": [f"{TELL} setup.env"]})
    for name in ("one", "feat/Two"):
        fleet.spawn_command(name, "sh", "-c", WORK)
        assert fleet.await_rest(name).state is TaskState.READY
    items = {name: fleet.status(name) for name in ("one", "feat/Two")}
    first = {}
    for name, item in items.items():
        held = item.resources
        assert held is not None
        assert held.ports is not None
        first[name] = held.ports.first
        told = (
            f"COMPOSE_PROJECT_NAME={held.compose_project}\nWTA_PORT={first[name]}\n"
            f"WTA_PORT_COUNT=10\nWTA_PORT_RANGE={first[name]}-{first[name] + 9}\n"
        )
        worktree = fleet.task(name).worktree
        assert (worktree / "setup.env").read_text() == told
        assert (worktree / "agent.env").read_text() == told
        facts = dict(task_facts(item, fleet.context.clock.now()))
        assert (facts["ports"], facts["room"]) == (
            f"{held.ports.words}, compose project {held.compose_project}",
            str(held.temporary.parent),
        )
        assert [path.name for path in (*held.temporary.iterdir(), *held.cache.iterdir())] == [
            "t",
            "c",
        ]
    assert len(set(first.values())) == 2
    fleet.repository.git("merge", "-q", "wta/one")
    root = fleet.context.paths.resources(fleet.task("one").id).root
    cleanup(fleet.context, CleanupRequest(names=("one",)))
    assert not root.exists()
    assert fleet.status("feat/Two").resources == items["feat/Two"].resources
