"""How busy the machine is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator


@record
class Load:
    """Processes that wanted to run in the last minute, on average, and how many can."""

    average: float
    processors: int


def machine_load() -> Load | None:
    """Return the load of this machine; None where the system does not say."""
    try:
        average = os.getloadavg()[0]
    except OSError:
        return None
    return Load(average=average, processors=os.cpu_count() or 1)


def free_memory() -> int | None:
    """Return the bytes that programs can still be given; None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                name, _, amount = line.partition(":")
                if name == "MemAvailable":
                    return int(amount.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def oom_kills(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return how many processes the kernel has killed because no memory was left.

    Those of this process's control group since it was made, else of the machine since its start.
    None where the system does not say.
    """
    counters = (*_memory_counters(proc, groups), proc / "vmstat")
    return next((found for each in counters if (found := _oom_kills(each)) is not None), None)


def _memory_counters(proc: Path, groups: Path) -> Iterator[Path]:
    """Return the files that may count for the own control group, of version 2 and of version 1."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, _, controllers_and_path = line.partition(":")
        controllers, _, path = controllers_and_path.partition(":")
        if controllers == "":
            yield groups / path.lstrip("/") / "memory.events"
        elif "memory" in controllers.split(","):
            yield groups / "memory" / path.lstrip("/") / "memory.oom_control"


def _oom_kills(counter: Path) -> int | None:
    try:
        lines = counter.read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
    except (OSError, ValueError, IndexError):
        return None
