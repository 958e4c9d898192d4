"""Look: the story of a task's agent; -f follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import at_option, moment_of, name_argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.core.story import StoryLine


@click.command(
    cls=WtaCommand,
    examples=[
        "wta logs fix-login",
        "wta logs fix-login -f",
        "wta logs fix-login --at 02:30  # until then",
        "wta logs fix-login --run 2 --raw | jq -c 'select(.type == \"result\")'",
    ],
)
@name_argument
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended.")
@click.option("--raw", is_flag=True, help="The agent's own lines, as it wrote them.")
@click.option("--run", type=click.IntRange(min=1), metavar="N", help="Only the run of this number.")
@at_option
@click.pass_obj
def command(
    invocation: Invocation, name: str, *, follow: bool, raw: bool, run: int | None, at: str | None
) -> Answer[Iterable[StoryLine]] | Answer[None]:
    """Tell what the agent said and did: text, tools with their input, results, hooks, retries.

    With --json the lines of the story are the data; with --follow each is a document of its own,
    on one line. With --at what had been told by then.
    """
    moment = moment_of(invocation, at)
    if moment is not None:
        if follow or raw or run:
            raise click.UsageError("--at takes neither --follow nor --raw nor --run")
        from wtagents.operations.telling.story_then import story_until

        until: Iterable[StoryLine] = tuple(story_until(invocation.context, name, moment))
        return Answer(until, _lines)
    from wtagents.operations.telling.logs import LogsRequest, raw_lines, story
    from wtagents.system.person.reader import departure

    request = LogsRequest(name=name, run=run, follow=follow)
    closed = departure(1) if follow else None
    if raw:
        lines = raw_lines(invocation.context, request, closed=closed)
        if invocation.json:
            raise click.UsageError("--raw is JSON already; leave out --json")
        return Answer(None, lambda *_: map(_shown, lines), raw=map(_ended, lines), live=follow)
    told = story(invocation.context, request, closed=closed)
    lines_of_story: Iterable[StoryLine] = told if follow else tuple(told)
    return Answer(lines_of_story, _lines, live=follow)


def _ended(line: bytes) -> bytes:
    return line + b"\n"


def _shown(line: bytes) -> str:
    return line.decode(errors="replace")


def _lines(told: Iterable[StoryLine], style: Style) -> Iterator[str]:
    from wtagents.cli.pages.story_text import story_text

    for line in told:
        yield from story_text(line, style)
