"""What the demo shows while it runs, and what it has to show for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.run import Usage
    from wtagents.core.task import AgentKind
    from wtagents.operations.telling.status import TaskStatus


@record
class Scene:
    """One look at the tasks while they go on."""

    repository: Path
    tasks: tuple[TaskStatus, ...]
    seconds: float
    """Since the demo began."""


@record
class PartEnd:
    """What became of one task."""

    name: str
    branch: str
    expected: str
    ended: str
    """`merged`, `rejected`, or the state that the task rests in."""
    how: str
    """One line: how it landed, or what kept it out."""
    usage: Usage

    @property
    def as_expected(self) -> bool:
        """Whether the demo showed what it promised."""
        return self.ended == self.expected


@record
class Claim:
    """One thing that the demo claims, checked in the repository and not in the store."""

    says: str
    holds: bool
    evidence: str


@record
class DemoReport:
    """The end of a demo."""

    agent: AgentKind
    """Who did the tasks."""
    repository: Path
    state: Path
    """Folder of the demo's own state: $XDG_STATE_HOME while it ran."""
    kept: bool
    """Whether the repository is still there."""
    seconds: float
    parts: tuple[PartEnd, ...]
    claims: tuple[Claim, ...]
    target: tuple[str, ...]
    """`git log --graph` of the target."""
    left_out: tuple[str, ...]
    """The same of what did not land."""

    @property
    def is_proved(self) -> bool:
        """Whether every task ended as promised and every claim holds."""
        return all(part.as_expected for part in self.parts) and all(c.holds for c in self.claims)
