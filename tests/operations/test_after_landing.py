"""Gates that look at the target after a landing, and the undo by itself."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.processes import MERGER
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.warm import run_text_warm
from wtagents.core.errors import ExitCode
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.attention import attention
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.telling.status import StatusRequest, status
from wtagents.operations.tripwire import accept_tripwire
from wtagents.operations.undo import UndoRequest, undo

RED_WITH_BROKEN = "test ! -e broken.txt"
LANDER = """\
import json, sys
from pathlib import Path
from wtagents.core.config.settings import Layer
from wtagents.operations.context import Context
from wtagents.operations.merge import MergeRequestOptions, merge
values = {"merge": json.loads(sys.argv[2]), "sandbox": {"mode": "none"}}
layer = Layer(source="--test", values=values)
merge(Context(Path(sys.argv[1]), flags=[layer]), MergeRequestOptions(ready=True))
"""


def three(fleet: Fleet) -> None:
    """Three tasks; the second one breaks what only the gate after the landing sees."""
    fleet.task("one", {"one.txt": "1\n"}, subject="Add one")
    fleet.task("two", {"broken.txt": "x\n"}, subject="Add two")
    fleet.task("three", {"three.txt": "3\n"}, subject="Add three")


def needed(fleet: Fleet) -> dict[str, str]:
    """Return why a person is needed, by task."""
    tasks = status(fleet.context, StatusRequest()).data
    return {each.task.name: each.attention for each in tasks if each.attention}


AFTER = {"README.md": b"# Project\n", "one.txt": b"1\n", "three.txt": b"3\n"}


def test_of_a_batch_only_the_one_that_broke_it_is_undone(fleet: Fleet) -> None:
    three(fleet)
    fleet.use(gate=["true"], post_gate=[RED_WITH_BROKEN], auto_undo=True)
    said: list[str] = []
    result = merge(fleet.context, MergeRequestOptions(ready=True), tell=said.append)
    assert result.exit_code is ExitCode.UNFULFILLED
    assert [(each.task, each.landed, each.undone) for each in result.data] == [
        ("one", True, False),
        ("two", True, True),
        ("three", True, False),
    ]
    assert fleet.main.files() == AFTER
    assert fleet.main.status() == []
    assert fleet.main.subjects() == [
        'Revert "Add two"', "Add three", "Add two", "Add one", "Begin",
    ]  # fmt: skip
    why = f"the gate {RED_WITH_BROKEN!r} was red after it had landed"
    assert f"main is RED: the gate {RED_WITH_BROKEN!r} fails since two landed" in said
    assert f"two is undone on main by {fleet.tip()[:10]}: {why}" in said
    task = fleet.row("two")
    assert (task.state, task.reason) == (TaskState.FAILED, Reason.UNDONE)
    assert attention(task, None, None, fleet.request("two")) == (
        f"undone: {why}; undone on main by {fleet.tip()[:10]}"
    )
    assert fleet.row("one").state is TaskState.MERGED


def test_without_leave_it_is_only_said(fleet: Fleet) -> None:
    three(fleet)
    fleet.use(post_gate=[RED_WITH_BROKEN])
    said: list[str] = []
    merge(fleet.context, MergeRequestOptions(ready=True), tell=said.append)
    assert f"main is RED: the gate {RED_WITH_BROKEN!r} fails since two landed" in said
    assert any(line.startswith("take it back: wta undo two; the gate said: /") for line in said)
    assert fleet.row("two").state is TaskState.MERGED
    red = f"main is red since it landed: {RED_WITH_BROKEN}; take it back: wta undo two"
    assert needed(fleet) == {"two": red}
    fleet.task("four", {"four.txt": "4\n"})
    fleet.land("four")
    assert needed(fleet) == {"two": red}, "red still, and not by the one that came last"
    assert undo(fleet.context, UndoRequest(name="two")).data.undone
    assert fleet.main.files() == {**AFTER, "four.txt": b"4\n"}
    assert needed(fleet) == {}


def test_what_was_red_before_is_nobodys_fault(fleet: Fleet) -> None:
    fleet.main.commit({"broken.txt": "x\n"}, "By hand")
    fleet.task("one", {"one.txt": "1\n"})
    fleet.use(post_gate=[RED_WITH_BROKEN], auto_undo=True)
    said: list[str] = []
    (outcome,) = merge(fleet.context, MergeRequestOptions(ready=True), tell=said.append).data
    assert (outcome.landed, outcome.undone) == (True, False)
    assert said[-1] == (
        f"the gate {RED_WITH_BROKEN!r} is red on main, and was before these landings"
    )


def test_a_flake_undoes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    fleet.task("one", {"one.txt": "1\n"})
    once = tmp_path / "once"
    fleet.use(post_gate=[f"test -e {once} || {{ touch {once}; false; }}"], auto_undo=True)
    (outcome,) = merge(fleet.context, MergeRequestOptions(ready=True)).data
    assert (outcome.landed, outcome.undone) == (True, False)
    assert len(fleet.context.database.rows("SELECT 1 FROM event WHERE kind = 'gate.flaked'")) == 1


def test_what_came_later_and_builds_on_it_keeps_it_there(fleet: Fleet) -> None:
    fleet.task("one", {"broken.txt": "x\n"})
    by_hand = f"cd {fleet.main.path} && echo y > broken.txt && git commit -qam Hand"
    look = f"test ! -e broken.txt || {{ {by_hand}; false; }}"
    fleet.use(post_gate=[look], auto_undo=True)
    said: list[str] = []
    merge(fleet.context, MergeRequestOptions(ready=True), tell=said.append)
    assert said[-1].startswith(
        "one could NOT be undone: what came later builds on it in broken.txt"
    )
    assert (fleet.row("one").state, fleet.main.subjects()[0]) == (TaskState.MERGED, "Hand")


def test_a_red_target_is_not_pushed(fleet: Fleet) -> None:
    path = fleet.main.path.parent / "remote.git"
    fleet.main.git("clone", "-q", "--bare", ".", str(path))
    fleet.main.git("remote", "add", "origin", str(path))
    accept_tripwire(fleet.context)
    remote, before = RepositoryBuilder(path), fleet.tip()
    three(fleet)
    fleet.use(post_gate=[RED_WITH_BROKEN], auto_undo=True, push="origin")
    result = merge(fleet.context, MergeRequestOptions(ready=True))
    assert {each.push.detail for each in result.data if each.push} == {
        "two was undone; the next landing is pushed with it"
    }
    assert remote.tip("main") == before
    fleet.task("four", {"four.txt": "4\n"})
    fleet.land("four")
    assert remote.tip("main") == fleet.tip()


def test_killed_while_it_looks_the_next_landing_looks_again(fleet: Fleet, tmp_path: Path) -> None:
    three(fleet)
    killed = tmp_path / "killed"
    kill = f"test -e {killed} || {{ touch {killed}; kill -9 {MERGER}; }}"
    settings = {"post_gate": [kill, RED_WITH_BROKEN], "auto_undo": True, "resolver": "none"}
    assert run_text_warm(LANDER, str(fleet.main.path), json.dumps(settings)).returncode == -9
    assert fleet.row("two").state is TaskState.MERGED
    fleet.use(**settings)
    fleet.task("four", {"four.txt": "4\n"})
    fleet.land("four")
    assert (fleet.row("two").state, fleet.row("two").reason) == (TaskState.FAILED, Reason.UNDONE)
    assert fleet.main.files() == AFTER | {"four.txt": b"4\n"}
