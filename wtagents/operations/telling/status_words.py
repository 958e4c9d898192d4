"""A task in words: what the list of the terminal and the board of the dashboard say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import age, count
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.task import TaskState
from wtagents.core.tending.remedy import next_command
from wtagents.core.text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.operations.telling.status import TaskStatus

GROUPS = ("Needs a person", "At work", "Ready to merge", "At rest", "Done")
_DOING_LIMIT = 200


def group_of(item: TaskStatus) -> int:
    """Return the index of its group: who needs a person comes first, what has ended last."""
    if item.attention:
        return 0
    match item.task.state:
        case TaskState.QUEUED | TaskState.PREPARING | TaskState.ACTIVE | TaskState.MERGING:
            return 1
        case TaskState.READY:
            return 2
        case TaskState.STOPPED | TaskState.FAILED:
            return 3
        case TaskState.MERGED | TaskState.CANCELLED:
            return 4


def state_word(item: TaskStatus) -> str:
    """Return the one word for how a task is: its state, or what its live run is called."""
    if item.pulse is not None and item.pulse.question is not None:
        return "asking"
    if item.task.state is TaskState.ACTIVE and item.liveness is not None:
        return str(item.liveness)
    return str(item.task.state)


def next_of(item: TaskStatus) -> str:
    """Return the next command for a task."""
    ended = item.run.exit if item.run else None
    return next_command(
        item.task,
        liveness=item.liveness,
        pulse=item.pulse,
        merge=item.merge,
        end=ended.reason if ended else None,
    )


def now_of(item: TaskStatus, now: datetime) -> str:
    """Say in one line what happens, or why nothing does."""
    task = item.task
    if item.attention:
        return printable(item.attention, _DOING_LIMIT)
    match task.state:
        case TaskState.QUEUED | TaskState.PREPARING:
            return _waiting_for(item, now)
        case TaskState.ACTIVE:
            return _doing(item)
        case TaskState.MERGING:
            return str(item.merge.state) if item.merge else ""
        case TaskState.MERGED:
            return f"landed on {task.target}"
        case TaskState.READY if item.worktree and item.worktree.uncommitted:
            return f"{item.worktree.uncommitted} uncommitted"
        case TaskState.READY:
            return _lands(item) if task.merge_when_ready else ""
        case _:
            return printable(task.detail, _DOING_LIMIT)


def why_of(item: TaskStatus, now: datetime) -> tuple[str, ...]:
    """Return what a task is called so for, most telling first; of a live run its evidence."""
    if item.liveness is not None:
        return (*filter(None, (item.attention,)), *item.reasons)
    said = [now_of(item, now), item.attention, item.task.detail]
    if item.wait is not None:
        said.append(item.wait.words(now))
    if item.merge is not None and item.merge.detail:
        said.append(f"its landing is {item.merge.state}: {item.merge.detail}")
    return tuple(dict.fromkeys(line for line in said if line))


def _lands(item: TaskStatus) -> str:
    """Say what the landing waits for that was asked for beforehand."""
    behind = item.behind
    return f"lands after {behind.name}, which is {behind.state}" if behind else "lands by itself"


def _doing(item: TaskStatus) -> str:
    if item.liveness is None and item.reasons:
        return item.reasons[0]
    if item.liveness is None:
        return "its run has ended; the next tick takes note"
    return printable(item.pulse.doing, _DOING_LIMIT) if item.pulse else ""


def _waiting_for(item: TaskStatus, now: datetime) -> str:
    task = item.task
    if item.wait is not None:
        from wtagents.core.tending.admission import Bar

        if item.wait.bar is not Bar.LATER:
            return item.wait.words(now)
    if task.not_before is not None and task.rests_until_later(now):
        why = f" ({str(task.reason).replace('_', ' ')})" if task.reason else ""
        return f"again in {age((task.not_before - now).total_seconds())}{why}"
    return "waits for a place" if task.state is TaskState.QUEUED else "worktree is made"


def changes(item: TaskStatus) -> str:
    """Return the size of the diff, uncommitted work included: `+34 -3`."""
    facts = item.worktree
    if facts is None or not (facts.insertions or facts.deletions):
        return ""
    return f"+{count(facts.insertions)} -{count(facts.deletions)}"


def clashes(item: TaskStatus) -> str:
    """Say whom a task clashes with: `docs +2`."""
    name = item.task.name
    others = [each.beside(name) for each in item.clashes]
    return "" if not others else others[0] + (f" +{len(others) - 1}" if others[1:] else "")


def context_share(item: TaskStatus) -> str:
    """Return how full the context window is: `23%`."""
    usage = item.usage
    if not usage.context_window or not usage.context_tokens:
        return ""
    return f"{100 * usage.context_tokens // usage.context_window}%"


def sandbox_words(mode: SandboxMode) -> str:
    """Say what keeps an agent inside."""
    match mode:
        case SandboxMode.NONE:
            return "none: an agent can do what this user can do; more: wta doctor"
        case SandboxMode.CLAUDE:
            return "Claude Code's own: its shell commands only"
        case _:
            return str(mode)
