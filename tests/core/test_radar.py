"""Who came second, and who is told what: once, and again only when it grows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.records import NOW
from wtagents.core.watching.radar import (
    TARGET,
    Clash,
    Misfit,
    Notice,
    Place,
    SeenClash,
    Span,
    Touch,
    changed_touches,
    later_of,
    plan_notices,
    with_since,
)


def clash(first: int, second: int, *paths: str) -> Clash:
    places = tuple(Place(path=path, kind="both changed the same lines") for path in paths)
    return Clash(first_id=first, second_id=second, places=places)


def touch(task_id: int, path: str, seconds: float) -> Touch:
    return Touch(task_id=task_id, path=path, since=NOW + timedelta(seconds=seconds))


def seen(first: int, second: int, *paths: str, later: int) -> SeenClash:
    return SeenClash(clash=clash(first, second, *paths), later_id=later, since=NOW)


@pytest.mark.parametrize(
    ("touches", "later"),
    [
        ([], 2),
        ([touch(1, "a", 5), touch(2, "a", 5)], 2),
        ([touch(1, "a", 9), touch(2, "a", 5)], 1),
        ([touch(1, "a", 1), touch(1, "b", 9), touch(2, "b", 5)], 2),
        ([touch(1, "a", 9), touch(2, "other", 5)], 2),
        ([touch(3, "a", 1), touch(1, "a", 9), touch(2, "a", 8)], 1),
    ],
)
def test_who_came_second(touches: list[Touch], later: int) -> None:
    assert later_of(clash(1, 2, "a", "b"), touches) == later


def test_one_that_clashes_with_its_target_came_second() -> None:
    assert later_of(clash(1, TARGET, "a"), []) == 1


def told(*notices: Notice) -> dict[tuple[int, int], frozenset[str]]:
    return {(n.task_id, n.clash.other(n.task_id)): n.subjects for n in notices}


def test_each_subject_is_said_once_to_the_later_one() -> None:
    now = [seen(1, 2, "a", "b", later=2), seen(3, TARGET, "x", later=3), seen(4, 5, "y", later=4)]
    notices = plan_notices(now, {}, listening={2, 3, 5})
    assert [(n.task_id, sorted(n.subjects)) for n in notices] == [(2, ["a", "b"]), (3, ["x"])]
    heard = told(*notices)
    assert plan_notices(now, heard, listening={2, 3, 5}) == []
    grown = [seen(1, 2, "a", "b", "c", later=2), seen(3, TARGET, later=3)]
    [more] = plan_notices(grown, heard, listening={2, 3})
    assert (more.task_id, sorted(more.subjects)) == (2, ["c"])


def test_what_the_other_one_heard_is_not_said_again() -> None:
    heard = told(*plan_notices([seen(1, 2, "a", later=2)], {}, listening={2}))
    assert plan_notices([seen(1, 2, "a", later=1)], heard, listening={1, 2}) == []
    [notice] = plan_notices([seen(1, 2, "a", "b", later=1)], heard, listening={1, 2})
    assert (notice.task_id, sorted(notice.subjects)) == (1, ["b"])


def test_since_when() -> None:
    before = with_since([clash(1, 2, "a")], [], [], NOW)
    later = NOW + timedelta(seconds=9)
    after = with_since([clash(1, 2, "a", "b"), clash(1, 3, "a")], before, [], later)
    assert [(each.clash.pair, each.since) for each in after] == [((1, 2), NOW), ((1, 3), later)]


def test_what_is_touched_from_now_on_and_not_any_more() -> None:
    known = [touch(1, "a", 0), touch(1, "b", 0), touch(2, "a", 0)]
    new, gone = changed_touches(known, [(1, "a"), (2, "a"), (2, "c"), (2, "c")], NOW)
    assert (new, gone) == ([touch(2, "c", 0)], [touch(1, "b", 0)])


def test_words() -> None:
    assert [str(Span(first=a, last=b)) for a, b in ((3, 9), (3, 3), (3, 2))] == [
        "3-9",
        "3",
        "before 3",
    ]
    misfit = Misfit(
        name="f", path="m.py", was="f(a)", now="", used_in="b.py", line=7, by_other=False
    )
    assert misfit.text == "f(a) of m.py is removed, and b.py:7 uses it"
    assert Clash(first_id=1, second_id=2, misfits=(misfit,)).subjects == {"m.py:f"}
