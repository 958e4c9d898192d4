"""A record is what a frozen, slotted, keyword-only dataclass is, to everybody who asks."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from collections.abc import Callable
from typing import Generic, TypeVar

import pytest

from tests.support.processes import run_to_end
from wtagents.core.record import (
    field_names,
    is_record,
    record,
    replace,
    values_of,
)

T = TypeVar("T")


@record
class Point:
    """A place."""

    x: int
    y: int = 2
    """How high."""

    @property
    def sum(self) -> int:
        return self.x + self.y

    @classmethod
    def origin(cls) -> Point:
        return cls(x=0, y=0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    x: int
    y: int = 2


@record
class Box(Generic[T]):
    content: T


@record
class Empty:
    pass


def test_fields_are_named_and_defaults_fill_what_is_left_out() -> None:
    assert repr(Point(x=1)) == "Point(x=1, y=2)"
    assert repr(Point(y=5, x=1)) == "Point(x=1, y=5)"
    assert repr(Box(content="a")) == "Box(content='a')"
    assert repr(Empty()) == "Empty()"


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        (Point, {}, "Point lacks x"),
        (Point, {"x": 1, "z": 1, "a": 1}, "Point has no a, z"),
        (Point, {"z": 1}, "Point lacks x and has no z"),
        (Empty, {"x": 1}, "Empty has no x"),
    ],
)
def test_what_does_not_fit_is_refused(
    kind: Callable[..., object], values: dict[str, int], says: str
) -> None:
    with pytest.raises(TypeError) as raised:
        kind(**values)
    assert str(raised.value) == says


@pytest.mark.parametrize("name", ["x", "other"])
def test_nothing_changes_or_grows(name: str) -> None:
    point = Point(x=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(point, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(point, name)
    assert point == Point(x=1)
    assert not hasattr(point, "__dict__")


def test_equal_values_are_equal_and_have_one_hash() -> None:
    assert Point(x=1) == Point(x=1, y=2)
    others: list[object] = [Point(x=2), Twin(x=1), (1, 2), None]
    assert Point(x=1) not in others
    assert Empty() == Empty()
    assert {Point(x=1), Point(x=1, y=2), Point(x=3)} == {Point(x=1), Point(x=3)}


def test_methods_docstring_and_name_stay() -> None:
    assert (Point.origin().sum, Point.__doc__) == (0, "A place.")
    assert (Point.__module__, Point.__qualname__) == (__name__, "Point")


def test_a_change_makes_a_new_record() -> None:
    point = Point(x=1)
    assert replace(point, y=3) == Point(x=1, y=3)
    assert point == Point(x=1, y=2)
    with pytest.raises(TypeError):
        replace(point, z=1)


def test_copies_and_pickles_are_equal() -> None:
    point = Point(x=1)
    assert copy.copy(point) == copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point  # noqa: S301


def test_a_record_is_told_from_what_is_none() -> None:
    assert [is_record(each) for each in (Point(x=1), Point, Twin(x=1), 1)] == [
        True,
        False,
        False,
        False,
    ]
    assert field_names(Point) == ("x", "y")
    assert values_of(Point(x=1)) == {"x": 1, "y": 2}
    with pytest.raises(AttributeError):
        field_names(Twin)


def test_dataclasses_take_it_for_one_of_theirs() -> None:
    ours, theirs = Point(x=1), Twin(x=1)
    assert dataclasses.is_dataclass(ours)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.replace(ours, y=9) == Point(x=1, y=9)
    asked = [
        [(each.name, each.type, each.default, each.kw_only) for each in dataclasses.fields(kind)]
        for kind in (Point, Twin)
    ]
    assert asked[0] == asked[1]


def test_defining_one_loads_and_compiles_nothing() -> None:
    program = (
        "import sys\n"
        "compiled = []\n"
        "from wtagents.core.record import record\n"
        "sys.addaudithook(lambda name, _: compiled.append(name) if name == 'compile' else None)\n"
        "class Plain:\n    x: int\n"
        "record(Plain)\n"
        "print(len(compiled), 'dataclasses' in sys.modules)\n"
    )
    done = run_to_end([sys.executable, "-c", program])
    assert done.stdout.decode() == "0 False\n", done.stderr
