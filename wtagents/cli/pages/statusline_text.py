"""The one line for tmux, shell prompts and Claude Code, and how each of them takes colours."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from wtagents.cli.answer import Answer
from wtagents.cli.style import Style, Tone, decide_color
from wtagents.core.errors import NotFoundError
from wtagents.core.figures import cut, money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.agent.claude_status import ClaudeSession
    from wtagents.cli.call import Invocation
    from wtagents.operations.telling.statusline import StatusLine

MODES = ("plain", "tmux", "claude")
_DOCUMENT_LIMIT = 1 << 20
SEPARATOR = " · "
_NAMES_WIDTH = 48
_FULL_PERCENT = 80
_TMUX = {
    Tone.STRONG: "bold",
    Tone.FAINT: "dim",
    Tone.GOOD: "bold",
    Tone.NOTICE: "reverse",
    Tone.BAD: "bold reverse",
    Tone.ACCENT: "underscore",
}
"""No colours: tmux's own bar is green, and somebody else's has whatever colour it has."""


def statusline_answer(invocation: Invocation, mode: str) -> Answer[StatusLine | None]:
    """Look and answer; outside of a repository, or where it has no tasks, with nothing at all."""
    session = _told_session() if mode == "claude" else None
    if session is not None and invocation.folder == "." and os.path.isdir(session.folder):  # noqa: PTH112
        invocation.folder = session.folder
    from wtagents.operations.telling.statusline import statusline

    found: StatusLine | None = None
    with contextlib.suppress(NotFoundError):
        found = statusline(invocation.context, session).data
    # A status line is read by a program that shows colours, through a pipe.
    color = decide_color(choice=invocation.color, tty=True) if mode == "claude" else None
    if mode == "plain":
        color = False
    return Answer(found, partial(_lines, tmux=mode == "tmux", color=color))


def _told_session() -> ClaudeSession | None:
    from wtagents.agent.claude_status import parse_session

    if sys.stdin is None or sys.stdin.isatty():
        return None
    return parse_session(sys.stdin.buffer.read(_DOCUMENT_LIMIT))


def _lines(
    found: StatusLine | None, style: Style, *, tmux: bool, color: bool | None
) -> Iterator[str]:
    if found is None or not (found.tasks or found.session):
        return
    own = style if color is None else Style(color=color, width=style.width)
    parts = [*_session(found), *_fleet(found)]
    paint = _tmux if tmux else own.paint
    yield SEPARATOR.join(paint(text, tone) for text, tone in parts)


def _tmux(text: str, tone: Tone) -> str:
    """Return the text with tmux's own marks; a `#` of the text begins none."""
    inert = text.replace("#", "##")
    return f"#[{_TMUX[tone]}]{inert}#[default]" if tone in _TMUX else inert


def _fleet(found: StatusLine) -> Iterator[tuple[str, Tone]]:
    if not found.tasks:
        return
    names, counts = len(found.needing), (found.at_work, found.queued, found.landing, found.ready)
    if names:
        verb = "needs you" if names == 1 else "need you"
        said = cut(", ".join(found.needing), _NAMES_WIDTH)
        yield (f"{names} {verb}: {said}", Tone.NOTICE)
    words = ("at work", "queued", "landing", "ready")
    for number, word in zip(counts, words, strict=True):
        if number:
            yield (f"{number} {word}", Tone.GOOD if word == "ready" else Tone.PLAIN)
    if found.limited_until is not None:
        yield (f"rate limited until {found.limited_until.astimezone():%H:%M}", Tone.NOTICE)
    if not names and not any(counts):
        yield ("nobody at work", Tone.FAINT)
    spent = money(found.cost_today) or ("$0" if found.day_usd else "")
    if spent:
        of = f" of {money(found.day_usd)}" if found.day_usd else ""
        used_up = found.day_usd is not None and found.cost_today >= found.day_usd
        yield (f"{spent}{of} today", Tone.BAD if used_up else Tone.FAINT)


def _session(found: StatusLine) -> Iterator[tuple[str, Tone]]:
    """Say what is known of the conversation itself, before the others."""
    session = found.session
    if session is None:
        return
    if found.task or session.model:
        yield (found.task or session.model, Tone.STRONG)
    percent = session.context_percent
    if percent is not None:
        yield (f"context {percent}%", Tone.NOTICE if percent >= _FULL_PERCENT else Tone.FAINT)
    if session.cost_usd:
        yield (money(session.cost_usd), Tone.FAINT)
