"""Claude Code as resolver: without tools, without settings, in an empty folder, to a schema.

The conflict comes as one JSON document between two lines with a random number, so that no text in
it can end it. The only tool that the model is offered is the one that returns the answer; an answer
from a process that had or used any other is not taken.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wtagents.agent.claude import PROGRAM
from wtagents.agent.resolver import NoProposal
from wtagents.agent.resolvers.exchange import answer_schema, parse_answer, question_of
from wtagents.agent.resolvers.told import ANSWER_TOOL, SEALED, Told, ask_claude, fenced, nothing
from wtagents.agent.wording import words_file
from wtagents.core.errors import SystemFault
from wtagents.core.landing.merge import Author
from wtagents.system.folders.rooms import open_room

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.agent.resolver import ConflictRequest
    from wtagents.core.landing.resolution import Proposal
    from wtagents.system.clock import IdSource

_TURNS = 6
_WHOLE_TEXTS_LIMIT = 120_000
"""Characters of all texts up to which the model sees them whole beside their parts."""


class ClaudeResolver:
    """Asks Claude Code once."""

    author = Author.AGENT

    def __init__(
        self,
        *,
        program: str,
        model: str | None,
        ids: IdSource,
        rooms: Path,
        budget_usd: float | None = None,
    ) -> None:
        self._program = program or PROGRAM
        self._model = model
        self._ids = ids
        self._rooms = rooms
        self._budget_usd = budget_usd

    def resolve(self, request: ConflictRequest, *, seconds: float) -> Proposal | NoProposal:
        """Return what the model proposes."""
        question = _question(request, self._ids.uuid())
        try:
            with open_room(self._rooms, "resolver") as room:
                told = ask_claude(
                    self._argv(),
                    question,
                    ids=self._ids,
                    cwd=room.path,
                    seconds=seconds,
                    lock=room.lock,
                )
        except SystemFault as fault:
            return nothing(f"{fault.message}: {fault.cause}", transient=True)
        return told if isinstance(told, NoProposal) else _judged(request, told)

    def _argv(self) -> tuple[str, ...]:
        schema = json.dumps(answer_schema(), separators=(",", ":"))
        return (
            self._program,
            *SEALED,
            "--tools=",
            f"--max-turns={_TURNS}",
            f"--system-prompt-file={words_file('resolve')}",
            f"--json-schema={schema}",
            *((f"--model={self._model}",) if self._model else ()),
            *((f"--max-budget-usd={self._budget_usd:g}",) if self._budget_usd else ()),
        )


def _question(request: ConflictRequest, fence: str) -> str:
    size = sum(len(each.target) + len(each.branch) for each in request.conflicts)
    data = question_of(request, texts=size <= _WHOLE_TEXTS_LIMIT)
    return fenced(data, fence, begins="The data of this conflict is", ends="Answer by the tool.")


def _judged(request: ConflictRequest, told: Told) -> Proposal | NoProposal:
    # A call of a tool that does not exist is refused by the program; the model was misled all the
    # same.
    foreign = sorted((told.offered | told.used) - {ANSWER_TOOL})
    if foreign:
        return nothing(f"its answer is not taken, it had or tried tools: {', '.join(foreign)}")
    if told.answer is None:
        return nothing(f"Claude Code answered in words only: {told.verdict.detail}")
    proposal = parse_answer(request, told.answer)
    return nothing(f"Claude Code: {proposal}") if isinstance(proposal, str) else proposal
