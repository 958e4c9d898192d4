"""scripts/bench: what it starts ends with it."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from tests.support.environment import PROJECT, Sandbox
from tests.support.processes import start_apart
from tests.support.waiting import wait_until
from wtagents.system.process import marked_processes

if TYPE_CHECKING:
    from pathlib import Path


def test_a_benchmark_that_is_told_to_end_leaves_neither_processes_nor_files(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    sandbox.set_variable("TMPDIR", str(tmp_path))
    argv = [sys.executable, str(PROJECT / "scripts/_bench_supervise.py"), "--agents", "2"]
    bench = start_apart(argv)
    locks = "wta-bench-*/state/wta/*/supervisor.lock"
    wait_until(lambda: list(tmp_path.glob(locks)), what="the supervisor of the benchmark")
    [ground] = tmp_path.iterdir()
    mark = ("XDG_STATE_HOME", str(ground / "state"))
    assert len(marked_processes(mark)) > 2

    bench.send_signal(signal.SIGTERM)
    _, complaints = bench.communicate(timeout=60)

    assert (bench.returncode, complaints) == (128 + signal.SIGTERM, b"")
    assert marked_processes(mark) == []
    assert list(tmp_path.iterdir()) == []
