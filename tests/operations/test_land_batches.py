"""Batches: what is green lands together, what is not is named, and nobody else is held up."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Timer

import pytest

from tests.support.environment import Sandbox
from tests.support.processes import survivors
from tests.support.ready_tasks import Fleet
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.store.gates import flaky_gates, landing_measures


def add(fleet: Fleet, *names: str) -> None:
    """Add a task for each name, with a file of that name."""
    for name in names:
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")


def land(fleet: Fleet) -> dict[str, MergeOutcome]:
    return {each.task: each for each in merge(fleet.context, MergeRequestOptions(ready=True)).data}


def runs(log: Path) -> list[str]:
    """Return which prefixes the gates looked at, by their last task."""
    return log.read_text().splitlines()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def test_a_green_batch_is_verified_once_and_lands_as_single_commits(
    fleet: Fleet, log: Path
) -> None:
    names = [f"t{number:02}" for number in range(5)]
    add(fleet, *names)
    fleet.use(gate=[f'echo "$WTA_TASKS" >> {log}'], slots=1)
    outcomes = land(fleet)
    assert runs(log) == [" ".join(names)]
    assert fleet.main.subjects() == [f"Add {name}" for name in reversed(names)] + ["Begin"]
    assert fleet.main.status() == []
    old = fleet.tip(f"main~{len(names)}")
    for place, name in enumerate(names):
        outcome, request = outcomes[name], fleet.request(name)
        assert (outcome.state, outcome.commits, outcome.verified) == (MergeState.MERGED, 1, True)
        assert outcome.old == (outcomes[names[place - 1]].new if place else old)
        assert outcome.detail == (
            "1 commit on main; 1 gate passed; verified together with 4 others"
        )
        assert (request.place, request.batch) == (place + 1, fleet.request(names[0]).id)
        assert fleet.row(name).state is TaskState.MERGED


def test_a_batch_without_a_gate_says_so_of_every_landing(fleet: Fleet) -> None:
    add(fleet, "one", "two")
    assert {each.detail for each in land(fleet).values()} == {
        "1 commit on main; not verified: no gate is configured; verified together with 1 other"
    }


@pytest.mark.parametrize("slots", [1, 3])
def test_the_bad_ones_are_named_and_the_others_land(fleet: Fleet, log: Path, slots: int) -> None:
    names = [f"t{number}" for number in range(5)]
    add(fleet, *names)
    fleet.use(
        gate=[f"echo $WTA_TASK >> {log}; for n in t1 t3; do test ! -e $n.txt || exit 1; done"],
        slots=slots,
    )
    outcomes = land(fleet)
    for name, outcome in outcomes.items():
        if name in ("t1", "t3"):
            assert (outcome.state, outcome.rejection) == (MergeState.REJECTED, Rejection.GATE_RED)
            assert fleet.row(name).state is TaskState.READY
            assert outcome.hint.endswith(f'wta send {name} "the gate fails, see …"')
        else:
            assert (outcome.state, outcome.verified) == (MergeState.MERGED, True)
    assert set(fleet.main.files()) == {"README.md", "t0.txt", "t2.txt", "t4.txt"}
    assert len(runs(log)) <= 5 * 2 + 2


def test_a_flake_is_recorded_by_the_gates_name_and_blames_nobody(
    fleet: Fleet, tmp_path: Path
) -> None:
    add(fleet, "one", "two")
    once = tmp_path / "once"
    gate = f"test -e {once} || {{ touch {once}; echo unlucky; exit 1; }}"
    fleet.use(gate=[gate], slots=1)
    outcomes = land(fleet)
    assert {each.state for each in outcomes.values()} == {MergeState.MERGED}
    with fleet.context.database.read() as db:
        measures = landing_measures(db, recent=50)
        # two members: the longest was red, the shorter green, then the longest again
        assert flaky_gates(db) == [(gate, 1)]
        (event,) = db.rows("SELECT task_id, merge_id FROM event WHERE kind = 'gate.flaked'")
    assert tuple(event) == (None, None)
    assert (measures.landed, measures.flakes) == ((True, True), 1)
    assert outcomes["two"].detail.endswith("a gate was red, then green: a flake")


def test_a_gate_that_ran_too_long_gets_one_more_try(fleet: Fleet, tmp_path: Path) -> None:
    add(fleet, "one")
    once = tmp_path / "once"
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; sleep 60; }}"], gate_timeout="1s")
    assert land(fleet)["one"].state is MergeState.MERGED


def test_clashing_branches_do_not_spoil_each_others_batch(fleet: Fleet, log: Path) -> None:
    fleet.main.commit({"shared.txt": "1\n2\n3\n"}, "Share")
    fleet.task("elder", {"shared.txt": "1\nelder\n3\n"})
    fleet.task("rival", {"shared.txt": "1\nrival\n3\n"})
    add(fleet, "other")
    fleet.use(gate=[f'echo "$WTA_TASKS" >> {log}'], slots=1)
    outcomes = land(fleet)
    assert runs(log) == ["elder other"]
    assert outcomes["rival"].rejection is Rejection.CONFLICT
    assert {outcomes[name].state for name in ("elder", "other")} == {MergeState.MERGED}


def test_who_conflicts_with_the_target_asks_the_resolver_alone(fleet: Fleet, log: Path) -> None:
    fleet.main.commit({"shared.txt": "1\n"}, "Share")
    fleet.task("late", {"shared.txt": "1\nlate\n"})
    fleet.main.commit({"shared.txt": "1\nmine\n"}, "By hand")
    add(fleet, "one", "two")
    fleet.use(gate=[f'echo "$WTA_TASKS" >> {log}'], slots=1, resolver="scripted")
    outcomes = land(fleet)
    assert {each.state for each in outcomes.values()} == {MergeState.MERGED}
    assert runs(log) == ["one two", "late"]
    assert fleet.main.files()["shared.txt"] == b"1\nmine\nlate\n"
    assert len(outcomes["late"].resolutions) == 1


def test_who_has_uncommitted_files_is_refused_and_the_rest_lands(fleet: Fleet) -> None:
    add(fleet, "one", "two", "three")
    (fleet.main.path.parent / "worktrees" / "two" / "left.txt").write_text("x")
    outcomes = land(fleet)
    assert {name: each.state for name, each in outcomes.items()} == {
        "one": MergeState.MERGED,
        "two": MergeState.REJECTED,
        "three": MergeState.MERGED,
    }


def test_a_branch_that_moves_during_the_gate_leaves_its_batch(fleet: Fleet) -> None:
    add(fleet, "one", "two", "three")
    place = fleet.main.path.parent / "worktrees" / "two"
    once = fleet.main.path.parent / "once"
    late = f"cd {place} && git commit -q --allow-empty -m Late"
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; {late}; }}"])
    outcomes = land(fleet)
    assert outcomes["two"].rejection is Rejection.SOURCE_MOVED
    assert fleet.main.subjects() == ["Add three", "Add one", "Begin"]


def test_what_lies_in_the_way_refuses_only_who_touches_it(fleet: Fleet) -> None:
    add(fleet, "one", "two", "three")
    fleet.main.write({"two.txt": "of the person\n"})
    outcomes = land(fleet)
    assert outcomes["two"].rejection is Rejection.CHECKOUT_DIRTY
    assert fleet.main.subjects() == ["Add three", "Add one", "Begin"]
    assert fleet.main.files()["two.txt"] == b"of the person\n"


def test_a_git_command_that_has_just_begun_is_waited_for(fleet: Fleet) -> None:
    """Its lock goes while the landing waits: nobody is refused for it."""
    add(fleet, "one")
    lock = fleet.main.path / ".git" / "index.lock"
    end_of_command = Timer(0.7, lock.unlink)

    def tell(line: str) -> None:
        if line == "one: gate true":
            lock.write_bytes(b"")
            end_of_command.start()

    fleet.use(gate=["true"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("one",)), tell=tell).data
    end_of_command.join()
    assert outcome.state is MergeState.MERGED


def test_a_request_that_is_withdrawn_meanwhile_does_not_land(fleet: Fleet, tmp_path: Path) -> None:
    add(fleet, "one", "two", "three")
    once, database = tmp_path / "once", fleet.context.paths.database
    take_back = (
        'import sqlite3; c = sqlite3.connect(sys.argv[1]); c.execute("UPDATE merge_request SET'
        " state = 'withdrawn' WHERE place = 2\"); c.commit()"
    )
    script = tmp_path / "withdraw.py"
    script.write_text(f"import sys; {take_back}\n")
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; python3 {script} {database}; }}"])
    outcomes = land(fleet)
    assert outcomes["two"].state is MergeState.WITHDRAWN
    assert fleet.main.subjects() == ["Add three", "Add one", "Begin"]


def test_a_push_supersedes_the_batch_and_all_of_it_comes_again(fleet: Fleet, log: Path) -> None:
    add(fleet, "one", "two")
    by_hand = f'cd {fleet.main.path} && git commit -q --allow-empty -m "By hand"'
    once = fleet.main.path.parent / "once"
    fleet.use(gate=[f"echo x >> {log}; test -e {once} || {{ touch {once}; {by_hand}; }}"], slots=1)
    outcomes = land(fleet)
    assert {each.state for each in outcomes.values()} == {MergeState.MERGED}
    assert fleet.main.subjects() == ["Add two", "Add one", "By hand", "Begin"]
    assert [fleet.request(name).superseded for name in ("one", "two")] == [1, 1]


def test_slots_do_not_end_each_others_gates(fleet: Fleet, sandbox: Sandbox, log: Path) -> None:
    """The longer prefix is looked at until the shorter one has landed; each leaves a process."""
    add(fleet, "one", "two")
    landed = f"git -C {fleet.main.path} log --format=%s main | grep -q 'Add one'"
    wait = f"test $WTA_TASK = one || until {landed}; do sleep 0.02; done"
    fleet.use(gate=[f"echo $WTA_TASK >> {log}; {wait}; sleep 600 & true"], slots=2)
    outcomes = land(fleet)
    assert {each.state for each in outcomes.values()} == {MergeState.MERGED}
    assert sorted(runs(log)) == ["one", "two"]
    assert survivors(sandbox.mark) == []
    assert sorted(path.name for path in fleet.context.paths.root.glob("scratch*")) == [
        "scratch",
        "scratch-2",
    ]


def test_new_attributes_hold_for_those_who_land_after_them(fleet: Fleet) -> None:
    """A union for a file, then two branches that both add to it."""
    fleet.main.commit({"list.txt": "1\n"}, "Begin a list")
    fleet.task("union", {".gitattributes": "list.txt merge=union\n"})
    fleet.task("left", {"list.txt": "1\nleft\n", "l": ""})
    fleet.main.commit({"list.txt": "1\nright\n"}, "By hand")
    fleet.use(protected=[])
    outcomes = land(fleet)
    assert {name: each.state for name, each in outcomes.items()} == {
        "union": MergeState.MERGED,
        "left": MergeState.MERGED,
    }
    assert sorted(fleet.main.files()["list.txt"].split()) == [b"1", b"left", b"right"]


# ---------------------------------------------------------------- verdicts that are kept


def test_the_same_tree_is_not_verified_twice(fleet: Fleet, log: Path) -> None:
    add(fleet, "one")
    fleet.main.write({"one.txt": "of the person\n"})
    fleet.use(gate=[f"echo x >> {log}"])
    assert land(fleet)["one"].rejection is Rejection.CHECKOUT_DIRTY
    (fleet.main.path / "one.txt").unlink()
    outcome = land(fleet)["one"]
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, True)
    assert runs(log) == ["x"]
    assert outcome.gates[0].cached_from is not None
    assert outcome.detail == "1 commit on main; 1 gate passed (cached)"


@pytest.mark.parametrize("change", ["variable", "program", "included", "timeout"])
def test_another_environment_is_another_question(
    fleet: Fleet, log: Path, tmp_path: Path, sandbox: Sandbox, change: str
) -> None:
    fleet.main.commit({".gitignore": ".env\n", ".worktreeinclude": ".env\n"})
    fleet.main.write({".env": "1\n"})
    program = tmp_path / "gate"
    program.write_text(f"#!/bin/sh\necho x >> {log}\n")
    program.chmod(0o755)
    add(fleet, "one")
    fleet.main.write({"one.txt": "of the person\n"})
    fleet.use(gate=[str(program)])
    land(fleet)
    (fleet.main.path / "one.txt").unlink()
    match change:
        case "variable":
            sandbox.set_variable("API_URL", "http://127.0.0.1:1")
        case "program":
            os.utime(program, ns=(1, 1))
        case "included":
            fleet.main.write({".env": "2\n"})
        case _:
            fleet.use(gate=[str(program)], gate_timeout="77s")
    assert land(fleet)["one"].gates[0].cached_from is None
    assert runs(log) == ["x", "x"]


def test_a_red_tree_is_looked_at_again_when_a_person_asks_again(
    fleet: Fleet, log: Path, tmp_path: Path
) -> None:
    add(fleet, "one")
    allowed = tmp_path / "allowed"
    fleet.use(gate=[f"echo x >> {log}; test -e {allowed}"])
    assert land(fleet)["one"].rejection is Rejection.GATE_RED
    assert runs(log) == ["x", "x"], "nobody is blamed for one red run"
    allowed.touch()
    assert land(fleet)["one"].state is MergeState.MERGED
