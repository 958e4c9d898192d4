"""What a tick does to the processes of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import RunId
from wtagents.operations.context import Context
from wtagents.operations.world import Machine, StoppedRuns
from wtagents.system.detached import start_detached
from wtagents.system.process import RUN_MARK, is_alive


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
