"""The search for what of a batch is green, and for the one request that is not.

The first n members of a batch, replayed one on the other, are its prefix n. Several prefixes are
verified at once; a green one vouches for those shorter than it, and lands. A red one bounds the
search from above. When one member is left between the two, its tree is run again: red again names
the culprit, green a flake of the gate. A gate that ran too long is red of its own kind.

    0 … green … (somewhere here is the first bad member) … red … size

Nothing is landed that was not seen green as a whole, and nobody is blamed for a tree that was red
once. Simulated against landing one by one: makespan 8 instead of 41 gates for 40 branches.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

from wtagents.core.record import record, replace

_BLAMED = 2
"""How often a tree must be red before its last member is blamed."""


class Verdict(StrEnum):
    """What the gates said of one prefix."""

    GREEN = "green"
    RED = "red"
    LATE = "late"
    """A gate did not end in time."""
    CONFIRMED = "confirmed"
    """Red on a tree that was red twice before."""


@record
class Search:
    """What is known about the prefixes of one batch."""

    size: int
    slots: int
    """How many prefixes are verified at the same time."""
    green: int = 0
    """The longest prefix that is green; 0 is the target itself."""
    reds: tuple[tuple[int, int], ...] = ()
    """Longer prefixes that were red, with how often; the shortest first."""
    running: frozenset[int] = frozenset()
    flakes: tuple[int, ...] = ()
    """Prefixes that were red, then green, on the same tree."""

    @property
    def red(self) -> int:
        """The shortest prefix that is red; one more than there are when none is."""
        return self.reds[0][0] if self.reds else self.size + 1

    @property
    def culprit(self) -> int | None:
        """Whose member broke the gates: the prefix before it is green, its own was red twice."""
        return (
            self.red if self.red == self.green + 1 and self.times_red(self.red) >= _BLAMED else None
        )

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to verify: all is green, or the culprit is known."""
        return self.green == self.size or self.culprit is not None

    def started(self, prefix: int) -> Search:
        """Note that a prefix is being verified."""
        return replace(self, running=self.running | {prefix})

    def stopped(self, prefix: int) -> Search:
        """Note that a prefix is not verified any more, and that nothing was learnt."""
        return replace(self, running=self.running - {prefix})

    def seen(self, prefix: int, verdict: Verdict) -> Search:
        """Note what the gates said of a prefix."""
        after = self.stopped(prefix)
        if verdict is Verdict.GREEN:
            green = max(after.green, prefix)
            return replace(
                after,
                green=green,
                reds=tuple(red for red in after.reds if red[0] > green),
                flakes=(*after.flakes, prefix) if after.times_red(prefix) else after.flakes,
            )
        if prefix <= after.green:
            return after
        times = _BLAMED if verdict is Verdict.CONFIRMED else after.times_red(prefix) + 1
        reds = dict(after.reds) | {prefix: times}
        return replace(after, reds=tuple(sorted(reds.items())))

    def times_red(self, prefix: int) -> int:
        """Return how often a prefix above the green one was red."""
        return dict(self.reds).get(prefix, 0)


@record
class RunPlan:
    """What is to be done with the slots now."""

    start: tuple[int, ...] = ()
    """Prefixes to be verified, the longest first."""
    stop: tuple[int, ...] = ()
    """Prefixes whose verdict does not matter any more."""


def plan_runs(search: Search) -> RunPlan:
    """Say which prefixes to verify; the longest one is always among the first."""
    if search.is_done:
        return RunPlan(stop=tuple(sorted(search.running)))
    low, high = search.green, search.red
    if high == low + 1:
        wanted = {high}
        return RunPlan(
            start=tuple(wanted - search.running), stop=tuple(sorted(search.running - wanted))
        )
    kept = {prefix for prefix in search.running if low < prefix < high}
    start: list[int] = []
    if high > search.size and search.size not in kept:
        start.append(search.size)
    bounds = sorted({low, *kept, *start, min(high, search.size)})
    start += _spread(bounds, search.slots - len(kept) - len(start))
    return RunPlan(
        start=tuple(sorted(start, reverse=True)), stop=tuple(sorted(search.running - kept))
    )


def _spread(bounds: list[int], count: int) -> list[int]:
    """Return up to `count` numbers strictly between the bounds, the widest gaps cut first."""
    gaps = list(pairwise(bounds))
    cuts = [0] * len(gaps)
    for _ in range(count):
        open_gaps = [at for at, (low, high) in enumerate(gaps) if high - low - 1 > cuts[at]]
        if not open_gaps:
            break
        widest = max(open_gaps, key=lambda at: (gaps[at][1] - gaps[at][0]) / (cuts[at] + 1))
        cuts[widest] += 1
    return [
        low + (high - low) * number // (cut + 1)
        for (low, high), cut in zip(gaps, cuts, strict=True)
        for number in range(1, cut + 1)
    ]
