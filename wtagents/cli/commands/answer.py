"""Steer: allow, deny or choose what an agent asks."""

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
    from wtagents.core.inquiry import Inquiry
    from wtagents.core.run import Question
    from wtagents.operations.steering.answer import Answered, AnswerRequest


@click.command(
    cls=WtaCommand,
    examples=[
        "wta answer fix-login  # shows the question and asks",
        "wta answer fix-login --allow",
        'wta answer fix-login --deny --message "use the test database"',
        "wta answer fix-login --choice 2",
        'wta answer fix-login --choice 1,3 --choice "other: as in the old code"',
    ],
)
@name_argument
@click.option("--allow/--deny", default=None, help="Let the agent do it, or not.")
@click.option("-m", "--message", default="", metavar="TEXT", help="Said to the agent on --deny.")
@click.option(
    "--choice",
    "choices",
    multiple=True,
    metavar="WHAT",
    help="Number or label of an option, or 'other: TEXT'; once for each question.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    name: str,
    *,
    allow: bool | None,
    message: str,
    choices: tuple[str, ...],
) -> Answer[Answered]:
    """Answer the question that the agent of a task waits with.

    --message alone denies. Exit status 1: the agent has not taken the answer.
    """
    from wtagents.operations.steering.answer import AnswerRequest, answer

    if allow and message:
        raise click.UsageError("--message goes with --deny; after --allow use: wta send")
    if choices and (allow is not None or message):
        raise click.UsageError("--choice is an answer of its own: leave the others out")
    if choices:
        request = _chosen(invocation, name, choices)
    elif allow is None and not message:
        request = _ask(invocation, name)
    else:
        request = AnswerRequest(name=name, allow=bool(allow), message=message)
    return Answer.of(answer(invocation.context, request), _lines)


def _chosen(invocation: Invocation, name: str, choices: tuple[str, ...]) -> AnswerRequest:
    from wtagents.core.inquiry import parse_choices
    from wtagents.operations.steering.answer import AnswerRequest, require_inquiries

    question = require_inquiries(invocation.context, name)
    chosen = parse_choices(question.inquiries, choices)
    return AnswerRequest(name=name, allow=True, chosen=chosen, request_id=question.request_id)


def _ask(invocation: Invocation, name: str) -> AnswerRequest:
    """Return what a person decides about the question that they are shown."""
    if invocation.json or not sys.stdin.isatty():
        raise click.UsageError("say --allow, --deny or --choice: there is no terminal to ask on")
    from wtagents.cli.render import ask
    from wtagents.core.text import visible
    from wtagents.operations.steering.answer import AnswerRequest, require_question

    question = require_question(invocation.context, name)
    if question.inquiries:
        return _let_choose(name, question)
    about = [f"{name} asks to use {visible(question.tool)}", f"  {visible(question.summary)}"]
    allow = ask("Allow it?", about=about)
    return AnswerRequest(name=name, allow=allow, request_id=question.request_id)


def _let_choose(name: str, question: Question) -> AnswerRequest:
    from wtagents.cli.render import narrate
    from wtagents.operations.steering.answer import AnswerRequest

    narrate(f"{name} asks")
    chosen = tuple(_let_choose_one(inquiry) for inquiry in question.inquiries)
    return AnswerRequest(name=name, allow=True, chosen=chosen, request_id=question.request_id)


def _let_choose_one(inquiry: Inquiry) -> tuple[str, ...]:
    """Ask until there is a choice; ctrl+c leaves the question open."""
    from wtagents.cli.render import ask_line, narrate
    from wtagents.core.errors import UsageError
    from wtagents.core.inquiry import hint_of, parse_choice
    from wtagents.operations.steering.asked import inquiry_lines

    about = [f"  {line.text}" for line in inquiry_lines(inquiry)]
    while True:
        try:
            return parse_choice(inquiry, ask_line(hint_of(inquiry), about=about))
        except UsageError as error:
            narrate(error.message)
            about = []


def _lines(answered: Answered, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.inquiry import choice_lines
    from wtagents.core.text import printable

    taken = "" if answered.message.delivered_at else " (not taken yet)"
    if answered.chosen:
        for line in choice_lines(answered.question.inquiries, answered.chosen):
            yield f"{style.paint('chosen', Tone.GOOD)}{taken} {line}"
        return
    what = f"{answered.question.tool}: {printable(answered.question.summary)}"
    word = (
        style.paint("allowed", Tone.GOOD) if answered.allowed else style.paint("denied", Tone.BAD)
    )
    yield f"{word}{taken} {what}"
