"""The merger beside the ticks: whatever ends a landing is written down, and ends nothing else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.operations.test_land_killed import ask
from tests.support.ready_tasks import Fleet
from wtagents.core.landing.merge import MergeState
from wtagents.operations.observe import observe
from wtagents.operations.queue import waits_to_land
from wtagents.store.after import add_after
from wtagents.supervisor.loop import is_busy
from wtagents.supervisor.merger import Merger

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> Fleet:
    built = Fleet(repository)
    built.task("fix", {"a.txt": "a\n"})
    ask(built, "fix")
    return built


def wake(fleet: Fleet) -> None:
    """Wake the merger and wait until it has ended what it began."""
    merger = Merger(fleet.context)
    merger.wake(observe(fleet.context))
    merger.finish()


def test_what_waits_lands(fleet: Fleet) -> None:
    wake(fleet)
    assert fleet.request("fix").state is MergeState.MERGED
    fleet.context.close()


def test_who_lands_after_another_task_keeps_nobody_awake(fleet: Fleet) -> None:
    fleet.task("base", {"b.txt": "b\n"})
    fix, base = fleet.row("fix").id, fleet.row("base").id
    with fleet.context.database.write() as db:
        add_after(db, fix, [base])
    wake(fleet)
    assert fleet.request("fix").state is MergeState.WAITING
    assert (is_busy(observe(fleet.context)), waits_to_land(fleet.context)) == (False, False)
    fleet.land("base")
    assert (is_busy(observe(fleet.context)), waits_to_land(fleet.context)) == (True, True)
    wake(fleet)
    assert fleet.request("fix").state is MergeState.MERGED
    fleet.context.close()


def test_a_landing_that_fails_is_logged(fleet: Fleet, caplog: pytest.LogCaptureFixture) -> None:
    fleet.context.paths.merger_lock.mkdir()
    with caplog.at_level(logging.ERROR):
        wake(fleet)
    assert fleet.request("fix").state is MergeState.WAITING
    assert [record.message.partition(":")[0] for record in caplog.records] == ["landing"]
    fleet.context.close()


def test_a_row_that_nobody_can_read_is_logged(
    fleet: Fleet, caplog: pytest.LogCaptureFixture
) -> None:
    merger = Merger(fleet.context)
    snapshot = observe(fleet.context)
    with fleet.context.database.write() as db:
        db.change("UPDATE merge_request SET resolutions = '[1]'")
    with caplog.at_level(logging.ERROR):
        merger.wake(snapshot)
        merger.finish()
    assert [record.message for record in caplog.records] == ["landing: a defect"]
    fleet.context.close()
