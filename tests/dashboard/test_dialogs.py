"""Small windows that ask: what an editor left is shown before it is taken."""

from __future__ import annotations

from textual.app import App

from tests.support.screens import screen_text, until
from wtagents.dashboard.screens.dialogs import LineDialog

NO_EDITOR = "! there is no terminal for an editor"


async def test_lines_of_an_editor_are_shown_and_taken_whole() -> None:
    text = "\n".join(["one", *(f"line {number}" for number in range(20))])
    app, said = App[None](), list[str | None]()
    async with app.run_test(size=(80, 30)) as pilot:
        await app.push_screen(LineDialog("Tell fix", "", text, may_edit=True), said.append)
        await until(pilot, lambda: "… 9 more" in screen_text(app), what="the first lines")
        shown = screen_text(app)
        assert ("one\n" in shown, "line 10" in shown, "line 11" in shown) == (True, True, False)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: NO_EDITOR in screen_text(app), what="the reason")
        await pilot.press("enter")
        await until(pilot, lambda: bool(said), what="the answer")
    assert said == [text]


async def test_where_there_is_no_editor_the_line_goes_on() -> None:
    app, said = App[None](), list[str | None]()
    async with app.run_test(size=(80, 20)) as pilot:
        await app.push_screen(LineDialog("Tell fix", "", "be", may_edit=True), said.append)
        await pilot.press(*" quick", "ctrl+g")
        await until(pilot, lambda: NO_EDITOR in screen_text(app), what="the reason")
        await pilot.press("!", "enter")
        await until(pilot, lambda: bool(said), what="the answer")
        await app.push_screen(LineDialog("Fork fix", "a name"), said.append)
        await pilot.press("ctrl+g", "escape")
        await until(pilot, lambda: len(said) > 1, what="the other answer")
        assert "! " not in screen_text(app)
    assert said == ["be quick!", None]
