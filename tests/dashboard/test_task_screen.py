"""One task: its story, its diff with comments to the agent, its facts; with a real agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, TabbedContent

from tests.support.screens import screen_text, until
from wtagents.core.task import AgentKind, AgentSpec
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.story import Story
from wtagents.dashboard.widgets.patch_table import PatchTable
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.tick import tick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.pilot import Pilot

    from tests.support.repository import RepositoryBuilder

LONG = " ".join(f"w{number}" for number in range(40))
PROMPT = """fix it
scenario:
say "I begin."
write a.py <<END
def fixed():
    return 1

# 日本 {long}
END
listen 15
say "done"
""".replace("{long}", LONG)


@pytest.fixture
def context(repository: RepositoryBuilder) -> Iterator[Context]:
    opened = Context(repository.path)
    scripted = AgentSpec(kind=AgentKind.SCRIPTED)
    spawn(opened, SpawnRequest(name="fix", prompt=PROMPT, agent=scripted))
    yield opened
    opened.close()


def told(app: Dashboard) -> str:
    story = app.screen.query_one(Story)
    return "\n".join(strip.text.rstrip() for strip in story.lines)


async def test_a_comment_on_a_line_reaches_the_agent(context: Context) -> None:
    app = Dashboard(context)
    async with app.run_test(size=(120, 32)) as pilot:
        await until(pilot, lambda: "working" in screen_text(app), what="the row")
        await pilot.press("enter")
        await until(pilot, lambda: "I begin." in screen_text(app), what="the story")
        await pilot.press("]")
        await until(pilot, lambda: "def fixed():" in screen_text(app), what="the diff")
        assert app.screen.query_one(PatchTable).has_focus
        await pilot.press("j", "enter")
        await until(pilot, lambda: "Comment on a.py:2" in screen_text(app), what="the dialog")
        await pilot.press(*"return 2", "enter")
        await until(pilot, lambda: "┃ return 2" in screen_text(app), what="the comment")
        await pilot.press("S")
        await until(pilot, lambda: "fix heard 1 comment" in screen_text(app), what="it was heard")
        assert "┃ return 2" not in screen_text(app)
        await pilot.press("[")
        await until(pilot, lambda: "= run 1 ended" in told(app), what="the end, in sight again")
        assert "> Comments on your changes" in told(app)
        assert "a.py:2" in told(app)
        tick(context)


async def test_words_are_typed_below_and_escape_leads_back(context: Context) -> None:
    app = Dashboard(context)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "working" in screen_text(app), what="the row")
        await pilot.press("d")
        tabs = app.screen.query_one
        await until(pilot, lambda: "def fixed():" in screen_text(app), what="the diff")
        await _look_aside(pilot)
        await pilot.press("i", *"hurry", "ctrl+g")
        await until(pilot, lambda: "no terminal for an editor" in screen_text(app), what="why not")
        await pilot.press("escape")
        line = app.screen.query_one("#say", Input)
        assert (line.value, line.has_focus) == ("hurry", True), "what is not sent stays"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "no terminal for an editor" in screen_text(app), what="again")
        await pilot.press(*" q", "enter")
        await until(pilot, lambda: "fix heard it" in screen_text(app), what="it was heard")
        assert (line.value, line.has_focus) == ("", True)
        await pilot.press("escape")
        assert not app.screen.query_one("#say", Input).has_focus
        assert tabs(TabbedContent).active == "diff"
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1, what="the board")
        tick(context)


async def _look_aside(pilot: Pilot[None]) -> None:
    app, table = pilot.app, pilot.app.screen.query_one(PatchTable)
    assert ("+ # 日本 w0" in screen_text(app), "w39" in screen_text(app)) == (True, False)
    assert "← → Sideways" in screen_text(app)
    await pilot.press(*["right"] * 9)
    await until(pilot, lambda: "w39" in screen_text(app), what="the end of the long line")
    assert "     4  " in screen_text(app), "the numbers stay"
    assert "def fixed" not in screen_text(app)
    await pilot.press(*["left"] * 9)
    await until(pilot, lambda: table.scroll_x == 0, what="the beginning")
    assert "     4  + # 日本 w0" in screen_text(app)
