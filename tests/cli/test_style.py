"""How answers look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from wtagents.cli.style import Cell, Column, Style, Tone, decide_color, fields
from wtagents.core.figures import age, ago, count, cut, money, plural, text_width

if TYPE_CHECKING:
    from tests.support.environment import Sandbox

PLAIN = Style(color=False, width=40)
COLUMNS = (Column("TASK"), Column("DOING", flexible=True), Column("COST", right=True))


def test_a_table_fits_its_screen() -> None:
    rows = [
        ("fix-login", "reads a very long file name that does not fit", "$0.42"),
        ("b", "漢字漢字漢字漢字漢字漢字漢字漢字漢字", "$12.00"),
        ("c", "", ""),
    ]
    table = PLAIN.table(COLUMNS, rows)
    assert "\n".join(table) == snapshot("""\
TASK       DOING                    COST
fix-login  reads a very long fi…   $0.42
b          漢字漢字漢字漢字漢字…  $12.00
c\
""")
    assert max(map(text_width, table)) <= 40


def test_a_column_of_nothing_is_left_out() -> None:
    rows = [("a", "waits", ""), ("b", "works", "")]
    assert PLAIN.table(COLUMNS, rows) == ["TASK  DOING", "a     waits", "b     works"]


def test_what_cannot_give_way_stays_whole() -> None:
    rows = [("a" * 50, "short", "$1.00")]
    assert PLAIN.table(COLUMNS, rows)[1] == f"{'a' * 50}  short  $1.00"


def test_spare_columns_go_before_words_are_cut_short() -> None:
    columns = (Column("A", flexible=True), Column("B", spare=1), Column("C", spare=2), Column("D"))
    rows = [("x" * 40, "bbbb", "cccc", "dddd")]

    def shown(width: int) -> str:
        return Style(color=False, width=width).table(columns, rows)[0].replace(" ", "")

    assert [shown(width) for width in (58, 50, 49, 44, 43, 20)] == [
        "ABCD",
        "ABCD",
        "ABD",
        "ABD",
        "AD",
        "AD",
    ]


def test_colour_changes_no_column() -> None:
    rows = [(Cell("a", Tone.GOOD), Cell("works", Tone.FAINT), "$1.00")]
    painted = Style(color=True, width=40).table(COLUMNS, rows)
    assert painted == [
        "\x1b[2mTASK\x1b[0m  \x1b[2mDOING\x1b[0m   \x1b[2mCOST\x1b[0m",
        "\x1b[32ma\x1b[0m     \x1b[2mworks\x1b[0m  $1.00",
    ]


def test_named_facts_stand_under_each_other() -> None:
    pairs = [("branch", "wta/a"), ("target", ""), ("in", "/w/a")]
    assert fields(PLAIN, pairs) == ["branch  wta/a", "in      /w/a"]


@pytest.mark.parametrize(
    ("seconds", "short"),
    [
        (-5, "0s"),
        (0.9, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (7200, "2h"),
        (90_000, "1d"),
        (None, ""),
    ],
)
def test_ages(seconds: float | None, short: str) -> None:
    assert age(seconds) == short
    assert ago(seconds) == (f"{short} ago" if short else "")


@pytest.mark.parametrize(
    ("dollars", "text"), [(0, ""), (0.004, "<$0.01"), (0.42, "$0.42"), (1234.5, "$1,234.50")]
)
def test_money(dollars: float, text: str) -> None:
    assert money(dollars) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1000, "1k"), (12_345, "12.3k"), (4e6, "4M")]
)
def test_counts(number: int, text: str) -> None:
    assert count(number) == text


def test_plurals() -> None:
    assert [plural(1, "task"), plural(0, "task"), plural(2, "patch")] == [
        "1 task",
        "0 tasks",
        "2 patches",
    ]


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("a b c", 3, "a…"), ("漢字", 3, "漢…"), ("x", 0, "")],
)
def test_cutting(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown
    assert text_width(cut(text, width)) <= width


def test_a_combining_accent_takes_no_column() -> None:
    assert text_width("e\u0301") == 1


def test_colour_is_a_choice_of_the_reader(sandbox: Sandbox) -> None:
    sandbox.set_variable("TERM", "xterm")
    assert decide_color(choice=None, tty=True) is True
    assert decide_color(choice=None, tty=False) is False
    assert decide_color(choice=False, tty=True) is False
    sandbox.set_variable("FORCE_COLOR", "1")
    assert decide_color(choice=None, tty=False) is True
    sandbox.set_variable("NO_COLOR", "1")
    assert decide_color(choice=None, tty=True) is False
    sandbox.set_variable("NO_COLOR", "")
    sandbox.set_variable("FORCE_COLOR", None)
    sandbox.set_variable("TERM", "dumb")
    assert decide_color(choice=None, tty=True) is False
