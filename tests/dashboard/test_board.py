"""The board as a person meets it: rows, keys, dialogs; on a real terminal size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot
from textual.widgets import Input

from tests.support.clock import ManualClock
from tests.support.records import NOW
from tests.support.screens import Looks, screen_text, until
from tests.support.statuses import FLEET, an_item, named
from tests.support.stored import stored_task
from wtagents.core.errors import SystemFault
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.feed import StoreTroubled
from wtagents.dashboard.grid import LiveRow
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.tick import tick
from wtagents.store.events import events_of
from wtagents.store.messages import messages_of
from wtagents.store.tasks import require_task, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repository import RepositoryBuilder


PROMPT = """fix it
scenario:
ask Bash "git push"
write a.txt <<END
x
END
commit "Fix"
"""


@pytest.fixture
def context(repository: RepositoryBuilder) -> Iterator[Context]:
    opened = Context(repository.path, clock=ManualClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def live(repository: RepositoryBuilder) -> Iterator[Context]:
    opened = Context(repository.path)
    yield opened
    opened.close()


def at(app: Dashboard) -> str | None:
    return app.screen.query_one(Table).key


def rows(app: Dashboard) -> list[str]:
    return [line.key for line in app.screen.query_one(Table).lines if isinstance(line, LiveRow)]


async def test_a_narrow_board(context: Context) -> None:
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "r Retry" in screen_text(app), what="rows and keys")
        assert screen_text(app) == snapshot("""\
 project   Board 10   Inbox 3   Queue 1   Cost         2 agents  ·  $3.50 today

    TASK        STATE      NOW                                     QUEUE  SINCE
 Needs a person  3
 ✕  docs        failed     no commits: the agent ended without a…            0s
 ?  api         asking     asks to use Bash: git push                       12s
 !  colours     ready      merge rejected: 2 conflicts                       0s

 At work  4
 ●  fix-login   working    Edit src/login/a_rather_long_file_nam…           12s
 ·  later       queued     again in 31m (rate limited)                       0s
 ·  queued      queued     waits for a place                                 0s
 ↑  landing     merging    gating                                     #1     0s

 Ready to merge  1
 ✓  search      ready      3 uncommitted                                     0s

 At rest  1
 ■  halted      stopped                                                      0s

 Done  1
 ✓  merged-one  merged     landed on main                                    0s

 ⏎ Open  t Tell  r Retry  d Diff  n New task  / Filter  s Sort  ? Help  q Quit\
""")


async def test_a_wide_board_tells_the_task_beside_it(context: Context) -> None:
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(180, 40)) as pilot:
        await until(pilot, lambda: at(app) == "docs", what="the rows")
        await pilot.press("j")
        await pilot.pause()
        beside = [line.partition("▏")[2].strip() for line in screen_text(app).splitlines()]
        assert "\n".join(beside).strip() == snapshot("""\
api
asking  asks to use Bash: git push
next  wta answer api --allow, or: wta answer api --deny

fix the login

