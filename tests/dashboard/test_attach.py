from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from tests.support.records import a_pulse
from tests.support.statuses import an_item, named
from tests.support.waiting import wait_until
from wtagents.core.answer import parse_answer
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.story import StoryLine, Voice
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.dashboard import reading
from wtagents.dashboard.attach import AttachApp, headline
from wtagents.dashboard.screens.choosing import ChoiceDialog
from wtagents.dashboard.story import Story
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.tick import tick
from wtagents.store.messages import messages_of
from wtagents.store.runs import live_runs
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.pilot import Pilot

    from tests.support.repository import RepositoryBuilder

DEADLINE = 20.0
_PAUSE = 0.05


@pytest.fixture
def context(repository: RepositoryBuilder) -> Iterator[Context]:
    opened = Context(repository.path)
    yield opened
    wait_until(lambda: _none_live(opened), what="every agent has ended")
    opened.close()


def _none_live(context: Context) -> bool:
    tick(context)
    with context.database.read() as db:
        return not any(run.state in LIVE_RUN_STATES for run in live_runs(db))


def begin(context: Context, scenario: str) -> None:
    prompt = f"play\nscenario:\n{scenario}"
    spawn(
        context,
        SpawnRequest(name="fix", prompt=prompt, agent=AgentSpec(kind=AgentKind.SCRIPTED)),
    )


def told(app: AttachApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.query_one("#story", Story).lines)


def shown(app: AttachApp, selector: str) -> str:
    return str(app.query_one(selector, Static).render())


async def until(pilot: Pilot[None], condition: Callable[[], bool], *, what: str) -> None:
    for _ in range(int(DEADLINE / _PAUSE)):
        if condition():
            return
        await pilot.pause(_PAUSE)
    raise AssertionError(f"not within {DEADLINE} s: {what}")


async def test_the_story_is_told_while_it_happens(context: Context) -> None:
    begin(context, 'say "looking around"\nlisten 15\nsay "done"')
    app = AttachApp(context, "fix")

    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "looking around" in told(app), what="the agent's words")
        await until(pilot, lambda: shown(app, "#state").startswith("fix: w"), what="the state")
        app.query_one("#say", Input).value = "hurry up"
        await pilot.press("enter")
        await until(pilot, lambda: "> hurry up" in told(app), what="our words, echoed")
        await until(pilot, lambda: "= run 1 ended, completed" in told(app), what="the end")


async def test_a_question_is_shown_and_answered_in_place(context: Context) -> None:
    begin(context, 'ask Bash "git push"\nsay "thanks"')
    app = AttachApp(context, "fix")

    async with app.run_test(size=(100, 30)) as pilot:
        bar = app.query_one("#question", Static)
        await until(pilot, lambda: bar.has_class("asked"), what="the question")
        assert "asks to use Bash: git push" in shown(app, "#question")
        await pilot.press("ctrl+y")
        await until(pilot, lambda: "thanks" in told(app), what="the agent goes on")
        await until(pilot, lambda: not bar.has_class("asked"), what="the question is gone")


async def test_what_an_agent_wants_chosen_is_chosen_in_place(context: Context) -> None:
    question = {"question": "Which?", "options": [{"label": "one"}, {"label": "two"}]}
    begin(context, f'choose {json.dumps([question])}\nsay "thanks"')
    app = AttachApp(context, "fix")

    async with app.run_test(size=(100, 30)) as pilot:
        bar = app.query_one("#question", Static)
        await until(pilot, lambda: bar.has_class("asked"), what="the question")
        assert shown(app, "#question") == "asks: Which?   ctrl+y choose   ctrl+n deny"
        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, ChoiceDialog), what="the window")
        await pilot.press("ctrl+y", "2")
        await until(pilot, lambda: not isinstance(app.screen, ChoiceDialog), what="one window")
        await until(pilot, lambda: "completed: thanks" in told(app), what="the agent goes on")
        await until(pilot, lambda: not bar.has_class("asked"), what="the question is gone")
    with context.database.read() as db:
        (message,) = messages_of(db, require_task(db, "fix").id)
    assert parse_answer(message.body).chosen == (("two",),)


async def test_ctrl_c_ends_the_turn_and_not_the_view(context: Context) -> None:
    begin(context, 'say "slow"\nwait 50\nsay "never"')
    app = AttachApp(context, "fix")

    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "sleep 50" in told(app), what="the tool call")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "= run 1 ended, interrupted" in told(app), what="the end")
        assert "never" not in told(app).replace('say "never"', "")
        assert app.is_running
        await pilot.press("ctrl+d")
    await asyncio.sleep(0)


async def test_words_that_are_not_heard_yet_are_counted_and_heard_later(context: Context) -> None:
    begin(context, 'say "busy"\nwait 3\nsay "done"')
    app = AttachApp(context, "fix")

    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "sleep 3" in told(app), what="the tool call")
        app.query_one("#say", Input).value = "hurry up"
        await pilot.press("enter")
        await until(pilot, lambda: "  |  1 not heard yet" in shown(app, "#state"), what="the count")
        await until(pilot, lambda: "> hurry up" in told(app), what="our words, echoed")
        await until(pilot, lambda: "not heard" not in shown(app, "#state"), what="no count")


def test_a_narrow_terminal_cuts_off_what_the_agent_does_and_no_attention() -> None:
    seen = an_item(
        named("fix", 1, state=TaskState.ACTIVE),
        pulse=a_pulse(doing="Bash: " + "x" * 100),
        attention="asks to use Bash",
        waiting_messages=2,
    )
    assert headline(seen)[:69] == (
        "fix: active  |  2 not heard yet  |  asks to use Bash  |  0.00 USD  | "
    )


def test_what_an_agent_says_is_never_markup() -> None:
    line = StoryLine(voice=Voice.AGENT, text="[bold red]x[/] [@click=app.quit]y[/]", child=False)

    text = reading.shown(line, reading.Folds())
    assert text is not None
    assert text.plain == "[bold red]x[/] [@click=app.quit]y[/]"
    assert text.spans == []
