"""An order: everything a runner needs to know, written to its folder before it starts.

The runner knows no store, no settings and no repository: what it may do stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import RunId, TaskName
    from wtagents.core.isolation.confinement import Confinement
    from wtagents.core.task import AgentKind


@record
class Order:
    """One run, in full."""

    run_id: RunId
    task: TaskName
    worktree: Path
    agent: AgentKind
    argv: tuple[str, ...]
    """The agent's command line, complete."""
    environment: tuple[tuple[str, str], ...]
    """What is added to the runner's own, scrubbed environment."""
    prompt: str
    """First message to the agent; '' when the command line carries it."""
    yields: bool
    """Whether the words that lie in the inbox at the start speak in place of the prompt."""
    session_id: str
    """The agent's conversation."""
    setup: tuple[str, ...]
    """Trusted shell commands to run in the worktree before the agent."""
    setup_seconds: float
    timeout_seconds: float | None
    """Wall time of the agent; None for no limit."""
    stop_seconds: float
    """How long a polite stop may take before it becomes firm."""
    copying: tuple[str, ...] = ()
    """Commands of wta itself, run before those of the set-up, outside the walls."""
    confines_setup: bool = False
    """Whether the set-up commands run inside the walls."""
    checks: tuple[str, ...] = ()
    """Trusted shell commands that look at the work when the agent has completed it."""
    check_seconds: float = 0.0
    """Time that each of them may take."""
    budget_tokens: int | None = None
    """Tokens after which the run ends; dollars are counted by the agent program."""
    confinement: Confinement | None = None
    """The walls round the agent; None for none."""
