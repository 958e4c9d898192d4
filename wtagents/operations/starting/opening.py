"""How a run begins: whether a conversation goes on, and what is said first.

Words of a person are delivered when the agent took them, never earlier: they lie in the inbox of
the run when it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.wording import load_words
from wtagents.core.record import record
from wtagents.core.run import ExitReason, Purpose
from wtagents.core.task import AgentKind
from wtagents.core.tending.check import failed_check
from wtagents.system import run_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.message import Message
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context

_CUT_OFF = frozenset(
    {
        ExitReason.LOST,
        ExitReason.AGENT_ERROR,
        ExitReason.API_ERROR,
        ExitReason.OVERLOADED,
        ExitReason.REBOOTED,
        ExitReason.RATE_LIMITED,
        ExitReason.BUDGET,
    }
)
"""Ends in the middle of the work: the agent must be told to go on, whatever else is said."""


@record
class Opening:
    """How the next run begins."""

    session_id: str
    """The conversation to go on with; '' for a new one."""
    prompt: str
    carried: tuple[Message, ...] = ()
    """Words of a person that the prompt contains and that are delivered with it."""


@record
class FirstWords:
    """What lies in the inbox when the run begins."""

    texts: tuple[Message, ...]
    speak_for_themselves: bool
    """Whether they make the prompt superfluous."""


def choose_opening(
    context: Context,
    task: Task,
    previous: Run | None,
    purpose: Purpose,
    *,
    texts: Sequence[Message],
) -> Opening:
    """Decide between a new conversation, which gets the task and what was said, and the old one."""
    waiting = tuple(m for m in texts if m.delivered_at is None and not m.failed)
    heard = tuple(m for m in texts if m.delivered_at is not None) if not task.fresh else ()
    if task.agent.kind is AgentKind.COMMAND:
        return Opening(session_id="", prompt=_joined(task, (*heard, *waiting)), carried=waiting)
    if previous is None or task.fresh or not is_saved(context, previous):
        return Opening(session_id="", prompt=_joined(task, heard))
    words = _words(previous, purpose)
    from wtagents.operations.starting.remake import is_made_since

    remade = (load_words("remade"),) if is_made_since(context, task, previous) else ()
    again = _said_again(context, previous, texts)
    prompt = "\n\n".join((words, *remade, *again))
    return Opening(session_id=previous.session_id, prompt=prompt)


def _words(previous: Run, purpose: Purpose) -> str:
    """Return what wta itself says; the output of a check is data between two lines."""
    red = failed_check(previous.exit.checks) if previous.exit is not None else None
    if purpose is not Purpose.MEND or red is None:
        return load_words("commit" if purpose is Purpose.COMMIT else "continue")
    line = "=" * 20
    return "\n".join(
        (load_words("mend"), "", f"$ {red.command}", line, red.tail, line, f"It {red.verdict}.")
    )


def _said_again(context: Context, previous: Run, texts: Sequence[Message]) -> tuple[str, ...]:
    cut = (ExitReason.LOST, ExitReason.REBOOTED)
    if previous.exit is None or previous.exit.reason not in cut:
        return ()
    from wtagents.operations.starting.recall import maybe_unsaved

    unsure = maybe_unsaved(context, previous, texts)
    return (load_words("recall"), *(m.body for m in unsure)) if unsure else ()


def choose_first_words(run: Run, previous: Run | None, texts: Sequence[Message]) -> FirstWords:
    """Say what was not heard; it needs no prompt beside it unless the work was cut off."""
    waiting = tuple(m for m in texts if m.delivered_at is None and not m.failed)
    if not run.resumes or previous is None or previous.exit is None:
        return FirstWords(texts=waiting, speak_for_themselves=False)
    cut_off = previous.exit.reason in _CUT_OFF
    return FirstWords(texts=waiting, speak_for_themselves=bool(waiting) and not cut_off)


def _joined(task: Task, messages: Sequence[Message]) -> str:
    return "\n\n".join((task.prompt, *(message.body for message in messages)))


def is_saved(context: Context, previous: Run) -> bool:
    """Whether there is a conversation to go on with, as far as can be known without the agent."""
    if previous.exit is not None and previous.exit.reason is ExitReason.CONVERSATION_LOST:
        return False
    pulse = run_folder.load_pulse(context.paths.run(previous.id))
    return previous.resumes or bool(pulse is not None and pulse.session_id)
