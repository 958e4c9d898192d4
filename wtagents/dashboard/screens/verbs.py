"""The acts that need no more than a key and perhaps a yes: what they say and which operation it is.

Words may name `{name}`, `{target}` and `{repository}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.dashboard.acts import Act
from wtagents.operations.merge import MergeRequestOptions, ask_to_land
from wtagents.operations.steering.accept import accept
from wtagents.operations.steering.pause import freeze, pause, resume, thaw
from wtagents.operations.steering.stop import RetryRequest, cancel, retry, stop
from wtagents.operations.undo import UndoRequest, undo
from wtagents.operations.withdraw import withdraw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from wtagents.dashboard.desk import Tell
    from wtagents.operations.context import Context
    from wtagents.operations.result import OperationResult

    Carry = Callable[[Context, str, Tell], OperationResult[Any]]


@record
class Plain:
    """One of them; `carry` gets the name of the task, '' for a whole repository."""

    doing: str
    done: str
    carry: Carry
    question: str = ""
    """'' where nobody is asked."""
    consequence: str = ""


PLAIN: Mapping[Act, Plain] = {
    Act.MERGE: Plain(
        doing="asking for {name} to land",
        done="{name} waits to land on {target}",
        carry=lambda context, name, _: ask_to_land(context, MergeRequestOptions(names=(name,))),
    ),
    Act.WITHDRAW: Plain(
        doing="withdrawing {name}",
        done="{name} is withdrawn and ready",
        carry=lambda context, name, _: withdraw(context, (name,)),
    ),
    Act.RETRY: Plain(
        doing="beginning {name} again",
        done="{name} begins again",
        carry=lambda context, name, _: retry(context, RetryRequest(name=name)),
    ),
    Act.STOP: Plain(
        doing="stopping {name}",
        done="{name} is stopped; worktree and conversation stay",
        carry=lambda context, name, _: stop(context, (name,)),
    ),
    Act.PAUSE: Plain(
        doing="pausing {name}",
        done="{name} is held back; p lets it go on",
        carry=lambda context, name, _: pause(context, (name,)),
    ),
    Act.RESUME: Plain(
        doing="resuming {name}",
        done="{name} goes on",
        carry=lambda context, name, _: resume(context, (name,)),
    ),
    Act.ACCEPT: Plain(
        doing="accepting {name}",
        done="{name} is ready, with a red check",
        carry=lambda context, name, _: accept(context, (name,)),
        question="Take the work of {name} although its checks fail?",
        consequence="It becomes ready. The gates look at it again before it lands.",
    ),
    Act.CANCEL: Plain(
        doing="cancelling {name}",
        done="{name} is cancelled; its worktree stays until cleanup",
        carry=lambda context, name, _: cancel(context, (name,)),
        question="Give {name} up?",
        consequence="Its agent is stopped and the task ends.\n"
        "Worktree and branch stay until wta cleanup proves that they may go.",
    ),
    Act.UNDO: Plain(
        doing="undoing {name}",
        done="{name} is taken back from {target}",
        carry=lambda context, name, tell: undo(context, UndoRequest(name=name), tell=tell),
        question="Take {name} back from {target}?",
        consequence="One commit reverts it; it passes the gates first.\n"
        "The task keeps its branch and can be sent words and land again.",
    ),
    Act.FREEZE: Plain(
        doing="freezing {repository}",
        done="everything is frozen; F lets it go on",
        carry=lambda context, _, __: freeze(context),
        question="Stop every agent of {repository}?",
        consequence="Nobody starts and nothing lands by itself until F thaws it.\n"
        "Worktrees, conversations and the queue stay as they are.",
    ),
    Act.THAW: Plain(
        doing="thawing {repository}",
        done="what was frozen goes on",
        carry=lambda context, _, __: thaw(context),
    ),
    Act.HOLD: Plain(
        doing="pausing starts",
        done="nobody starts any more; agents at work go on; P ends it",
        carry=lambda context, _, __: pause(context, ()),
    ),
    Act.RELEASE: Plain(
        doing="resuming starts",
        done="tasks start again",
        carry=lambda context, _, __: resume(context, ()),
    ),
}
