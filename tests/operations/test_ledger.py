"""What each task came to: money, time, tests, conflicts and the commit that landed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from inline_snapshot import snapshot

from tests.support.clock import ManualClock
from tests.support.ready_tasks import Fleet
from tests.support.records import NOW
from tests.support.stored import ended_run
from tests.support.wta import wta
from wtagents.cli.pages.ledger_text import ledger_csv, ledger_table
from wtagents.cli.style import Style
from wtagents.core.run import Usage
from wtagents.core.task import Reason, TaskState
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.telling.ledger import ledger
from wtagents.store.tasks import mark_removed

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder

STYLE = Style(color=False, width=100)


def busy(repository: RepositoryBuilder, clock: ManualClock) -> Fleet:
    """Two landed, the second over a conflict, one was refused by the gate, one has failed."""
    fleet = Fleet(repository, clock=clock, ladder=["rules"], gate=["test ! -e bad.txt"])
    later = NOW + timedelta(minutes=2)
    repository.commit({"version.txt": "version = 1.0.0\n"}, "Begin")
    for name, files in (
        ("first", {"version.txt": "version = 1.0.1\n"}),
        ("second", {"version.txt": "version = 1.1.0\n"}),
        ("bad", {"bad.txt": "bad\n"}),
        ("idle", None),
    ):
        fleet.task(name, files)
        task = fleet.row(name)
        with fleet.context.database.write() as db:
            ended_run(db, task, usage=Usage(cost_usd=0.25), at=later)
    clock.advance(180)
    fleet.rest("idle", TaskState.FAILED, Reason.NO_COMMITS)
    clock.advance(360)
    merge(fleet.context, MergeRequestOptions(names=("first", "second", "bad")))
    return fleet


def test_what_each_task_came_to(repository: RepositoryBuilder) -> None:
    clock = ManualClock(NOW)
    fleet = busy(repository, clock)
    first = fleet.row("first")
    with fleet.context.database.write() as db:
        mark_removed(db, first.id, clock.now())
    clock.advance(3600)
    lines = {str(line.name): line for line in ledger(fleet.context).data}
    assert list(lines) == ["idle", "bad", "second", "first"]
    landed = {name: line.landed for name, line in lines.items()}
    second = fleet.main.git("log", "--format=%H", "--grep=second", "-1", "main")
    assert (landed["second"], landed["bad"], landed["idle"]) == (second, None, None)
    said = "\n".join(ledger_table(tuple(lines.values()), STYLE))
    for commit in filter(None, landed.values()):
        said = said.replace(commit[:10], "its commit")
    assert said == snapshot("""\
TASK    OUTCOME                COST  RUNS  TIME  WAITED     TESTS  CONFLICTS
idle    failed, no commits    $0.25     1    3m      1m
bad     ready, gate red       $0.25     1    9m      7m  1 failed
second  landed at its commit  $0.25     1    9m      7m  1 passed  1 (rules)
first   landed at its commit  $0.25     1    9m      7m  1 passed\
""")
    fleet.context.close()


def test_every_field_as_values(repository: RepositoryBuilder) -> None:
    clock = ManualClock(NOW)
    fleet = busy(repository, clock)
    title, only = ledger_csv(ledger(fleet.context, ("idle",)).data, STYLE)
    assert dict(zip(title.split(","), only.split(","), strict=True)) == snapshot(
        {
            "name": "idle",
            "state": "failed",
            "reason": "no_commits",
            "usd": "0.25",
            "runs": "1",
            "wall_seconds": "180.0",
            "waited_seconds": "60.0",
            "tests_passed": "0",
            "tests_failed": "0",
            "conflicts": "0",
            "rungs": "",
            "landed": "",
            "refused": "",
        }
    )
    fleet.context.close()


def test_a_line_of_the_ledger_stands_for_a_task(repository: RepositoryBuilder) -> None:
    said = wta(repository.path, "cost", "--ledger", "--by", "day", status=2)
    assert (said.stdout, said.stderr) == (
        "",
        "error: a line of --ledger is a task; leave out --by\nhint: wta cost --help\n",
    )
