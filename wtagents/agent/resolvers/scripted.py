"""The resolver of `wta demo` and of tests: keeps what both sides added, asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.resolvers.exchange import chunks_of
from wtagents.core.landing.diff3 import Agreed, Hunk, split_lines
from wtagents.core.landing.merge import Author
from wtagents.core.landing.resolution import ConflictText, Proposal, ProposedFile, fit_line_ends

if TYPE_CHECKING:
    from wtagents.agent.resolver import ConflictRequest


class ScriptedResolver:
    """Puts the branch's additions behind the target's."""

    author = Author.COMMAND

    def resolve(self, request: ConflictRequest, *, seconds: float) -> Proposal:  # noqa: ARG002
        """Return the union of each file; the check and the gates judge whether it is any good."""
        files = [
            ProposedFile(path=conflict.path, text=_union(conflict))
            for conflict in request.conflicts
        ]
        note = "Kept the lines that both sides added, those of the target first."
        return Proposal(files=tuple(files), note=note)


def _union(conflict: ConflictText) -> str:
    parts = [
        chunk.text if isinstance(chunk, Agreed) else _both(chunk) for chunk in chunks_of(conflict)
    ]
    return fit_line_ends(conflict, "".join(parts))


def _both(hunk: Hunk) -> str:
    """Return the target's lines without those that the branch removed, then the branch's new ones.

    A new line of both sides appears once.
    """
    base, target, branch = (
        [line if line.endswith("\n") else f"{line}\n" for line in split_lines(side)]
        for side in (hunk.base, hunk.target, hunk.branch)
    )
    kept = [line for line in target if line in branch or line not in base]
    new = [line for line in branch if line not in base and line not in target]
    return "".join(kept + new)
