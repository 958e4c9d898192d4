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
