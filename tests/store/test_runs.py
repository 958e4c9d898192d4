from __future__ import annotations

from tests.support.records import NOW, a_run, an_exit, later
from tests.support.stored import ended_run, stored_run, stored_task, try_run
from wtagents.core.ids import RunId
from wtagents.core.run import RunState, Usage
from wtagents.core.task import AgentSpec
from wtagents.store.database import Database
from wtagents.store.events import events_of
from wtagents.store.runs import (
    latest_run,
    latest_runs,
    live_profiles,
    live_runs,
    move_run,
    run_by_id,
    runs_of,
    usage_of_ended_runs,
)
from wtagents.store.tasks import mark_removed


def test_a_run_begins_as_it_was_asked(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        run = stored_run(db, task, run_id=a_run().id, session_id=a_run().id)
    assert run == a_run(state=RunState.STARTING, runner=None)
    assert run_by_id(db, run.id) == latest_run(db, task.id) == run
    assert run_by_id(db, RunId("nobody")) is None
    event = events_of(db)[-1]
    assert (event.kind, event.task_id, event.run_id, event.data) == (
        "run.added",
        task.id,
        run.id,
        {"number": 1, "session_id": run.id, "resumes": False},
    )


def test_a_task_has_one_live_run(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        first = stored_run(db, task)
        for state in (RunState.RUNNING, RunState.STOPPING):
            assert try_run(db, task) is None
            move_run(db, first.id, state, at=NOW)
        assert try_run(db, task) is None
        move_run(db, first.id, RunState.EXITED, at=NOW, exit=an_exit())
        second = stored_run(db, task)
    assert [run.number for run in runs_of(db, task.id)] == [1, 2]
    assert live_runs(db) == [second]


def test_the_repository_has_so_many_places(db: Database) -> None:
    with db.write():
        one, two, three = (stored_task(db, name) for name in ("one", "two", "three"))
        first = stored_run(db, one, capacity=2)
        stored_run(db, two, capacity=2)
        assert try_run(db, three, capacity=2) is None
        assert try_run(db, three, capacity=0) is None
        move_run(db, first.id, RunState.LOST, at=NOW)
        assert try_run(db, three, capacity=2) is not None


def test_a_model_has_so_many_places(db: Database) -> None:
    with db.write():
        tasks = [stored_task(db, name) for name in ("one", "two", "three", "four")]
        first = stored_run(db, tasks[0], model="opus", per_model=1)
        assert try_run(db, tasks[1], model="opus", per_model=1) is None
        assert try_run(db, tasks[1], model="opus", per_model=2) is not None
        assert try_run(db, tasks[2], model="haiku", per_model=1) is not None
        move_run(db, first.id, RunState.LOST, at=NOW)
        assert try_run(db, tasks[3], model="opus", per_model=2) is not None


def test_a_profile_has_so_many_places(db: Database) -> None:
    heavy = AgentSpec(profile="heavy")
    with db.write():
        tasks = [stored_task(db, name, agent=heavy) for name in ("one", "two", "three")]
        plain = stored_task(db, "plain")
        stored_run(db, plain, per_profile=1)
        stored_run(db, tasks[0], per_profile=1)
        assert try_run(db, tasks[1], per_profile=1) is None
        assert try_run(db, tasks[1], per_profile=2) is not None
        assert try_run(db, tasks[2], per_profile=2) is None
    assert live_profiles(db) == ("heavy", "heavy")


def test_live_runs_come_oldest_first(db: Database) -> None:
    with db.write():
        late = stored_run(db, stored_task(db, "late"), at=later(5))
        early = stored_run(db, stored_task(db, "early"), at=later(1))
    assert live_runs(db) == [early, late]


def test_the_latest_of_each_task_that_has_a_name(db: Database) -> None:
    with db.write():
        one, two, gone = (stored_task(db, name) for name in ("one", "two", "gone"))
        stored_task(db, "never-started")
        ended_run(db, one)
        last = stored_run(db, one)
        only = ended_run(db, two)
        ended_run(db, gone)
        mark_removed(db, gone.id, NOW)
    assert latest_runs(db) == {one.id: last, two.id: only}
    assert latest_run(db, one.id) == last
    assert latest_run(db, 99) is None


def test_what_ended_runs_used_in_all(db: Database) -> None:
    first = Usage(
        cost_usd=0.5,
        input_tokens=100,
        output_tokens=10,
        turns=2,
        context_tokens=70,
        context_window=200,
        model="small",
    )
    second = Usage(
        cost_usd=0.25,
        input_tokens=50,
        output_tokens=5,
        turns=1,
        context_tokens=30,
        context_window=1000,
        model="large",
    )
    with db.write():
        one, two, _ = (stored_task(db, name) for name in ("one", "two", "three"))
        ended_run(db, one, usage=first)
        ended_run(db, one, usage=second)
        stored_run(db, one)
        ended_run(db, two, usage=first)
    assert usage_of_ended_runs(db) == {
        one.id: Usage(
            cost_usd=0.75,
            input_tokens=150,
            output_tokens=15,
            turns=3,
            context_tokens=30,
            context_window=1000,
            model="large",
        ),
        two.id: first,
    }
