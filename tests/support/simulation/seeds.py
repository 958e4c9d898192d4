"""Seeds, one after the other, each in a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.support.quick import memory_folder
from tests.support.simulation.machine import Violation
from tests.support.simulation.play import Play


def play_seeds(
    seeds: Iterable[int], kind: type[Play] = Play, counts: Counter[str] | None = None
) -> str | None:
    """Play one seed after the other; return the story of the first that breaks a promise.

    How often each fault has happened is added to `counts`.
    """
    place = Path(tempfile.mkdtemp(prefix="wta-simulation-", dir=memory_folder()))
    try:
        for seed in seeds:
            root = place / str(seed)
            root.mkdir()
            play = kind(seed, root)
            play.run()
            if counts is not None:
                counts += play.machine.counts
                counts["seeds"] += 1
            shutil.rmtree(root)
    except Violation as violation:
        return str(violation)
    finally:
        shutil.rmtree(place)
    return None
