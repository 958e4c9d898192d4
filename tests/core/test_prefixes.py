"""The prefix search against a plain model of gates: every small batch, every set of bad ones."""

from __future__ import annotations

from itertools import combinations
from math import ceil, log
from typing import TYPE_CHECKING

import pytest

from wtagents.core.landing.prefixes import RunPlan, Search, Verdict, plan_runs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


class Gates:
    """Gates that are red when a bad member is in the tree, and now and then for no reason."""

    def __init__(self, bad: Collection[int], flaky_runs: Collection[int] = ()) -> None:
        self.bad = frozenset(bad)
        self.flaky_runs = flaky_runs
        self.runs = 0

    def start(self, members: tuple[int, ...]) -> Verdict:
        self.runs += 1
        red = not self.bad.isdisjoint(members) or self.runs in self.flaky_runs
        return Verdict.RED if red else Verdict.GREEN


class Queue:
    """Lands members batch by batch, as the merger does."""

    def __init__(self, size: int, slots: int, gates: Gates, *, latest_first: bool) -> None:
        self.waiting = tuple(range(1, size + 1))
        self.slots = slots
        self.gates = gates
        self.latest_first = latest_first
        self.landed: list[int] = []
        self.blamed: list[int] = []
        self.flakes = 0
        while self.waiting:
            self._batch()

    def _batch(self) -> None:
        members = self.waiting
        search = Search(size=len(members), slots=self.slots)
        under_way: dict[int, Verdict] = {}
        while not search.is_done:
            plan = plan_runs(search)
            for prefix in plan.stop:
                del under_way[prefix]
                search = search.stopped(prefix)
            for prefix in plan.start:
                assert 1 <= prefix <= len(members)
                assert prefix not in under_way
                under_way[prefix] = self.gates.start(members[:prefix])
                search = search.started(prefix)
            assert 1 <= len(under_way) <= self.slots
            assert search.running == set(under_way)
            done = list(under_way)[-1 if self.latest_first else 0]
            verdict = under_way.pop(done)
            search = search.seen(done, verdict)
            if verdict is Verdict.GREEN:
                assert search.green >= done
        self.landed += members[: search.green]
        self.flakes += len(search.flakes)
        rest = members[search.green :]
        if search.culprit is not None:
            self.blamed.append(members[search.culprit - 1])
            rest = members[search.culprit :]
        self.waiting = rest


def every_case(most: int) -> Iterator[tuple[int, int, bool, tuple[int, ...]]]:
    for size in range(1, most + 1):
        for slots in (1, 2, 3, 4):
            for latest_first in (False, True):
                for bad in subsets(range(1, size + 1)):
                    yield size, slots, latest_first, bad


def subsets(numbers: Iterable[int]) -> Iterator[tuple[int, ...]]:
    listed = list(numbers)
    for length in range(len(listed) + 1):
        yield from combinations(listed, length)


def most_runs(size: int, slots: int, culprits: int, flakes: int) -> int:
    """Each verdict that is not plain green costs one narrowing of the interval and a second run."""
    narrowing = ceil(log(size + 1) / log(slots + 1)) + 1
    return (culprits + flakes + 1) * (slots * narrowing + 1)


def test_what_is_good_lands_and_what_is_bad_is_named() -> None:
    for size, slots, latest_first, bad in every_case(8):
        gates = Gates(bad)
        queue = Queue(size, slots, gates, latest_first=latest_first)
        case = f"{size} members, {slots} slots, {bad} bad, {latest_first}"
        assert queue.landed == [n for n in range(1, size + 1) if n not in bad], case
        assert queue.blamed == list(bad), case
        assert queue.flakes == 0, case
        assert gates.runs <= most_runs(size, slots, len(bad), 0), case


def test_one_flake_anywhere_blames_nobody() -> None:
    """One run that is red for no reason: the same end as without it."""
    for size, slots, latest_first, bad in every_case(5):
        for flaky in range(1, 12):
            gates = Gates(bad, {flaky})
            queue = Queue(size, slots, gates, latest_first=latest_first)
            case = f"{size} members, {slots} slots, {bad} bad, run {flaky}"
            assert queue.landed == [n for n in range(1, size + 1) if n not in bad], case
            assert queue.blamed == list(bad), case
            assert queue.flakes <= 1, case
            assert gates.runs <= most_runs(size, slots, len(bad), 1), case


def test_whatever_flakes_nothing_bad_lands_and_blame_needs_two_reds() -> None:
    for size, slots, latest_first, bad in every_case(4):
        for flaky in combinations(range(1, 9), 2):
            gates = Gates(bad, flaky)
            queue = Queue(size, slots, gates, latest_first=latest_first)
            assert set(bad) <= set(queue.blamed)
            assert sorted(queue.landed + queue.blamed) == list(range(1, size + 1))
            assert len(set(queue.blamed) - set(bad)) <= 1


@pytest.mark.parametrize(
    ("slots", "first"),
    [(1, (16,)), (2, (16, 8)), (3, (16, 10, 5)), (4, (16, 12, 8, 4))],
)
def test_a_batch_begins_with_prefixes_of_even_lengths(slots: int, first: tuple[int, ...]) -> None:
    assert plan_runs(Search(size=16, slots=slots)) == RunPlan(start=first)


def test_a_green_batch_costs_one_round() -> None:
    gates = Gates(())
    queue = Queue(16, 2, gates, latest_first=False)
    assert (queue.landed, gates.runs) == (list(range(1, 17)), 2)


def test_what_does_not_matter_any_more_is_stopped() -> None:
    search = Search(size=16, slots=2).started(16).started(8)
    red = search.seen(8, Verdict.LATE)
    assert plan_runs(red) == RunPlan(start=(5, 2), stop=(16,))
    green = search.seen(16, Verdict.GREEN)
    assert (green.green, green.is_done) == (16, True)
    assert plan_runs(green) == RunPlan(stop=(8,))


def test_a_flake_is_red_then_green_on_the_same_tree() -> None:
    search = Search(size=1, slots=4).started(1).seen(1, Verdict.RED)
    assert (search.culprit, search.is_done) == (None, False)
    assert plan_runs(search) == RunPlan(start=(1,))
    again = search.started(1)
    assert again.seen(1, Verdict.GREEN) == Search(size=1, slots=4, green=1, flakes=(1,))
    assert again.seen(1, Verdict.RED).culprit == 1
