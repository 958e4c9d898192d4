"""The port to whoever resolves text conflicts: conflicts as data in, one proposal out.

A resolver sees no repository and touches none. What it proposes is checked by
`core/resolution.check_resolution` and by the gates, whoever it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wtagents.core.record import record

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import BranchName, TaskName
    from wtagents.core.landing.merge import Author
    from wtagents.core.landing.resolution import ConflictText, Dropped, Proposal


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
class WorkRequest:
    """A conflict laid out as files in a folder of their own, for an agent with tools."""

    conflict: ConflictRequest
    folder: Path
    """The half-merged tree; the conflicted files hold markers."""
    session: str
    """Conversation to go on with in a copy of it; '' for a new one."""
    tests: str
    """Shell command that the agent may run with anything behind it; '' for none."""
    environment: tuple[tuple[str, str], ...]
    """What marks everything that it starts."""
    lock: int
    """Descriptor that it keeps open as long as it lives."""


@record
class Worked:
    """The agent is done: what it made of the conflict lies in the folder."""

    dropped: tuple[Dropped, ...]
    note: str


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


class Worker(Protocol):
    """One way to have an agent with tools resolve a conflict in its files."""

    def work(self, request: WorkRequest, *, seconds: float) -> Worked | NoProposal:
        """Let it work, at most so long. Whatever it does is an answer, never an error."""
        ...
