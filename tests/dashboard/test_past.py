"""The overview of a moment that has passed: what events know, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.records import NOW, RUNNER, a_pulse, an_exit
from tests.support.screens import Looks, screen_text, until
from tests.support.statuses import FLEET
from tests.support.stored import stored_run, stored_task
from wtagents.core.errors import UsageError
from wtagents.core.past import parse_past
from wtagents.core.run import Phase, RunState, Usage
from wtagents.core.task import Reason, TaskState, Wish
from wtagents.core.tending.limit import AccountLimit
from wtagents.core.tending.pause import EVERYTHING, Pauses
from wtagents.dashboard.app import Dashboard
from wtagents.operations.context import Context
from wtagents.operations.telling.past import overview_at
from wtagents.operations.telling.status_words import now_of, state_word
from wtagents.store.limits import record_limit
from wtagents.store.merges import add_merge_request
from wtagents.store.pauses import add_pause, end_pause
from wtagents.store.runs import move_run, runs_of
from wtagents.store.tasks import move_task, require_task
from wtagents.system.files import make_private_folder
from wtagents.system.run_folder import keep_pulse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repository import RepositoryBuilder


def minute(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


@pytest.fixture
def context(repository: RepositoryBuilder) -> Iterator[Context]:
    """A day: begun at 0, at work at 1, failed at 3, landing at 6, cleaned up at 9."""
    opened = Context(repository.path, clock=ManualClock(minute(60)))
    with opened.database.write() as db:
        task = stored_task(db, "fix-login")
        run = stored_run(db, task, at=minute(1))
        move_task(db, task.id, TaskState.ACTIVE, at=minute(1))
        move_run(db, run.id, RunState.RUNNING, at=minute(1), runner=RUNNER)
        end = an_exit(usage=Usage(cost_usd=0.5), at=minute(3))
        move_run(db, run.id, RunState.EXITED, at=minute(3), exit=end)
        red = Reason.CHECKS_RED
        move_task(db, task.id, TaskState.FAILED, at=minute(3), reason=red, detail="make test")
        add_pause(db, EVERYTHING, minute(4))
        end_pause(db, EVERYTHING, minute(5))
        move_task(db, task.id, TaskState.READY, at=minute(5), expected=(TaskState.FAILED,))
        add_merge_request(
            db, task_id=task.id, target=task.target, squash=False, skip_gate=False, at=minute(6)
        )
        stored_task(db, "later", at=minute(7))
        limit = AccountLimit(account="", until=minute(40), detail="5 hours", seen_at=minute(8))
        record_limit(db, limit, minute(8))
    yield opened
    opened.close()


def told(context: Context, number: float) -> list[tuple[str, str, str, float]]:
    at = minute(number)
    seen = overview_at(context, at).data
    return [(i.task.name, state_word(i), now_of(i, at), i.usage.cost_usd) for i in seen.items]


def test_every_minute_is_as_it_was(context: Context) -> None:
    assert told(context, -1) == []
    assert told(context, 0) == [("fix-login", "queued", "waits for a place", 0.0)]
    unknown = "what its agent did then was not kept"
    assert told(context, 2) == [("fix-login", "active", unknown, 0.0)]
    assert told(context, 3) == [("fix-login", "failed", "checks red: make test", 0.5)]
    assert told(context, 5)[0][1] == "ready"
    assert [name for name, *_ in told(context, 7)] == ["fix-login", "later"]
    assert overview_at(context, minute(2)).data.cost_today == 0.0
    assert overview_at(context, minute(3)).data.cost_today == 0.5
    assert overview_at(context, minute(4.5)).data.pauses == Pauses(starts=True)
    assert overview_at(context, minute(5)).data.pauses == Pauses()
    assert [each.detail for each in overview_at(context, minute(9)).data.limits] == ["5 hours"]
    assert overview_at(context, minute(41)).data.limits == ()


async def test_minutes_are_stepped_through_and_nothing_can_be_done(context: Context) -> None:
    app = Dashboard(context, at=minute(2.5), follow=Looks(context, FLEET))
    async with app.run_test(size=(130, 24)) as pilot:
        await until(pilot, lambda: "what its agent did then" in screen_text(app), what="the past")
        shown = screen_text(app).splitlines()
        assert f"as of {minute(2.5).astimezone():%d %b %H:%M}, read-only" in shown[0]
        assert shown[-1].strip() == "⏎ Open  d Diff  / Filter  s Sort  ? Help  q Quit"
        await pilot.press("c", ".")
        await until(pilot, lambda: "checks red: make test" in screen_text(app), what="later")
        await pilot.press("3")
        await until(pilot, lambda: "waited to land yet" in screen_text(app), what="no queue yet")
        await pilot.press("@", *"53m", "enter")
        await until(
            pilot, lambda: "fix-login  waiting     next" in screen_text(app), what="a queue"
        )
        assert "w Withdraw" not in screen_text(app)
        await pilot.press("4")
        await until(pilot, lambda: "$0.50 in 1 run of 1 task" in screen_text(app), what="a cost")
        await pilot.press("@", *"58m", "enter")
        await until(pilot, lambda: "1 run had used by then" in screen_text(app), what="a gap")
        await pilot.press("2", "@", *"56m", "enter")
        await until(pilot, lambda: "failed" in screen_text(app), what="the inbox of then")
        await pilot.press("@", *"1h", "enter")
        await until(pilot, lambda: "nothing waits for a person" in screen_text(app), what="before")
        await pilot.press("1", "@", "enter")
        await until(
            pilot,
            lambda: "A minute" not in screen_text(app) and "later" in screen_text(app),
            what="now",
        )
        assert "read-only" not in screen_text(app)
    with context.records.read() as db:
        assert require_task(db, "fix-login").wish is Wish.WORK


async def test_a_task_is_told_until_the_moment(context: Context) -> None:
    with context.records.read() as db:
        (run,) = runs_of(db, 1)
    folder = context.paths.run(run.id)
    make_private_folder(folder.root)
    for number, text in ((1.5, "hello"), (2.5, "and on")):
        content = [{"type": "text", "text": text}]
        said = {"type": "assistant", "message": {"id": text, "content": content}}
        with folder.stream.open("a") as stream:
            stream.write(f"{json.dumps(said)}\n")
        pulse = a_pulse(phase=Phase.TOOL, doing=f"Bash: {text}")
        keep_pulse(folder, pulse, minute(number))
    app = Dashboard(context, at=minute(2), follow=Looks(context, FLEET))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "working" in screen_text(app), what="the past")
        assert "Bash: hello" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: "\n hello" in screen_text(app), what="what was told")
        assert "and on" not in screen_text(app)
        assert "this dashboard only looks" in screen_text(app)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "was not kept" in screen_text(app), what="no files of then")
        await pilot.press("left_square_bracket", "full_stop")
        await until(pilot, lambda: "\n and on" in screen_text(app), what="a minute later")
        await until(pilot, lambda: "= run 1 ended" in screen_text(app), what="the end")
        assert screen_text(app).count("hello") == 1
        await pilot.press("comma")
        await until(pilot, lambda: "and on" not in screen_text(app), what="a minute before")


def test_a_moment_is_said_in_several_ways() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    for said, back in (("90m", 90), ("2h ago", 120), (" 30 s", 0.5), ("1d", 1440)):
        assert parse_past(said, now) == now - timedelta(minutes=back)
    local = (now - timedelta(minutes=30)).astimezone()
    assert parse_past(f"{local:%H:%M}", now) == now - timedelta(minutes=30)
    assert parse_past(f"{now.astimezone() + timedelta(minutes=1):%H:%M}", now) < now
    assert parse_past("2026-11-21T11:00:00+00:00", now) == now - timedelta(hours=1)
    for wrong in ("", "soon", "25:00", "2027-01-01", "999999d ago", "5m later"):
        with pytest.raises(UsageError, match=r"is no moment|has not come yet"):
            parse_past(wrong, now)
