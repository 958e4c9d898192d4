"""What is done by keys, asked first where it stops or destroys something; on a real repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.ready_tasks import Fleet
from tests.support.screens import screen_text, until
from tests.support.stored import ended_run
from wtagents.core.keeping.checkpoint import Cause
from wtagents.core.task import Reason, TaskState
from wtagents.dashboard.acts import DEEDS
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.screens.help import keys
from wtagents.operations.keeping.checkpoints import checkpoints
from wtagents.store.pauses import pauses
from wtagents.store.tasks import move_task, require_task, tasks

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder


def listed(*todos: tuple[str, str]) -> bytes:
    written = [{"content": text, "status": status, "activeForm": text} for text, status in todos]
    block: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "TodoWrite"}
    message = {"id": "m", "content": [block | {"input": {"todos": written}}]}
    return json.dumps({"type": "assistant", "message": message}).encode() + b"\n"


def test_the_help_names_every_deed_and_no_key_stands_for_two_at_once() -> None:
    told = dict(keys())
    assert {deed.key for deed in DEEDS} <= told.keys()
    twice = {deed.key for deed in DEEDS if [each.key for each in DEEDS].count(deed.key) > 1}
    assert twice == {"A", "p", "F", "P"}, "each of them is one act or its opposite"


async def test_a_checkpoint_is_put_back_after_a_yes(repository: RepositoryBuilder) -> None:
    fleet = Fleet(repository)
    worktree = fleet.task("good", {"good.txt": "one\n"})
    with fleet.context.database.write() as db:
        run = ended_run(db, require_task(db, "good"))
    stream = fleet.context.paths.run(run.id).stream
    stream.parent.mkdir(parents=True)
    stream.write_bytes(listed(("look", "completed"), ("mend", "in_progress")))
    checkpoints(fleet.context, "good", now=True)
    file = worktree.path / "good.txt"
    file.write_text("two\n")
    app = Dashboard(fleet.context)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "good" in screen_text(app), what="the row")
        await pilot.press("enter")
        await until(pilot, lambda: "☐ 1 of 2 done: mend" in screen_text(app), what="the list")
        await pilot.press("]", "]")
        await until(pilot, lambda: "▸ mend  (now)" in screen_text(app), what="the plan")
        assert "☑ look" in screen_text(app)
        assert "do good" in screen_text(app)
        await pilot.press("R")
        await until(pilot, lambda: "asked for" in screen_text(app), what="the checkpoint")
        await pilot.press("enter")
        await until(pilot, lambda: "as at checkpoint 1?" in screen_text(app), what="the question")
        await pilot.press("n")
        await until(pilot, lambda: "nothing was changed" in screen_text(app), what="a no")
        assert file.read_text() == "two\n"
        await pilot.press("R", "y")
        await until(pilot, lambda: "before restore" in screen_text(app), what="it is done")
        assert file.read_text() == "one\n"
    fleet.context.close()


async def test_a_worktree_of_somebody_becomes_a_task(repository: RepositoryBuilder) -> None:
    fleet = Fleet(repository)
    fleet.task("good", {"good.txt": "one\n"})
    place = repository.path.with_name("by-hand")
    tip = repository.worktree(place, "mine").commit({"by-hand.txt": "1\n"})
    app = Dashboard(fleet.context)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "good" in screen_text(app), what="the row")
        await pilot.press("T")
        await until(pilot, lambda: f"{place}   mine" in screen_text(app), what="the worktree")
        await pilot.press("escape", "T")
        await until(pilot, lambda: "at the same commit" in screen_text(app), what="asked again")
        with fleet.context.database.read() as db:
            assert [task.name for task in tasks(db)] == ["good"], "leaving takes nothing"
        await pilot.press("enter")
        await until(pilot, lambda: "by-hand is a task now" in screen_text(app), what="taken over")
        await pilot.press("T")
        await until(pilot, lambda: "every worktree belongs" in screen_text(app), what="none left")
    with fleet.context.database.read() as db:
        taken = require_task(db, "by-hand")
    assert (taken.state, taken.worktree) == (TaskState.STOPPED, place)
    assert repository.tip(taken.branch.ref) == repository.tip("refs/heads/mine") == tip
    fleet.context.close()


async def test_a_task_is_forked_where_it_is(repository: RepositoryBuilder) -> None:
    fleet = Fleet(repository)
    worktree = fleet.task("good", {"good.txt": "one\n"})
    (worktree.path / "draft").write_text("d\n")
    with fleet.context.database.write() as db:
        ended_run(db, require_task(db, "good"))
    app = Dashboard(fleet.context)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "good" in screen_text(app), what="the row")
        await pilot.press("P")
        await until(pilot, lambda: "starts paused" in screen_text(app), what="nobody starts")
        await pilot.press("b")
        await until(pilot, lambda: "as it is now" in screen_text(app), what="the question")
        await pilot.press(*"a b", "enter")
        await until(pilot, lambda: "! " in screen_text(app), what="no name of a task")
        await pilot.press("b", *"other", "enter")
        await until(pilot, lambda: "other begins where good is" in screen_text(app), what="forked")
    with fleet.context.database.read() as db:
        other = require_task(db, "other")
    assert (other.state, other.prompt) == (TaskState.QUEUED, "do good")
    [kept] = checkpoints(fleet.context, "good").data.rows
    assert kept.checkpoint.cause is Cause.FORK
    fleet.context.close()


async def test_everything_is_frozen_thawed_and_held(repository: RepositoryBuilder) -> None:
    fleet = Fleet(repository)
    fleet.task("good", {"good.txt": "one\n"})
    fleet.task("red", {"red.txt": "one\n"})
    with fleet.context.database.write() as db:
        red, now = require_task(db, "red"), fleet.context.clock.now()
        move_task(db, red.id, TaskState.QUEUED, at=now)
        move_task(db, red.id, TaskState.FAILED, at=now, reason=Reason.CHECKS_RED)
    woken: list[str] = []
    app = Dashboard(
        fleet.context, wake=lambda context: woken.append(context.common_dir.parent.name)
    )
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "A Accept" in screen_text(app), what="the red one first")
        await pilot.press("A")
        await until(pilot, lambda: "although its checks fail?" in screen_text(app), what="asked")
        await pilot.press("y")
        await until(pilot, lambda: "red is ready, with" in screen_text(app), what="taken")
        await pilot.press("F")
        await until(pilot, lambda: "Stop every agent of project?" in screen_text(app), what="asked")
        await pilot.press("y")
        await until(pilot, lambda: "F Thaw" in screen_text(app), what="the other key")
        assert "frozen" in screen_text(app).splitlines()[0]
        with fleet.context.database.read() as db:
            assert pauses(db).frozen
        await pilot.press("F")
        await until(pilot, lambda: "frozen" not in screen_text(app).splitlines()[0], what="not")
        await pilot.press("P")
        await until(pilot, lambda: "P Resume starts" in screen_text(app), what="held")
        with fleet.context.database.read() as db:
            assert pauses(db).starts
            assert require_task(db, "red").state is TaskState.READY
        await pilot.press("ctrl+p", *"resume starts")
        await until(pilot, lambda: "key P" in screen_text(app), what="the palette")
        await pilot.press("enter")
        await until(pilot, lambda: "tasks start again" in screen_text(app), what="released")
    assert set(woken) == {"project"}
    fleet.context.close()
