"""What lands: asked for on the board, seen in the queue with what its gates say, taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.support.ready_tasks import Fleet
from tests.support.records import NOW
from tests.support.screens import screen_text, until
from tests.support.statuses import an_item, named
from tests.support.waiting import wait_until
from wtagents.core.ids import TaskName
from wtagents.core.record import replace
from wtagents.core.task import TaskState
from wtagents.core.watching.radar import Place
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.landings import clash_matrix
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.landings import landings
from wtagents.operations.merge import MergeRequestOptions, ask_to_land
from wtagents.operations.radar.named import RadarClash
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repository import RepositoryBuilder
    from wtagents.operations.context import Context

GATE = "echo the suite begins; test ! -f broken.txt"


def land(context: Context) -> None:
    """Do what the supervisor does."""
    another = context.another()
    land_waiting(another)
    another.close()


async def test_a_task_lands_and_is_taken_back(repository: RepositoryBuilder) -> None:
    fleet = Fleet(repository, gate=[GATE])
    fleet.task("good", {"good.txt": "x\n"})
    fleet.task("bad", {"broken.txt": "x\n"})
    before = repository.tip("main")
    app = Dashboard(fleet.context)
    async with app.run_test(size=(130, 34)) as pilot:
        await until(pilot, lambda: "Ready to merge  2" in screen_text(app), what="both")
        await pilot.press("m", "j", "m")
        await until(pilot, lambda: "bad waits to land on main" in screen_text(app), what="asked")
        await until(pilot, lambda: "Queue 2" in screen_text(app), what="the queue")
        await pilot.press("3")
        await until(pilot, lambda: "Waits  2" in screen_text(app), what="who waits")
        land(fleet.context)
        await until(pilot, lambda: "Decided" in screen_text(app), what="what was decided")
        await until(
            pilot, lambda: "the suite begins" in screen_text(app), what="what the gate said"
        )
        assert repository.tip("main") != before
        await pilot.press("home")
        if "bad: rejected" in screen_text(app):
            await pilot.press("j")
        await until(
            pilot, lambda: "good: merged, target main" in screen_text(app), what="the landing"
        )
        await pilot.press("u")
        await until(
            pilot, lambda: "Take good back from main?" in screen_text(app), what="a question"
        )
        await pilot.press("y")
        await until(pilot, lambda: "good is taken back" in screen_text(app), what="it was undone")
        await until(pilot, lambda: "undone" in screen_text(app), what="the row says it")
    assert "good.txt" not in repository.files()
    with fleet.context.database.read() as db:
        assert require_task(db, "good").state is TaskState.STOPPED


async def test_what_is_held_is_looked_at_and_approved(repository: RepositoryBuilder) -> None:
    fleet = Fleet(repository, gate=["true"], protected=["secret.txt"])
    fleet.task("held", {"secret.txt": "hidden\n"})
    ask_to_land(fleet.context, MergeRequestOptions(names=("held",)))
    land(fleet.context)
    app = Dashboard(fleet.context)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "held: " in screen_text(app), what="the row")
        await pilot.press("d")
        await until(pilot, lambda: "hidden" in screen_text(app), what="what would land")
        await pilot.press("A")
        await until(pilot, lambda: "Let held land as it is?" in screen_text(app), what="a question")
        assert "secret.txt" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: "held is approved" in screen_text(app), what="it was asked for")
    land(fleet.context)
    assert repository.files()["secret.txt"] == b"hidden\n"


def test_a_gate_that_runs_is_heard(repository: RepositoryBuilder, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    fleet = Fleet(repository, gate=[f"echo step 1; until test -f '{heard}'; do sleep 0.05; done"])
    fleet.task("slow", {"slow.txt": "x\n"})
    assert landings(fleet.context).data is not None
    ask_to_land(fleet.context, MergeRequestOptions(names=("slow",)))

    def says() -> list[str]:
        found = landings(fleet.context).data
        assert found is not None
        return [line for each in found.running for line in each.lines]

    with ThreadPoolExecutor(1) as pool:
        landing = pool.submit(land, fleet.context)
        wait_until(lambda: says() == ["step 1"], what="the gate is heard")
        heard.touch()
        landing.result(timeout=30)
    assert says() == []


def test_the_matrix_says_how_often_each_pair_clashes() -> None:
    clash = RadarClash(
        task=TaskName("tax"),
        other="discount",
        with_target=False,
        later=TaskName("tax"),
        places=(Place(path="a", kind="both"), Place(path="b", kind="both")),
        misfits=(),
        since=NOW,
    )
    third = replace(clash, task=TaskName("docs"), places=clash.places[:1])
    tax, discount = (an_item(named(name, i)) for i, name in enumerate(("tax", "discount"), 1))
    items = (replace(tax, clashes=(clash,)), replace(discount, clashes=(clash, third)))
    assert clash_matrix(items) == (
        ("discount", "docs", "tax"),
        {"discount": ["", "1", "2"], "docs": ["1", "", "·"], "tax": ["2", "·", ""]},
    )
    assert clash_matrix([an_item(named("alone", 1))]) == ((), {})
