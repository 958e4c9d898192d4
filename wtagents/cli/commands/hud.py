"""Look: one line that follows a task, or all of them."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wtagents.cli.answer import Answer
from wtagents.cli.complete import complete_tasks
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.telling.status import TaskStatus

_SECONDS = 1.0
_LEAST = 8
"""Columns that what a task does keeps on a narrow screen."""


@click.command(
    cls=WtaCommand, examples=["wta hud fix-login", "wta hud", "wta hud fix-login --once"]
)
@click.argument("name", required=False, shell_complete=complete_tasks)
@click.option("--once", is_flag=True, help="Say it once and end.")
@click.pass_obj
def command(invocation: Invocation, *, name: str | None, once: bool) -> Answer[Any]:
    """Show in one line how a task is, drawn again every second; without NAME all tasks together.

    It ends when the task rests, or with Ctrl-C. Where stderr is no terminal, and with --json, it
    says it once. For the line below a conversation with Claude Code: wta statusline --claude
    """
    look = partial(_fleet, invocation) if name is None else partial(_task, invocation, name)
    if not (once or invocation.json) and sys.stderr.isatty():
        _follow(invocation, look)
    return look()[0]


def _follow(invocation: Invocation, look: Callable[[], tuple[Answer[Any], bool]]) -> None:
    """Draw the line until nothing goes on; then it makes way for the answer."""
    from threading import Event

    from wtagents.cli.render import Board, screen_style

    board, never = Board(), Event()
    style = screen_style(invocation, sys.stderr)
    answer, goes_on = look()
    while goes_on:
        board.draw(tuple(_fitting(answer, style)))
        invocation.context.clock.wait(never, _SECONDS)
        answer, goes_on = look()
    board.draw(())


def _fitting(answer: Answer[Any], style: Style) -> Iterator[str]:
    """Return the lines as they are, or cut and without colours where the screen is too narrow."""
    from wtagents.cli.style import Style
    from wtagents.core.figures import cut, text_width

    plain = answer.lines(answer.data, Style(color=False, width=style.width))
    painted = answer.lines(answer.data, style)
    for bare, line in zip(plain, painted, strict=True):
        fits = text_width(bare) < style.width
        yield line if fits else cut(bare, style.width - 1)


def _fleet(invocation: Invocation) -> tuple[Answer[Any], bool]:
    from wtagents.cli.pages.statusline_text import statusline_answer

    answer = statusline_answer(invocation, "")
    found = answer.data
    return answer, found is not None and bool(found.at_work or found.queued or found.landing)


def _task(invocation: Invocation, name: str) -> tuple[Answer[Any], bool]:
    from wtagents.core.lifecycle import LIVE_RUN_STATES
    from wtagents.core.task import TaskState
    from wtagents.operations.telling.status import StatusRequest, status

    context = invocation.context
    [item] = status(context, StatusRequest(names=(name,))).data
    live = item.run is not None and item.run.state in LIVE_RUN_STATES
    moving = (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE, TaskState.MERGING)
    answer = Answer(item, partial(_lines, now=context.clock.now()))
    return answer, live or item.task.state in moving


def _lines(item: TaskStatus, style: Style, *, now: datetime) -> Iterator[str]:
    yield _task_line(item, style, now=now)


def _task_line(item: TaskStatus, style: Style, *, now: datetime) -> str:
    """Say in one line, no wider than the screen, how one task is."""
    from wtagents.cli.pages.statusline_text import SEPARATOR
    from wtagents.cli.pages.task_list import state_tone
    from wtagents.cli.style import Tone
    from wtagents.core.figures import cut, money, plural, text_width
    from wtagents.operations.telling.status_words import changes, context_share, now_of, state_word

    facts = item.worktree
    said = [
        (str(item.task.name), Tone.STRONG),
        (state_word(item), state_tone(item)),
        (now_of(item, now), Tone.PLAIN),
        (plural(facts.commits, "commit") if facts and facts.commits else "", Tone.PLAIN),
        (changes(item), Tone.PLAIN),
        (f"context {context_share(item)}" if context_share(item) else "", Tone.FAINT),
        (money(item.usage.cost_usd), Tone.FAINT),
    ]
    parts = [(text, tone) for text, tone in said if text]
    room = style.width - 1
    excess = sum(text_width(text) for text, _ in parts) + len(SEPARATOR) * (len(parts) - 1) - room
    if excess > 0 and said[2][0]:
        doing = cut(said[2][0], max(_LEAST, text_width(said[2][0]) - excess))
        parts = [(doing if part == said[2] else part[0], part[1]) for part in parts]
    return SEPARATOR.join(style.paint(text, tone) for text, tone in parts)
