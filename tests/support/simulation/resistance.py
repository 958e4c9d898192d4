"""What is left of a run, and does not end when it is told to."""

from __future__ import annotations

import random
from collections import Counter


class Resistance:
    """Some runs end only at the third pass that tells their processes to."""

    def __init__(self, seed: int = 0) -> None:
        # A choice of its own: no seed is told another story because of it.
        self._rng = random.Random(f"resistance {seed}")  # noqa: S311 - a seed that can be repeated
        self._needed: dict[str, int] = {}
        self.passes: Counter[str] = Counter()
        """How often the processes of a run were told."""

    def resists(self, run_id: str) -> bool:
        """Tell the processes of a run; whether they do not end yet."""
        needed = self._needed.setdefault(run_id, self._rng.choice((1, 1, 1, 3)))
        self.passes[run_id] += 1
        return self.passes[run_id] < needed
