"""`CLAUDE.local.md` of a task: what it is, where it works, what others work on, how to finish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.isolation.credentials import without_credentials
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.task import TaskState
from wtagents.core.text import printable
from wtagents.store.tasks import tasks as stored_tasks

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context

INSTRUCTIONS_FILE = "CLAUDE.local.md"
_LONGEST_PROMPT = 8_000
"""Characters of the task's prompt that are repeated."""
_MOST_OTHERS = 50
"""Tasks that are named, those at work before others: every agent pays for every line."""
OPENING = "<!-- written by wta; replaced at every start of the agent -->"
"""First line of a file that is ours to replace."""


def instructions_for(context: Context, task: Task) -> str:
    """Return the whole text, the user's own `CLAUDE.local.md` of the main worktree at its end."""
    text = (
        Path(__file__)
        .with_suffix(".md")
        .read_text()
        .format(
            opening=OPENING,
            name=task.name,
            worktree=task.worktree,
            branch=task.branch,
            base=task.base.short,
            target=task.target,
            prompt=without_credentials(_beginning(task.prompt.strip())),
            others=_others(context, task),
        )
    )
    own = _own_instructions(context)
    return f"{text}\n## Personal instructions of the user\n\n{own}" if own else text


def _beginning(prompt: str) -> str:
    """Return a prompt that is not too long to be read twice: the agent gets all of it as words."""
    if len(prompt) <= _LONGEST_PROMPT:
        return prompt
    return f"{prompt[:_LONGEST_PROMPT]}…\n\n(The whole of it is your first message.)"


def _others(context: Context, task: Task) -> str:
    with context.database.read() as db:
        others = [
            other
            for other in stored_tasks(db)
            if other.id != task.id and other.state not in ENDED_TASK_STATES
        ]
    others.sort(key=lambda other: other.state is not TaskState.ACTIVE)
    named = others[:_MOST_OTHERS]
    lines = [f"- `{other.name}`: {printable(other.prompt, 100)}" for other in named]
    if len(named) < len(others):
        lines.append(f"- and {len(others) - len(named)} more")
    return "\n".join(lines) or "Nobody else at the moment."


def _own_instructions(context: Context) -> str:
    if context.main_worktree is None:
        return ""
    try:
        return (context.main_worktree / INSTRUCTIONS_FILE).read_text(errors="replace")
    except OSError:
        return ""
