"""Columns fit the room there is, the least needed left out first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wtagents.dashboard.grid import (
    ENOUGH,
    GAP,
    Cell,
    Column,
    Heading,
    Row,
    Tone,
    cell,
    fit,
    without_first,
)

COLUMNS = (
    Column(title="TASK", most=12),
    Column(title="NOW", flexible=True),
    Column(title="SIZE", spare=1, right=True),
    Column(title="COST", width=7, spare=2, right=True),
    Column(title="QUEUE", spare=3),
)
LINES = (
    Heading(text="At work"),
    Row(key="a", cells=tuple(map(cell, ("a-very-long-name", "works", "+34 -3", "$0.42", "")))),
    Row(key="b", cells=tuple(map(cell, ("b", "", "", "", "")))),
)


def titles(room: int) -> dict[str, int]:
    return {COLUMNS[slot.index].title: slot.width for slot in fit(COLUMNS, LINES, room)}


def test_the_flexible_column_takes_what_the_others_leave() -> None:
    assert titles(100) == {"TASK": 12, "NOW": 69, "SIZE": 6, "COST": 7}


def test_columns_are_left_out_before_words_are_cut_short() -> None:
    assert titles(65) == {"TASK": 12, "NOW": ENOUGH, "SIZE": 6, "COST": 7}
    assert titles(64) == {"TASK": 12, "NOW": 42, "SIZE": 6}
    assert titles(55) == {"TASK": 12, "NOW": 41}
    assert titles(10) == {"TASK": 12, "NOW": 0}


@given(st.integers(min_value=20, max_value=300))
def test_no_line_is_wider_than_its_room_and_no_column_covers_another(room: int) -> None:
    slots = fit(COLUMNS, LINES, room)
    assert slots[-1].start + slots[-1].width <= max(room, 12 + GAP)
    ends = [slot.start + slot.width + GAP for slot in slots]
    assert [slot.start for slot in slots[1:]] == ends[:-1]


def test_a_cell_is_seen_from_a_column_on() -> None:
    shown = Cell(parts=(("+ ", Tone.GOOD), ("日本 x", Tone.PLAIN)))
    assert [without_first(shown, by).text for by in range(10)] == [
        *("+ 日本 x", " 日本 x", "日本 x", " 本 x", "本 x", "  x", " x", "x", "", ""),
    ]
    assert without_first(shown, 1).parts == ((" ", Tone.GOOD), ("日本 x", Tone.PLAIN))
