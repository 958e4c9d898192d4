"""A program of the user's as resolver: the question on its stdin, the answer on its stdout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.agent.fields import load_object
from wtagents.agent.resolver import NoProposal
from wtagents.agent.resolvers.exchange import OUTPUT_LIMIT, parse_answer, question_of
from wtagents.core.errors import SystemFault
from wtagents.core.landing.merge import Author
from wtagents.core.text import printable
from wtagents.system.command import run_command
from wtagents.system.folders.rooms import open_room

if TYPE_CHECKING:
    from wtagents.agent.resolver import ConflictRequest
    from wtagents.core.landing.resolution import Proposal


class CommandResolver:
    """Runs the program in an empty folder; another exit status than 0 leaves it to a person."""

    author = Author.COMMAND

    def __init__(self, argv: tuple[str, ...], *, rooms: Path) -> None:
        self._argv = argv
        self._rooms = rooms

    def resolve(self, request: ConflictRequest, *, seconds: float) -> Proposal | NoProposal:
        """Return what the program proposes."""
        question = json.dumps(question_of(request)).encode("ascii")
        try:
            with open_room(self._rooms, "resolver") as room:
                done = run_command(
                    self._argv,
                    cwd=room.path,
                    timeout=seconds,
                    stdin=question,
                    inherited=(room.lock,),
                    limit=OUTPUT_LIMIT,
                )
        except SystemFault as fault:
            return _none(f"{fault.message}: {fault.cause}")
        name = Path(self._argv[0]).name
        if done.timed_out:
            return _none(f"{name} gave no answer within {seconds:g} s")
        if done.flooded:
            return _none(f"{name} said more than {OUTPUT_LIMIT // 10**6} MB")
        if not done.ok:
            return _none(f"{name} left it to a person: {done.complaint}")
        proposal = parse_answer(request, load_object(done.stdout))
        return _none(f"{name}: {proposal}") if isinstance(proposal, str) else proposal


def _none(reason: str) -> NoProposal:
    return NoProposal(reason=printable(reason, 300), transient=False)
