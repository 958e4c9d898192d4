"""What the board says of tasks: pure, on tasks in every state a person can meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from tests.support.records import NOW, a_merge, a_pulse, a_question, a_run, later, worktree_facts
from tests.support.statuses import FLEET, USAGE, an_item, at_work, named
from wtagents.core.ids import TaskName
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.record import replace
from wtagents.core.run import Phase, Usage
from wtagents.core.task import TaskState
from wtagents.core.tending.limit import AccountLimit
from wtagents.core.tending.liveness import Liveness
from wtagents.dashboard.acts import Act, possible_acts
from wtagents.dashboard.cells import COLUMNS, GLYPHS, cells_of, context_bar
from wtagents.dashboard.grid import Heading, Line, LiveRow
from wtagents.dashboard.homes import Sight
from wtagents.dashboard.totals import Totals, queue_places, totals_of
from wtagents.dashboard.view import Choice, Order, Rows, airy, board_lines
from wtagents.operations.radar.named import RadarClash
from wtagents.operations.telling.overview import Overview
from wtagents.operations.telling.status import TaskStatus

LIMITS = (AccountLimit(account="", until=later(1860), detail="5 hours", seen_at=NOW),)
SEEN = Overview(items=FLEET, cost_today=1.5, budget_today=20.0, load=None, limits=LIMITS, at=NOW)
ROWS = Rows(lambda: NOW)


def said(lines: tuple[Line, ...]) -> list[str]:
    return [
        f"[{line.text} {line.note}]" if isinstance(line, Heading) else line.key for line in lines
    ]


def test_who_needs_a_person_comes_first_and_who_waited_longest_before() -> None:
    waits = at_work(
        "waits-longest",
        11,
        "",
        attention="asks to use Bash: ls",
        pulse=a_pulse(
            phase=Phase.ASKING, question=replace(a_question(), asked_at=NOW - timedelta(hours=1))
        ),
    )
    seen = replace(SEEN, items=(*FLEET, waits))
    assert said(board_lines([Sight(seen=seen)], Choice(), ROWS)) == snapshot(
        [
            "[Needs a person 4]",
            "waits-longest",
            "docs",
            "api",
            "colours",
            "[At work 4]",
            "fix-login",
            "later",
            "queued",
            "landing",
            "[Ready to merge 1]",
            "search",
            "[At rest 1]",
            "halted",
            "[Done 1]",
            "merged-one",
        ]
    )


def test_words_of_a_filter_must_all_be_found() -> None:
    def names(words: str) -> list[str]:
        lines = board_lines([Sight(seen=SEEN)], Choice(words=words, order=Order.NAME), ROWS)
        return said(lines)

    assert names("ready") == ["colours", "search"]
    assert names("READY sea") == ["search"]
    assert names("needs") == ["api", "colours", "docs"]
    assert names("nothing like it") == []


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (Order.NAME, "api"),
        (Order.ACTIVITY, "fix-login"),
        (Order.COST, "fix-login"),
        (Order.CHANGES, "fix-login"),
        (Order.NEWEST, "landing"),
    ],
)
def test_other_orders_have_no_groups(order: Order, first: str) -> None:
    lines = board_lines([Sight(seen=SEEN)], Choice(order=order), ROWS)
    assert len(lines) == len(FLEET)
    assert said(lines)[0] == first


def test_a_row_says_everything_in_words_and_figures() -> None:
    item = at_work("fix-login", 2, "Edit src/login.py", usage=USAGE)
    cells = cells_of(item, 3, now=later(30), late=30)
    assert {c.title: each.text for c, each in zip(COLUMNS, cells, strict=True)} == snapshot(
        {
            "": "●",
            "REPO": "",
            "TASK": "fix-login",
            "STATE": "working",
            "NOW": "Edit src/login.py",
            "CLASHES": "",
            "QUEUE": "#3",
            "COMMITS": "2",
            "CHANGES": "+1.2k -3",
            "CONTEXT": "━─────  23%",
            "TOKENS": "46.5k",
            "COST": "$0.42",
            "SINCE": "42s",
        }
    )


def test_nothing_that_steers_a_terminal_gets_into_a_row() -> None:
    clash = RadarClash(
        task=TaskName("a"),
        other="ma\u202ein\x1b[2J",
        with_target=True,
        later=TaskName("a"),
        places=(),
        misfits=(),
        since=NOW,
    )
    item = an_item(named("a", 1), attention="asks \x1b]0;title\x07 to", clashes=(clash,))
    texts = [each.text for each in cells_of(item, None, now=NOW, late=0)]
    assert all(text.isprintable() for text in texts)
    assert "main" in texts


def test_hidden_columns_are_hidden_in_every_row() -> None:
    hidden = frozenset({"COST", "TOKENS"})
    rows = [
        r
        for r in board_lines([Sight(seen=SEEN)], Choice(hidden=hidden), ROWS)
        if isinstance(r, LiveRow)
    ]
    assert {len(row.cells) for row in rows} == {len(COLUMNS) - 2}


def test_a_row_lasts_while_nothing_of_its_task_changes_and_its_age_goes_on() -> None:
    now = [later(10)]
    rows, choice = Rows(lambda: now[0]), Choice(order=Order.NAME)

    def laid(*items: TaskStatus) -> list[LiveRow]:
        seen = replace(SEEN, items=items, at=now[0])
        lines = board_lines([Sight(seen=seen)], choice, rows)
        return [line for line in lines if isinstance(line, LiveRow)]

    before = laid(*FLEET)
    other = replace(FLEET[1], usage=replace(USAGE, cost_usd=9.0))
    now[0] = later(15)
    after = laid(FLEET[0], other, *FLEET[2:])
    changed = {new.key for old, new in zip(before, after, strict=True) if new is not old}
    assert changed == {"fix-login"}
    [halted] = [row for row in after if row.key == "halted"]
    ages = [halted.cells[-1].text]
    now[0] = later(75)
    assert [*ages, halted.cells[-1].text] == ["15s", "1m"]


def test_every_word_for_a_task_has_a_glyph() -> None:
    words = {cells_of(item, None, now=NOW, late=0)[3].text for item in FLEET}
    assert words <= GLYPHS.keys()
    assert {each.value for words in (TaskState, Liveness) for each in words} <= GLYPHS.keys()


@pytest.mark.parametrize(
    ("used", "text"),
    [(0, ""), (1, "━─────   0%"), (100_000, "━━━───  50%"), (300_000, "━━━━━━ 100%")],
)
def test_the_context_bar_never_leaves_its_column(used: int, text: str) -> None:
    item = an_item(named("a", 1), usage=Usage(context_tokens=used, context_window=200_000))
    assert context_bar(item).text == text


def test_who_lands_comes_before_who_waits() -> None:
    def lands(number: int, state: MergeState, seconds: float) -> TaskStatus:
        merge = a_merge(id=number, task_id=number, state=state, created_at=later(seconds))
        return an_item(named(f"t{number}", number, state=TaskState.MERGING), merge=merge)

    items = (
        lands(1, MergeState.WAITING, 20),
        lands(2, MergeState.WAITING, 10),
        lands(3, MergeState.GATING, 30),
        lands(4, MergeState.REJECTED, 0),
    )
    assert queue_places(items) == {3: 1, 2: 2, 1: 3}


def test_groups_are_set_apart_where_there_is_room() -> None:
    lines = board_lines([Sight(seen=SEEN)], Choice(), ROWS)
    groups = sum(isinstance(line, Heading) for line in lines)
    roomy = airy(lines, len(lines) + groups - 1)
    assert [line for line in roomy if line != Heading(text="")] == list(lines)
    assert len(roomy) == len(lines) + groups - 1
    assert airy(lines, len(lines) + groups - 2) == lines


def test_totals() -> None:
    assert totals_of([Sight(seen=SEEN)]) == snapshot(
        Totals(
            tasks=10,
            agents=2,
            attention=3,
            ready=1,
            landing=1,
            cost_today=1.5,
            budget_today=20.0,
            load="",
            limited_until=datetime(2026, 11, 21, hour=12, minute=31, tzinfo=UTC),
        )
    )


def test_only_acts_that_make_sense_are_offered() -> None:
    held = an_item(
        named("held", 20, state=TaskState.READY),
        merge=a_merge(state=MergeState.REJECTED, rejection=Rejection.PROTECTED),
    )
    rested = an_item(
        named("rested", 21, state=TaskState.STOPPED),
        run=a_run(task_id=21),
        worktree=worktree_facts(),
    )
    offered = {
        item.task.name: sorted(act for act in Act if act in possible_acts(item))
        for item in (*FLEET, held, replace(rested, run=None))
    }
    assert offered == snapshot(
        {
            "merged-one": [Act.UNDO],
            "fix-login": [Act.CANCEL, Act.FORK, Act.PAUSE, Act.RESTORE, Act.SEND, Act.STOP],
            "docs": [Act.CANCEL, Act.RETRY, Act.SEND],
            "api": [Act.ANSWER, Act.CANCEL, Act.FORK, Act.PAUSE, Act.RESTORE, Act.SEND, Act.STOP],
            "search": [Act.CANCEL, Act.MERGE, Act.SEND],
            "colours": [Act.CANCEL, Act.MERGE, Act.SEND],
            "later": [Act.CANCEL, Act.PAUSE, Act.SEND, Act.STOP],
            "queued": [Act.CANCEL, Act.PAUSE, Act.SEND, Act.STOP],
            "halted": [Act.CANCEL, Act.RETRY, Act.SEND],
            "landing": [Act.WITHDRAW],
            "held": [Act.APPROVE, Act.CANCEL, Act.SEND],
            "rested": [Act.CANCEL, Act.MERGE, Act.RETRY, Act.SEND],
        }
    )