branch    wta/fix-login, from 1111111111
target    main
worktree  /repo-worktrees/fix-login
agent     claude
state     active for 0s
run       1, running for 0s
activity  12s ago
work      2 commits, 1 file, +1234 -3
usage     3 turns, 45.2k tokens in, 1.3k out, $0.42
context   23% of 200k tokens\
""")


async def test_the_cursor_goes_where_its_task_goes(context: Context) -> None:
    looks = Looks(context, FLEET)
    app = Dashboard(context, follow=looks)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: at(app) == "docs", what="the rows")
        app.screen.query_one(Table).choose("fix-login")
        looks.show(FLEET[1:])
        await pilot.pause()
        assert at(app) == "fix-login"
        looks.show([item for item in FLEET if item.task.name != "fix-login"])
        await until(pilot, lambda: at(app) != "fix-login", what="another row")
        assert at(app) is not None
        looks.show([])
        await until(pilot, lambda: at(app) is None, what="no row")
        assert "no tasks yet; press n to begin one" in screen_text(app)


async def test_words_filter_and_escape_shows_all_again(context: Context) -> None:
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: at(app) == "docs", what="the rows")
        await pilot.press("/", *"ready", "enter")
        await until(pilot, lambda: rows(app) == ["colours", "search"], what="two rows")
        assert app.screen.query_one("#filter", Input).display
        await pilot.press("escape")
        await until(pilot, lambda: len(rows(app)) == len(FLEET), what="all again")
        assert not app.screen.query_one("#filter", Input).display


async def test_keys_that_make_no_sense_do_nothing(context: Context) -> None:
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: at(app) == "docs", what="the rows")
        await pilot.press("m", "u", "w", "x")
        await pilot.pause()
        assert len(app.screen_stack) == 1
        assert "Merge" not in screen_text(app).splitlines()[-1]


async def test_whoever_only_looks_changes_nothing(live: Context) -> None:
    with live.database.write() as db:
        stored_task(db)
    before = tasks(live.database)
    app = Dashboard(live, may_act=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: at(app) == "fix-login", what="the row")
        shown = screen_text(app).splitlines()
        assert shown[0].startswith(" project  looks only   Board 1   Inbox")
        assert shown[-1].strip() == "⏎ Open  d Diff  / Filter  s Sort  ? Help  q Quit"
        await pilot.press("n", "c", "x", "t", "enter", "i", *"words", "enter", "ctrl+c")
        said = "! interrupting fix-login: this dashboard only looks"
        await until(pilot, lambda: said in screen_text(app), what="the refusal")
        assert "this dashboard only looks" in app.screen.query_one("#say", Input).placeholder
        await pilot.pause()
    assert tasks(live.database) == before
    assert messages_of(live.database, before[0].id) == []
    assert [event.kind for event in events_of(live.database, before[0].id)] == ["task.added"]


async def test_the_mouse_chooses_a_row_and_opens_it(context: Context) -> None:
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: at(app) == "docs", what="the rows")
        await pilot.click(Table, offset=(5, 3))
        assert at(app) == "api"
        await pilot.click(Table, offset=(5, 3), times=2)
        await until(pilot, lambda: len(app.screen_stack) == 2, what="the screen of the task")


async def test_screens_are_found_by_mouse_and_by_name(context: Context) -> None:
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: at(app) == "docs", what="the rows")
        await pilot.click("#masthead", offset=(23, 0))
        await until(pilot, lambda: app.current_mode == "inbox", what="the inbox")
        await pilot.press("ctrl+p", *"show the board")
        await until(pilot, lambda: "Show the board" in screen_text(app), what="the palette")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "board", what="the board")
        await pilot.press("?")
        await until(pilot, lambda: "Everywhere" in screen_text(app), what="the help")
        await pilot.press("escape")
        await until(pilot, lambda: "Everywhere" not in screen_text(app), what="no help")


async def test_many_tasks_are_scrolled_with_the_cursor(context: Context) -> None:
    many = [an_item(named(f"task-{number:03}", number)) for number in range(1, 201)]
    app = Dashboard(context, follow=Looks(context, many))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "task-001" in screen_text(app), what="the rows")
        assert at(app) == "task-001"
        await pilot.press("end")
        await until(pilot, lambda: "task-200" in screen_text(app).splitlines()[-3], what="the end")
        assert at(app) == "task-200"
        assert "TASK" in screen_text(app).splitlines()[2]
        await pilot.press("home")
        await until(pilot, lambda: "At work" in screen_text(app).splitlines()[3], what="the top")


async def test_a_store_in_trouble_keeps_what_was_seen_and_says_what_to_do(context: Context) -> None:
    looks = Looks(context, FLEET)
    app = Dashboard(context, follow=looks)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: at(app) == "docs", what="the rows")
        fault = SystemFault("a newer wta wrote the state", hint="use that one")
        looks.post(StoreTroubled(fault))
        await until(pilot, lambda: "a newer wta" in screen_text(app), what="the banner")
        assert "! a newer wta wrote the state   use that one" in screen_text(app)
        assert "fix-login" in screen_text(app)
        looks.show(FLEET)
        await until(pilot, lambda: "a newer wta" not in screen_text(app), what="no banner")


async def test_a_task_is_begun_answered_and_followed_to_its_end(live: Context) -> None:
    """Begun in the dialog, asked and allowed, seen to be ready: with real processes."""
    woken: list[bool] = []
    app = Dashboard(live, wake=lambda _: woken.append(tick(live.another()).failures == ()))
    spawn(
        live,
        SpawnRequest(
            name="fix",
            prompt=PROMPT,
            agent=AgentSpec(kind=AgentKind.SCRIPTED),
        ),
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "asks to use Bash: git push" in screen_text(app), what="it asks")
        await pilot.press("a")
        await until(pilot, lambda: "y Allow" in screen_text(app), what="the dialog")
        await pilot.press("y")
        await until(
            pilot, lambda: "fix: allowed Bash: git push" in screen_text(app), what="it was taken"
        )
        await until(
            pilot,
            # The tick that the answer woke may come before the end, or after it.
            lambda: "the next tick takes note" in screen_text(app) or _shows(app, "ready"),
            what="its end",
        )
        tick(live)
        await until(pilot, lambda: _shows(app, "ready"), what="it is ready")
        await pilot.press("c")
        await until(pilot, lambda: "Give fix up?" in screen_text(app), what="the question")
        await pilot.press("n")
        await until(pilot, lambda: "nothing was changed" in screen_text(app), what="a no")
        await pilot.press("c")
        await until(pilot, lambda: "Give fix up?" in screen_text(app), what="the question")
        await pilot.press("y")
        await until(pilot, lambda: _shows(app, "cancelled"), what="it is given up")
    with live.database.read() as db:
        assert require_task(db, "fix").state is TaskState.CANCELLED


def _shows(app: Dashboard, word: str) -> bool:
    rows = [line for line in screen_text(app).splitlines() if " fix " in line]
    return any(word in row for row in rows)
