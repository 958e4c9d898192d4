"""The order of the queue, what goes into one batch, and how large it may be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.records import NOW
from wtagents.core.ids import BranchName
from wtagents.core.landing.queue import (
    Batch,
    Entry,
    Wait,
    batch_limit,
    failure_rate,
    in_order,
    plan_batches,
)

MAIN = BranchName("main")


def entry(number: int, *, seconds: float = 0, **changes: Any) -> Entry:
    new: dict[str, Any] = {
        "request_id": number,
        "task_id": 100 + number,
        "target": MAIN,
        "skip_gate": False,
        "asked_at": NOW + timedelta(seconds=seconds),
        "size": 1,
    }
    return Entry(**(new | changes))


def ids(batch: Batch) -> list[int]:
    return [each.request_id for each in batch.entries]


def reasons(batch: Batch) -> list[tuple[int, Wait, int | None]]:
    return [(held.entry.request_id, held.why, held.of) for held in batch.held]


def test_dependencies_then_age_then_size_then_number() -> None:
    entries = [
        entry(1, seconds=300, size=1),
        entry(2, size=30),
        entry(3, size=5),
        entry(4, size=5),
        entry(5, seconds=-300, size=900, after=frozenset({101})),
        entry(6, seconds=600, after=frozenset({105})),
    ]
    line, blocked = in_order(entries)
    assert [each.request_id for each in line] == [3, 4, 2, 1, 5, 6]
    assert blocked == []


def test_clashing_ones_go_into_different_batches_the_elder_first() -> None:
    entries = [entry(number) for number in range(1, 6)]
    clashes = [(2, 1), (2, 3), (4, 5)]
    first, second, third = plan_batches(entries, clashes, 16)
    assert ids(first) == [1, 4]
    assert reasons(first) == [(2, Wait.CLASH, 1), (3, Wait.CLASH, 2), (5, Wait.CLASH, 4)]
    assert ids(second) == [2, 5]
    assert reasons(second) == [(3, Wait.CLASH, 2)]
    assert ids(third) == [3]


def test_a_batch_has_one_target_and_one_way_of_being_verified() -> None:
    entries = [
        entry(1),
        entry(2, target=BranchName("release")),
        entry(3, skip_gate=True),
        entry(4),
    ]
    batches = plan_batches(entries, [], 16)
    assert [ids(batch) for batch in batches] == [[1, 4], [2], [3]]
    assert reasons(batches[0]) == [(2, Wait.OTHER, None), (3, Wait.OTHER, None)]


def test_who_conflicts_is_alone_and_nobody_overtakes_twice() -> None:
    entries = [entry(1), entry(2, alone=True), entry(3), entry(4)]
    batches = plan_batches(entries, [], 2)
    assert [ids(batch) for batch in batches] == [[1, 3], [2], [4]]
    assert reasons(batches[1]) == [(4, Wait.ALONE, 2)]


def test_a_dependency_may_be_in_the_same_batch_but_not_behind() -> None:
    entries = [
        entry(1),
        entry(2, after=frozenset({101})),
        entry(3),
        entry(4, after=frozenset({103})),
    ]
    first, second = plan_batches(entries, [(1, 3)], 16)
    assert (ids(first), ids(second)) == ([1, 2], [3, 4])
    assert reasons(first) == [(3, Wait.CLASH, 1), (4, Wait.AFTER, 103)]


def test_who_names_a_task_outside_the_queue_waits_without_blocking() -> None:
    entries = [entry(1, after=frozenset({999})), entry(2, after=frozenset({101})), entry(3)]
    batches = plan_batches(entries, [], 16)
    assert [ids(batch) for batch in batches] == [[3], []]
    assert reasons(batches[-1]) == [(1, Wait.AFTER, 999), (2, Wait.AFTER, 101)]


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 9)), max_size=9),
    st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=9),
    st.integers(1, 4),
)
def test_every_request_is_in_one_batch_and_no_batch_holds_a_clash(
    asked: list[tuple[int, int]], pairs: set[tuple[int, int]], limit: int
) -> None:
    entries = [
        entry(number, seconds=seconds, size=size) for number, (seconds, size) in enumerate(asked)
    ]
    clashes = {(first, second) for first, second in pairs if first != second}
    batches = plan_batches(entries, clashes, limit)
    assert sorted(number for batch in batches for number in ids(batch)) == list(range(len(asked)))
    line = [each.request_id for each in in_order(entries)[0]]
    place = {number: at for at, batch in enumerate(batches) for number in ids(batch)}
    for batch in batches:
        assert 1 <= len(batch.entries) <= limit
        assert ids(batch) == sorted(ids(batch), key=line.index)
    for first, second in clashes:
        if first in place and second in place:
            elder, younger = sorted((first, second), key=line.index)
            assert place[elder] < place[younger]
    assert all(
        batch.entries[0].request_id == next(n for n in line if place[n] >= at)
        for at, batch in enumerate(batches)
    )


@pytest.mark.parametrize(
    ("recent", "limit"),
    [
        ([], 16),
        ([True] * 50, 16),
        ([False], 8),
        ([True] * 19 + [False], 16),
        ([True] * 18 + [False] * 2, 8),
        ([False] * 3, 1),
        ([False] * 3 + [True] * 3, 4),
        ([False, True, False, True, False, True], 2),
        ([True] * 10 + [False] * 10, 1),
        ([False] * 10 + [True] * 10, 8),
    ],
)
def test_the_size_of_a_batch_follows_the_failures(recent: list[bool], limit: int) -> None:
    assert batch_limit(recent, slots=2) == limit


def test_an_unknown_repository_is_taken_for_an_average_one() -> None:
    assert failure_rate([]) == 0.05
    assert failure_rate([False]) == pytest.approx(2 / 21)
    assert failure_rate([True] * 30) == pytest.approx(1 / 50)
