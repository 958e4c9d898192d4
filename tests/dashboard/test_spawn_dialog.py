"""A new task from within: with a template, options, and what cannot be right said in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.screens import Looks, screen_text, until
from tests.support.statuses import FLEET
from wtagents.core.task import AgentKind, AgentSpec
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.spawning import Form, Wrong, request_of
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest
from wtagents.operations.steering.templates import Template, templates
from wtagents.system.paths import config_home

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder

FORM = Form(
    repository="shop",
    kind=AgentKind.CLAUDE,
    profiles=("light", "heavy"),
    templates=(Template(name="review", text="Review it"),),
    tasks=("docs",),
)
SAID = {
    "name": "fix",
    "prompt": "do it",
    "template": "",
    "profile": "",
    "model": "",
    "after": "",
    "priority": "",
}


def test_answers_become_a_request() -> None:
    assert request_of(FORM, SAID, merge=False) == SpawnRequest(name="fix", prompt="do it")
    chosen = SAID | {"profile": "light", "model": "opus", "after": "docs, docs", "priority": "-5"}
    spec = AgentSpec(kind=AgentKind.CLAUDE, model="opus", profile="light")
    assert request_of(FORM, chosen, merge=True) == SpawnRequest(
        name="fix", prompt="do it", agent=spec, merge=True, priority=-5, after=("docs", "docs")
    )
    for field, wrong in (
        ("name", "a b"),
        ("prompt", " \n"),
        ("profile", "middle"),
        ("after", "nobody"),
        ("priority", "soon"),
    ):
        found = request_of(FORM, SAID | {field: wrong}, merge=False)
        assert isinstance(found, Wrong)
        assert found.field == field


async def test_a_template_fills_the_prompt_in(repository: RepositoryBuilder) -> None:
    shared, own = repository.path / ".wta" / "templates", config_home() / "templates"
    for folder, name, text in (
        (shared, "tidy", "Tidy up"),
        (shared, "both", "theirs"),
        (own, "both", "Mine"),
        (own, "empty", "\n"),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(text)
    (shared / "link.md").symlink_to("/etc/passwd")
    context = Context(repository.path)
    found = {each.name: each.text for each in templates(context).data}
    assert found == {"both": "Mine", "tidy": "Tidy up"}
    app = Dashboard(context, follow=Looks(context, FLEET))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "fix-login" in screen_text(app), what="the rows")
        await pilot.press("n")
        await until(pilot, lambda: "A new task in project" in screen_text(app), what="the dialog")
        assert "both, tidy" in screen_text(app)
        app.screen.query_one("#template").focus()
        await pilot.press(*"tidy")
        await until(pilot, lambda: "Tidy up" in screen_text(app), what="the prompt")
        app.screen.query_one("#priority").focus()
        await pilot.press(*"soon", "ctrl+s")
        await until(
            pilot,
            lambda: "no task name" in screen_text(app) or "! " in screen_text(app),
            what="no name",
        )
        await pilot.press(*"fix", "ctrl+s")
        await until(pilot, lambda: "'soon' is no number" in screen_text(app), what="no number")
        await pilot.press("escape")
    context.close()
