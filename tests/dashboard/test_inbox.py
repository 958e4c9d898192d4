"""What waits for a person is told in full, and answered where it stands."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.widgets import OptionList

from tests.support.clock import ManualClock
from tests.support.records import NOW, a_merge, a_pulse, a_question, later
from tests.support.screens import Looks, a_sight, screen_text, until
from tests.support.statuses import FLEET, an_item, at_work, named
from wtagents.core.answer import Answer
from wtagents.core.inquiry import Inquiry, Option
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.record import replace
from wtagents.core.run import Phase
from wtagents.core.story import Voice
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.inbox import alike, inbox_rows, waiting_of, why_of
from wtagents.dashboard.screens.choosing import ChoiceDialog
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.context import Context
from wtagents.operations.steering.asked import Part, asked, question_lines
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.telling.logs import LogsRequest, story
from wtagents.operations.tick import tick
from wtagents.operations.trust import observe_trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repository import RepositoryBuilder
    from wtagents.operations.telling.status import TaskStatus


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


def asks(name: str, number: int, tool: str, *, seconds: float = 0) -> TaskStatus:
    question = replace(a_question(), tool=tool, request_id=name, asked_at=later(seconds))
    return at_work(
        name,
        number,
        "",
        attention=f"asks to use {tool}: git push",
        pulse=a_pulse(phase=Phase.ASKING, question=question),
    )


def rejected(why: Rejection) -> TaskStatus:
    merge = a_merge(state=MergeState.REJECTED, rejection=why)
    return an_item(named("a", 1, state=TaskState.READY), attention="no", merge=merge)


def test_the_oldest_wait_comes_first() -> None:
    items = (*FLEET, asks("old", 20, "Bash", seconds=-60))
    assert [each.item.task.name for each in waiting_of([a_sight(items, NOW)])] == [
        "old",
        "docs",
        "api",
        "colours",
    ]


def test_who_is_stuck_waits_since_it_is_called_so() -> None:
    known, unknown = (
        at_work(name, 1, "", liveness=Liveness.STUCK, attention="silent", suspected_since=since)
        for name, since in (("known", later(-240)), ("unknown", None))
    )
    rows = inbox_rows(waiting_of([a_sight([unknown, known], NOW)]), now=NOW)
    assert [(row.cells[2].text, row.cells[-1].text) for row in rows] == [
        ("known", "4m"),
        ("unknown", "0s"),
    ]


def test_each_reason_has_a_word() -> None:
    items = [
        rejected(Rejection.CONFLICT),
        rejected(Rejection.GATE_RED),
        rejected(Rejection.PROTECTED),
        at_work("a", 1, "", liveness=Liveness.STUCK, attention="silent"),
        at_work("a", 1, "", liveness=Liveness.LOST, attention="gone"),
        at_work("a", 1, "", liveness=Liveness.LOOPING, attention="circles"),
        an_item(named("a", 1, state=TaskState.FAILED), attention="failed"),
        an_item(named("a", 1, state=TaskState.READY), attention="uncommitted"),
        asks("a", 1, "Bash"),
    ]
    rows = inbox_rows(waiting_of([a_sight(items, NOW)]), now=NOW)
    assert all(row.cells[0].text for row in rows), "each word has a sign of its own"
    words = {why_of(item) for item in items}
    assert words == {
        "asks",
        "conflict",
        "failed",
        "held",
        "look",
        "looping",
        "lost",
        "rejected",
        "stuck",
    }
    rows = inbox_rows(waiting_of([a_sight(FLEET, NOW)]), now=later(90))
    assert [[cell.text for cell in row.cells if cell.text] for row in rows] == [
        ["✕", "docs", "failed", "no commits: the agent ended without a commit", "1m"],
        ["?", "api", "asks", "Bash: git push", "1m"],
        ["⋈", "colours", "conflict", "2 conflicts", "1m"],
    ]


def test_alike_are_questions_about_the_same_tool() -> None:
    waiting = waiting_of(
        [a_sight([asks("a", 1, "Bash"), asks("b", 2, "Edit"), asks("c", 3, "Bash")], NOW)]
    )
    assert [each.item.task.name for each in alike(waiting, waiting[2])] == ["c", "a"]
    assert alike(waiting_of([a_sight(FLEET, NOW)]), waiting_of([a_sight(FLEET, NOW)])[0]) == ()


def test_an_edit_is_asked_as_a_diff_and_nothing_is_hidden() -> None:
    edit = {"file_path": "a.py", "old_string": "x\ny\n", "new_string": "x\nz\u202e\x1b[1m\n"}
    assert [(line.part, line.text) for line in question_lines("Edit", edit)] == [
        (Part.NAME, "a.py"),
        (Part.TEXT, "x"),
        (Part.REMOVED, "y"),
        (Part.ADDED, "z\\u202e\\x1b[1m"),
    ]
    bash = {"command": "rm -r x\ngit push", "timeout": 5}
    assert [(line.part, line.text) for line in question_lines("Bash", bash)] == [
        (Part.TEXT, "rm -r x"),
        (Part.TEXT, "git push"),
        (Part.NAME, "timeout"),
        (Part.TEXT, "5"),
    ]


async def test_what_is_snoozed_comes_back(context: Context) -> None:
    looks = Looks(context, FLEET)
    app = Dashboard(context, follow=looks)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: app.screen.query_one(Table).key == "docs", what="the list")
        await pilot.press("z")
        await until(pilot, lambda: app.screen.query_one(Table).key == "api", what="one less")
        clock = context.clock
        assert isinstance(clock, ManualClock)
        clock.advance(timedelta(minutes=16).total_seconds())
        looks.show(FLEET)
        await until(pilot, lambda: len(app.screen.query_one(Table).lines) == 3, what="back")


async def test_all_alike_are_shown_before_they_are_allowed(context: Context) -> None:
    items = (asks("one", 1, "Bash"), asks("two", 2, "Bash"), asks("three", 3, "Edit"))
    app = Dashboard(context, follow=Looks(context, items))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "Allow all alike" in screen_text(app), what="the key")
        await pilot.press("Y")
        await until(pilot, lambda: "Allow 2 questions?" in screen_text(app), what="the dialog")
        shown = screen_text(app)
        assert "one: git push" in shown
        assert "two: git push" in shown
        assert "three: git push" not in shown


async def test_a_rule_is_shown_written_and_the_question_allowed(live: Context) -> None:
    prompt = 'fix it\nscenario:\nask Bash "npm test"\nsay "as told"\n'
    scripted = AgentSpec(kind=AgentKind.SCRIPTED)
    spawn(live, SpawnRequest(name="fix", prompt=prompt, agent=scripted))
    app = Dashboard(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "asks to use Bash" in screen_text(app), what="the question")
        await pilot.press("L")
        await until(pilot, lambda: "Bash(npm test)" in screen_text(app), what="the rule")
        await pilot.press("enter")
        await until(pilot, lambda: '+  "Bash(npm test)",' in screen_text(app), what="the diff")
        await pilot.press("y")
        await until(pilot, lambda: "fix: allowed Bash: npm test" in screen_text(app), what="taken")
    live.reload_settings()
    assert live.settings.agent.allow[-1] == "Bash(npm test)"
    assert observe_trust(live).trusted
    tick(live)


async def test_a_question_is_read_in_full_and_denied_with_a_reason(live: Context) -> None:
    command = "git push origin main && " + "echo a-word-that-is-far-behind-the-edge " * 6 + "# end"
    prompt = f'fix it\nscenario:\nask Bash "{command}"\nsay "as told"\n'
    scripted = AgentSpec(kind=AgentKind.SCRIPTED)
    spawn(live, SpawnRequest(name="fix", prompt=prompt, agent=scripted))
    app = Dashboard(live)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "# end" in screen_text(app), what="the whole command")
        assert [line.text for line in asked(live, "fix").data.lines] == [command]
        await pilot.press("n")
        await until(pilot, lambda: "Deny fix" in screen_text(app), what="the dialog")
        await pilot.press(*"not now", "enter")
        await until(pilot, lambda: "denied Bash" in screen_text(app), what="it was taken")
        await until(pilot, lambda: "not now" in _told(live), what="the agent was told why")


QUESTIONS = [
    {"question": "Which store?", "options": [{"label": "Postgres"}, {"label": "SQLite"}]},
    {
        "question": "What else?",
        "header": "More",
        "options": [{"label": "A cache"}, {"label": "A page", "preview": "+---+\n| \u001b |"}],
        "multiSelect": True,
    },
]


async def test_what_an_agent_wants_chosen_is_chosen_by_number_or_in_words(live: Context) -> None:
    prompt = f'fix it\nscenario:\nchoose {json.dumps(QUESTIONS)}\nsay "as told"\n'
    scripted = AgentSpec(kind=AgentKind.SCRIPTED)
    spawn(live, SpawnRequest(name="fix", prompt=prompt, agent=scripted))
    app = Dashboard(live)
    async with app.run_test(size=(100, 30)) as pilot:

        async def shows(words: str) -> None:
            await until(pilot, lambda: words in screen_text(app), what=words)

        await pilot.press("2")
        await shows("2  A page")
        await shows("a Answer")
        assert "Allow" not in screen_text(app)
        await pilot.press("y", "Y", "a")
        await shows("fix asks  1 of 2")
        await pilot.press("1")
        await shows("fix asks  2 of 2  several may be chosen")
        await pilot.press("left")
        await shows("1 of 2")
        await pilot.press("down", "enter")
        await shows("2 of 2")
        await pilot.press("2")
        await shows("[x] 2  A page")
        assert "| \\x1b |" in screen_text(app), "what it would look like, and nothing hidden"
        await pilot.press("1", "1", "3", *"a log, too", "enter")
        await shows("fix: chosen Which store?: SQLite; More: A page, a log, too")
        told = '"Which store?"="SQLite", "What else?"="A page, "a log, too""'
        await until(pilot, lambda: told in _told(live), what="the agent was told")


async def test_a_choice_is_left_for_later_or_refused_with_a_word() -> None:
    inquiry = Inquiry(text="How is it called?", header="", options=(), many=False)
    options = (Option(label="a\u202eb"), Option(label="c"))
    some = replace(inquiry, options=options)
    app, said = App[None](), list[Answer | None]()

    async def ask(*inquiries: Inquiry) -> None:
        await app.push_screen(ChoiceDialog("fix", "q", inquiries), said.append)

    async with app.run_test(size=(80, 20)) as pilot:
        await ask(some)
        await pilot.press("9", "space", "left", "3", "escape")
        await until(pilot, lambda: "1  a\\u202eb" in screen_text(app), what="the options")
        await pilot.press("n", *"not now", "enter")
        await ask(some)
        await pilot.press("escape")
        await ask(inquiry)
        await pilot.press("enter", *"wta", "enter")
        await ask(some)
        await until(pilot, lambda: "2  c" in screen_text(app), what="the options again")
        await pilot.click(OptionList, offset=(5, 2))
        await until(pilot, lambda: len(said) == 4, what="the answers")
    assert said == [
        Answer(request_id="q", allow=False, message="not now"),
        None,
        Answer(request_id="q", allow=True, chosen=(("wta",),)),
        Answer(request_id="q", allow=True, chosen=(("c",),)),
    ]


def _told(context: Context) -> str:
    lines = story(context, LogsRequest(name="fix"))
    return "\n".join(line.text for line in lines if line.voice in (Voice.ERROR, Voice.RESULT))
