"""Steer: allow or deny what an agent asks permission for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.steering.answer import Answered


@click.command(
    cls=WtaCommand,
    examples=[
        "wta answer fix-login  # shows the question and asks",
        "wta answer fix-login --allow",
        'wta answer fix-login --deny --message "use the test database"',
    ],
)
@name_argument
@click.option("--allow/--deny", default=None, help="Let the agent do it, or not.")
@click.option("-m", "--message", default="", metavar="TEXT", help="Said to the agent on --deny.")
@click.pass_obj
def command(
    invocation: Invocation, name: str, *, allow: bool | None, message: str
) -> Answer[Answered]:
    """Answer the question that the agent of a task waits with.

    --message alone denies. Exit status 1: the agent has not taken the answer.
    """
    from wtagents.operations.steering.answer import AnswerRequest, answer

    if allow and message:
        raise click.UsageError("--message goes with --deny; after --allow use: wta send")
    seen = ""
    if allow is None:
        allow, seen = (False, "") if message else _ask(invocation, name)
    request = AnswerRequest(name=name, allow=allow, message=message, request_id=seen)
    return Answer.of(answer(invocation.context, request), _lines)


def _ask(invocation: Invocation, name: str) -> tuple[bool, str]:
    """Return what a person decides, and the id of the question that was shown."""
    if invocation.json or not sys.stdin.isatty():
        raise click.UsageError("say --allow or --deny: there is no terminal to ask on")
    from wtagents.cli.render import ask
    from wtagents.core.text import visible
    from wtagents.operations.steering.answer import require_question

    question = require_question(invocation.context, name)
    about = [f"{name} asks to use {visible(question.tool)}", f"  {visible(question.summary)}"]
    return ask("Allow it?", about=about), question.request_id


def _lines(answered: Answered, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.text import printable

    what = f"{answered.question.tool}: {printable(answered.question.summary)}"
    word = (
        style.paint("allowed", Tone.GOOD) if answered.allowed else style.paint("denied", Tone.BAD)
    )
    taken = "" if answered.message.delivered_at else " (not taken yet)"
    yield f"{word}{taken} {what}"
