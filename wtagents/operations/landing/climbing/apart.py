"""The ladder as a program of its own: the texts that it parses were written by agents.

One program answers all files of a conflict, in order. Where it crashes, hangs, floods or answers
what is no answer, the file that it was at is left alone, and another one goes on with the rest.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.text import printable
from wtagents.ladder.exchange import parse_reply, question_line
from wtagents.ladder.outcome import LeftAlone
from wtagents.system.command import own_environment, run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.ladder.exchange import Question, Reply
    from wtagents.system.command import Completed

logger = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-P", "-m", "wtagents.ladder")
SECONDS = 10.0
"""For all files of a conflict; a file takes a tenth of a second, rarely more."""
STARTS = 3
"""Programs for one conflict."""
ANSWER_LIMIT = 50_000_000
"""Bytes of all answers together."""
_NEEDED = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "SYSTEMROOT",
)
"""All that a Python program of ours may need of the environment."""


def ask_ladder(
    questions: Sequence[Question], *, program: Sequence[str] = PROGRAM, seconds: float = SECONDS
) -> list[Reply]:
    """Return the answers in the order of the questions; without a question nothing is started."""
    replies: list[Reply] = []
    for _ in range(STARTS):
        left = questions[len(replies) :]
        if not left:
            break
        replies += _ask(left, program, seconds)
    missing = len(questions) - len(replies)
    return replies + [LeftAlone(why="the ladder failed too often before it")] * missing


def _ask(questions: Sequence[Question], program: Sequence[str], seconds: float) -> list[Reply]:
    """Return the answers as far as they are sound, and at the first other one that it failed."""
    try:
        done = run_command(
            program,
            cwd=Path("/"),
            timeout=seconds,
            env=_environment(),
            stdin=b"".join(map(question_line, questions)),
            limit=ANSWER_LIMIT,
        )
    except SystemFault as fault:
        return [LeftAlone(why=f"{fault.message}: {fault.cause}")] * len(questions)
    replies: list[Reply] = []
    for question, line in zip(questions, done.stdout.splitlines(keepends=True), strict=False):
        try:
            replies.append(parse_reply(question.conflict, line))
        except ValueError:
            break
    if len(replies) < len(questions):
        path, why = questions[len(replies)].conflict.path, _failure(done, seconds)
        logger.info("%s: left alone: %s", printable(path), why)
        replies.append(LeftAlone(why=why))
    return replies


def _failure(done: Completed, seconds: float) -> str:
    if done.timed_out:
        return f"the ladder took longer than {seconds:g} s"
    if done.flooded:
        return "the ladder answered too much"
    if done.ok:
        return "the ladder answered what is no answer"
    return f"the ladder failed: {printable(done.complaint, 200)}"


def _environment() -> dict[str, str]:
    environment = own_environment()
    return {name: environment[name] for name in _NEEDED if name in environment}
