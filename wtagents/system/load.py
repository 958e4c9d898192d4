"""How busy the machine is."""

from __future__ import annotations

import os

from wtagents.core.record import record


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
