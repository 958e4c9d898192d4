"""The radar beside the ticks: a clash is seen while both work, and the later one hears it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import wait_until
from tests.support.wta import wta
from wtagents.core.message import MessageKind, Sender
from wtagents.core.run import Phase
from wtagents.core.task import TaskState
from wtagents.operations.radar.notice_text import OPENING
from wtagents.store.messages import add_message

if TYPE_CHECKING:
    from tests.support.fleet import Fleet
    from wtagents.core.message import Message

pytestmark = pytest.mark.e2e

RADAR = {"interval": "1s"}


def edits(text: str) -> tuple[str, ...]:
    return ("write README.md <<END", text, "END", *("wait 1",) * 60)


def notices(fleet: Fleet, name: str) -> list[Message]:
    return [each for each in fleet.messages(name) if each.sender is Sender.WTA]


def clashes(fleet: Fleet, name: str) -> list[str]:
    return [each.beside(name) for each in fleet.status(name).clashes]


def test_a_clash_is_seen_and_told_while_both_work(fleet: Fleet) -> None:
    fleet.configure(radar=RADAR)
    fleet.spawn("one", *edits("one"))
    fleet.spawn("two", *edits("two"))
    fleet.await_phase("two", Phase.TOOL)
    wta(fleet.repository.path, "spawn", "three", "scenario:\nwait 60")
    wait_until(lambda: clashes(fleet, "two") == ["one"], what=lambda: fleet.describe("two"))
    told = wait_until(lambda: notices(fleet, "two"), what=lambda: fleet.describe("two"))
    assert told is not None
    assert told[0].body.startswith(OPENING)
    assert "+one" in told[0].body
    wait_until(lambda: notices(fleet, "two")[0].delivered_at, what=lambda: fleet.describe("two"))
    fleet.repository.commit({"README.md": "main\n"}, "Move")
    wait_until(lambda: clashes(fleet, "one") == ["main", "two"], what=lambda: fleet.describe("one"))
    first = wait_until(lambda: notices(fleet, "one"), what=lambda: fleet.describe("one"))
    assert first is not None
    assert "`main`, where your branch goes, has moved" in first[0].body
    assert len(notices(fleet, "two")) == 1
    assert notices(fleet, "three") == []


def test_what_one_run_did_not_hear_wakes_nobody(fleet: Fleet) -> None:
    fleet.spawn("one", "write a <<END", "a", "END", 'commit "Add a"')
    fleet.await_rest("one")
    task_id = fleet.task("one").id
    with fleet.context.database.write() as db:
        add_message(
            db,
            task_id,
            MessageKind.TEXT,
            "a clash",
            fleet.context.clock.now(),
            sender=Sender.WTA,
        )
    fleet.tick()
    assert fleet.task("one").state is TaskState.READY
    assert [(each.failed, each.delivered_at) for each in fleet.messages("one")] == [
        ("the run had ended", None)
    ]
    assert len(fleet.runs("one")) == 1
