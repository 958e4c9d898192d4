"""The port to whoever resolves text conflicts: conflicts as data in, one proposal out.

A resolver sees no repository and touches none. What it proposes is checked by
`core/resolution.check_resolution` and by the gates, whoever it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.core.ids import BranchName, TaskName
    from wtagents.core.merge import Author
    from wtagents.core.resolution import ConflictText, Proposal


@record
class ConflictRequest:
    """A set of conflicts and the words of those who caused it. All of it is a stranger's text."""

    task: TaskName
    branch_words: str
    """What the task was asked to do."""
    target: BranchName
    target_words: tuple[str, ...]
    """What those were asked to do whose work the target got since the task began; may be empty."""
    conflicts: tuple[ConflictText, ...]
    refused: tuple[str, ...] = ()
    """Why an answer before this one was not taken."""


@record
class NoProposal:
    """There is no answer, and why."""

    reason: str
    """One printable line."""
    transient: bool
    """Whether the same question may be answered later: a limit, an overload, a missing login."""


class Resolver(Protocol):
    """One way to get a proposal."""

    @property
    def author(self) -> Author:
        """Whose name stands on its resolutions."""
        ...

    def resolve(self, request: ConflictRequest, *, seconds: float) -> Proposal | NoProposal:
        """Ask, at most so long. Whatever the program does is an answer, never an error."""
        ...
