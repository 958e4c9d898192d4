"""The story keeps its end in sight, at any width, and leaves a reader where he is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App, ComposeResult

from wtagents.core.story import StoryLine, Voice
from wtagents.dashboard.story import Story

if TYPE_CHECKING:
    from textual.pilot import Pilot

WORDS = " ".join(f"word{number}" for number in range(40))


class Page(App[None]):
    """Nothing but a story."""

    def compose(self) -> ComposeResult:
        yield Story(id="story")


def in_sight(app: Page) -> list[str]:
    """Return the lines of the story that the terminal shows."""
    story = app.query_one(Story)
    top = story.scroll_offset.y
    return [strip.text.rstrip() for strip in story.lines[top : top + story.size.height]]


def follows(app: Page) -> bool:
    return app.query_one(Story).follows


async def tell(pilot: Pilot[None], *lines: str) -> None:
    for line in lines:
        pilot.app.query_one(Story).tell(StoryLine(voice=Voice.AGENT, text=line, child=False))
    await settle(pilot)


async def resize(pilot: Pilot[None], width: int, height: int) -> None:
    await pilot.resize_terminal(width, height)
    await settle(pilot)


async def settle(pilot: Pilot[None]) -> None:
    """Let everything be drawn that was put off: a resize puts off a scroll, which puts off more."""
    for _ in range(4):
        await pilot.pause()


async def test_a_story_is_wrapped_again_at_another_width_and_shows_its_end() -> None:
    app = Page()
    async with app.run_test(size=(200, 50)) as pilot:
        await tell(pilot, *(f"{number} {WORDS}" for number in range(20)), "the end")
        story = app.query_one(Story)
        for width, height in ((80, 24), (40, 10), (200, 50), (80, 24)):
            await resize(pilot, width, height)
            assert max(strip.cell_length for strip in story.lines) <= width
            assert story.max_scroll_x == 0, "nothing is hidden beside the right edge"
            told = " ".join(strip.text.strip() for strip in story.lines)
            assert told == " ".join([*(f"{number} {WORDS}" for number in range(20)), "the end"])
            assert in_sight(app)[-1] == "the end"


async def test_a_story_is_followed_after_the_terminal_shrank() -> None:
    app = Page()
    async with app.run_test(size=(80, 40)) as pilot:
        await tell(pilot, *(f"line {number}" for number in range(30)))
        await resize(pilot, 80, 10)
        assert in_sight(app)[-1] == "line 29"
        await tell(pilot, *(f"more {number}" for number in range(30)))
        assert in_sight(app)[-1] == "more 29"


async def test_who_reads_further_up_is_left_there_until_he_comes_back() -> None:
    app = Page()
    async with app.run_test(size=(80, 10)) as pilot:
        await tell(pilot, *(f"line {number}" for number in range(50)))
        story = app.query_one(Story)
        story.scroll_to(y=5, animate=False)
        await settle(pilot)
        await tell(pilot, "new")
        assert in_sight(app)[0] == "line 5"
        await resize(pilot, 60, 12)
        assert in_sight(app)[0] == "line 5"
        story.scroll_end(animate=False)
        await settle(pilot)
        await tell(pilot, "newer", "newest")
        assert in_sight(app)[-1] == "newest"


async def test_tools_are_folded_failures_are_not_and_words_are_found() -> None:
    app = Page()
    async with app.run_test(size=(60, 12)) as pilot:
        story = app.query_one(Story)
        for line in (
            StoryLine(voice=Voice.TOOL, text="Bash: " + "long " * 30, child=False, call="1"),
            StoryLine(voice=Voice.RESULT, text="a…", whole="a needle\nb", child=False, call="1"),
            StoryLine(voice=Voice.TOOL, text="Bash: make", child=False, call="2"),
            StoryLine(voice=Voice.ERROR, text="no rule to make it", child=False, call="2"),
            *(StoryLine(voice=Voice.AGENT, text=f"said {n}", child=False) for n in range(30)),
        ):
            story.tell(line)
        await settle(pilot)
        shown = [strip.text.rstrip() for strip in story.lines]
        assert shown[:3] == [
            "* Bash: long long long long long long long long long long…",
            "* Bash: make",
            "! no rule to make it",
        ]
        styles = {str(segment.style) for segment in story.lines[2]}
        assert styles == {"red"}, "what failed is seen at a glance"
        story.focus()
        story.search("NEEDLE")
        await settle(pilot)
        assert not follows(app)
        assert in_sight(app)[3:5] == ["  a needle", "b"], "unfolded and in sight"
        await pilot.press("f")
        assert follows(app)
        await settle(pilot)
        assert in_sight(app)[-1] == "said 29"
        await pilot.press("v", "v")
        await settle(pilot)
        assert len(story.lines) == len(shown), "all is folded again"
        story.search("said 1")
        await pilot.press("n", "n", "N")
        await settle(pilot)
        assert "said 18" in in_sight(app)
        assert story.check_action("found", ())


async def test_one_tool_is_gone_to_and_folded_by_keys() -> None:
    app = Page()
    async with app.run_test(size=(60, 10)) as pilot:
        story = app.query_one(Story)
        assert not story.check_action("turn", ())
        for number in range(6):
            for line in (
                StoryLine(voice=Voice.TOOL, text=f"Bash: {number}", child=False, call=f"{number}"),
                StoryLine(voice=Voice.RESULT, text=f"did {number}", child=False, call=f"{number}"),
                *(StoryLine(voice=Voice.AGENT, text="so", child=False) for _ in range(4)),
            ):
                story.tell(line)
        await settle(pilot)
        story.focus()
        assert story.check_action("turn", ())
        await pilot.press("space")
        await settle(pilot)
        four, five = ["* Bash: 4", *["so"] * 4], ["* Bash: 5", "  did 5", *["so"] * 3]
        assert in_sight(app) == [*four, *five]
        assert marked(app) == ["* Bash: 5"]
        assert not follows(app), "who reads is left there"
        await pilot.press("k", "k", "enter")
        await settle(pilot)
        assert marked(app) == ["* Bash: 3"]
        assert in_sight(app)[in_sight(app).index("* Bash: 3") + 1] == "  did 3"
        await pilot.press("enter", *"jjjjj")
        await settle(pilot)
        assert marked(app) == ["* Bash: 5"], "there is none after the last"
        assert "  did 3" not in [strip.text.rstrip() for strip in story.lines]
        await pilot.press("home", "j")
        await settle(pilot)
        assert marked(app) == ["* Bash: 0"], "the first in sight"


def marked(app: Page) -> list[str]:
    """Return the lines in sight that stand out as those of the cursor."""
    story = app.query_one(Story)
    strips = [story.render_line(y) for y in range(story.size.height)]
    plain = story.rich_style.bgcolor
    return [s.text.rstrip() for s in strips if any(g.style and g.style.bgcolor != plain for g in s)]
