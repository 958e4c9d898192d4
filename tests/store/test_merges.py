from __future__ import annotations

import pytest

from tests.support.records import NOW, a_merge
from tests.support.stored import stored_task
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName
from wtagents.core.landing.merge import Author, GateResult, MergeRequest, MergeState, Resolution
from wtagents.core.landing.rung import Rung
from wtagents.core.task import Task
from wtagents.store.columns import parse_resolutions
from wtagents.store.database import Database
from wtagents.store.events import events_of
from wtagents.store.merges import (
    add_merge_request,
    latest_merge_request,
    latest_merge_requests,
    live_merge_request,
    live_merge_requests,
    merge_request_by_id,
    move_merge_request,
)
from wtagents.store.tasks import mark_removed


def requested(db: Database, task: Task, *, squash: bool = False) -> MergeRequest:
    return add_merge_request(
        db, task_id=task.id, target=BranchName("main"), squash=squash, skip_gate=False, at=NOW
    )


def withdrawn(db: Database, task: Task) -> MergeRequest:
    moved = move_merge_request(db, requested(db, task).id, MergeState.WITHDRAWN, at=NOW)
    assert moved is not None
    return moved


def test_a_merge_request_is_what_was_wished(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        request = requested(db, task)
    assert request == a_merge()
    assert merge_request_by_id(db, request.id) == live_merge_request(db, task.id) == request
    event = events_of(db)[-1]
    assert (event.kind, event.merge_id, event.data) == (
        "merge.requested",
        request.id,
        {"target": "main", "squash": False, "skip_gate": False},
    )


def test_a_task_waits_once(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        requested(db, task)
    with pytest.raises(StateError) as caught, db.write():
        requested(db, task)
    assert (caught.value.message, caught.value.hint) == (
        "the task is waiting to land already",
        "see how far: wta status",
    )
    with db.write():
        move_merge_request(db, 1, MergeState.WITHDRAWN, at=NOW)
        assert requested(db, task, squash=True).squash


def test_the_queue_and_the_latest(db: Database) -> None:
    with db.write():
        one, two, gone = (stored_task(db, name) for name in ("one", "two", "gone"))
        stored_task(db, "never")
        withdrawn(db, one)
        waiting = requested(db, one)
        ended = withdrawn(db, two)
        withdrawn(db, gone)
        mark_removed(db, gone.id, NOW)
    assert live_merge_requests(db) == [waiting]
    assert live_merge_request(db, two.id) is None
    assert latest_merge_request(db, two.id) == ended
    assert latest_merge_request(db, 99) is None
    assert latest_merge_requests(db) == {one.id: waiting, two.id: ended}


def test_resolutions_and_gates_come_back_as_they_were(db: Database) -> None:
    resolutions = (
        Resolution(
            path="a 'b'/ü.py", author=Author.AGENT, rung=Rung.AGENT, dropped=("x = 1: said twice",)
        ),
        Resolution(path="c", author=Author.HUMAN, rung=Rung.PERSON, dropped=()),
    )
    gates = (GateResult(command="a && b", passed=True, seconds=0.25, log="/l", tail="ok\nok"),)
    with db.write():
        request = requested(db, stored_task(db))
        moved = move_merge_request(
            db, request.id, MergeState.REPLAYING, at=NOW, resolutions=resolutions, gates=gates
        )
    stored = merge_request_by_id(db, request.id)
    assert stored == moved
    assert stored is not None
    assert (stored.resolutions, stored.gates) == (resolutions, gates)


def test_a_resolution_of_old_names_no_rung() -> None:
    (by_agent, by_person) = parse_resolutions('[["a","command",[]],["b","human",[]]]')
    assert (by_agent.rung, by_person.rung) == (Rung.AGENT, Rung.PERSON)
