from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.records import a_message, later
from tests.support.stored import stored_run, stored_task
from wtagents.core.message import MessageKind
from wtagents.store.database import Database
from wtagents.store.events import events_of
from wtagents.store.messages import (
    add_message,
    mark_delivered,
    mark_failed,
    message_by_id,
    messages_of,
    undelivered,
)


def test_a_message_is_delivered_once(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        run = stored_run(db, task)
        message = add_message(
            db, task.id, MessageKind.TEXT, "also the logout", a_message().created_at
        )
        assert undelivered(db) == [message]
        delivered = mark_delivered(db, message.id, run.id, later(1))
        assert mark_delivered(db, message.id, run.id, later(2)) is None
        assert mark_failed(db, message.id, "too late", later(2)) is None
    assert message == a_message()
    assert delivered == replace(message, run_id=run.id, delivered_at=later(1))
    assert message_by_id(db, message.id) == delivered
    assert undelivered(db) == []
    event = events_of(db)[-1]
    assert (event.kind, event.task_id, event.run_id, event.data) == (
        "message.delivered",
        task.id,
        run.id,
        {"message_id": message.id},
    )


def test_a_message_fails_once_and_says_why(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        run = stored_run(db, task)
        message = add_message(db, task.id, MessageKind.INTERRUPT, "", later(0))
        failed = mark_failed(db, message.id, "the run had ended", later(1))
        assert mark_failed(db, message.id, "again", later(2)) is None
        assert mark_delivered(db, message.id, run.id, later(2)) is None
    assert failed == replace(message, failed="the run had ended")
    assert events_of(db)[-1].data == {"message_id": 1, "reason": "the run had ended"}
    with pytest.raises(ValueError, match="a failed message needs a reason"):
        mark_failed(db, message.id, "", later(3))


def test_what_waits_comes_oldest_first(db: Database) -> None:
    with db.write():
        one, two = stored_task(db, "one"), stored_task(db, "two")
        run = stored_run(db, one)
        first, other, taken, last = (
            add_message(db, task.id, MessageKind.TEXT, body, later(0))
            for task, body in ((one, "first"), (two, "other"), (one, "taken"), (one, "last"))
        )
        mark_delivered(db, taken.id, run.id, later(1))
    assert undelivered(db) == [first, other, last]
    assert undelivered(db, one.id) == [first, last]
    assert [message.body for message in messages_of(db, one.id)] == ["first", "taken", "last"]
    assert message_by_id(db, 99) is None
