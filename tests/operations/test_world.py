"""What a tick does to the processes of this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.clock import ManualClock
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.stored import try_run
from tests.support.waiting import wait_until
from wtagents.core.ids import RunId
from wtagents.core.message import MessageKind
from wtagents.core.task import TaskState
from wtagents.operations.context import Context
from wtagents.operations.ending import MOMENT_SECONDS, POLITE_SECONDS, StoppedRuns
from wtagents.operations.tick import tick
from wtagents.operations.world import Machine
from wtagents.store.messages import add_message
from wtagents.store.tasks import move_task
from wtagents.system import run_folder
from wtagents.system.files import make_private_folder
from wtagents.system.process import RUN_MARK, is_alive
from wtagents.system.programs.detached import start_detached


def test_runs_are_stopped_together_and_their_neighbour_is_left_alone(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    one, two, none, other = (RunId(f"00000000-0000-4000-8000-00000000000{n}") for n in range(4))
    started = [
        start_detached(
            ["/bin/sleep", "600"],
            cwd=tmp_path,
            env={**os.environ, RUN_MARK: run_id},
            log=tmp_path / "log",
        )
        for run_id in (one, two, two, other)
    ]
    *ours, neighbour = [each for each in started if each is not None]
    machine = Machine(Context(repository.path))

    stopped = machine.stop_runs((one, two, none))

    assert stopped == StoppedRuns(counts={one: 1, two: 2, none: 0})
    assert ([is_alive(each) for each in ours], is_alive(neighbour)) == ([False] * 3, True)
    assert machine.stop_runs((other,)).counts == {other: 1}


def test_who_does_not_listen_keeps_nobody_waiting_and_is_killed_by_a_later_pass(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    deaf, gone = (RunId(f"00000000-0000-4000-8000-00000000000{n}") for n in range(2))
    script = "trap '' TERM; touch deaf; while :; do sleep 0.01; done"
    process = start_detached(
        ["/bin/sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, RUN_MARK: deaf},
        log=tmp_path / "log",
    )
    assert process is not None
    wait_until((tmp_path / "deaf").exists)
    clock = ManualClock()
    begun = clock.monotonic()

    def stop() -> tuple[StoppedRuns, float]:
        """Make a pass as whoever is next would."""
        before = clock.monotonic()
        stopped = Machine(Context(repository.path, clock=clock)).stop_runs((deaf, gone))
        return stopped, clock.monotonic() - before

    first, second = stop(), stop()

    assert first[0] == second[0] == StoppedRuns(counts={gone: 0})
    assert first[1] == pytest.approx(MOMENT_SECONDS, abs=0.05)
    assert second[1] == 0.0
    assert is_alive(process)

    clock.advance(begun + POLITE_SECONDS - clock.monotonic())
    assert wait_until(lambda: stop()[0].counts.get(deaf) is not None, what="its end")
    assert not is_alive(process)


def test_words_ring_the_bell_of_the_runner(repository: RepositoryBuilder, tmp_path: Path) -> None:
    fleet = Fleet(repository)
    fleet.task("fix")
    fleet.requeue("fix")
    script = "trap 'touch rung; exit' HUP; touch ready; while :; do sleep 0.02; done"
    runner = start_detached(
        ["/bin/sh", "-c", script], cwd=tmp_path, env=dict(os.environ), log=tmp_path / "log"
    )
    assert runner is not None
    wait_until((tmp_path / "ready").exists)
    task = fleet.row("fix")
    with fleet.context.database.write() as db:
        move_task(db, task.id, TaskState.ACTIVE, at=fleet.clock.now())
        run = try_run(db, task, at=fleet.clock.now())
        add_message(db, task.id, MessageKind.TEXT, "Mind the tests.", fleet.clock.now())
    assert run is not None
    folder = fleet.context.paths.run(run.id)
    make_private_folder(folder.inbox)
    run_folder.write_claim(folder, runner)

    tick(fleet.context)

    assert run_folder.posted(folder) == {1}
    wait_until((tmp_path / "rung").exists)
    fleet.context.close()
