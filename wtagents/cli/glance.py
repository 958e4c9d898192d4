"""`wta status` without click: the question that watch loops, prompts and people ask most.

To load what reads a command line takes longer than this answer. So only the barest spelling is
taken here. Every other one is left to `cli/main.py`, and so is whatever goes wrong: a look at the
tasks changes nothing, and it begins again from the start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtagents.cli.answer import Answer
    from wtagents.cli.call import Invocation
    from wtagents.operations.status import TaskStatus

_SPELLINGS = (["status"], ["ls"])


def glance(arguments: list[str]) -> int | None:
    """Answer `wta [-C PATH] status` and return the exit status; None for what is not answered."""
    folder, words = ".", arguments
    if arguments[:1] == ["-C"]:
        folder, words = "".join(arguments[1:2]), arguments[2:]
    if words not in _SPELLINGS or "_WTA_COMPLETE" in os.environ:
        return None
    if not (os.path.isdir(folder) and os.access(folder, os.R_OK)):  # noqa: PTH112 - loads nothing
        return None
    from wtagents.cli.call import Invocation
    from wtagents.cli.entry import accept_any_text
    from wtagents.cli.render import show

    accept_any_text()
    invocation = Invocation()
    invocation.command, invocation.folder = "status", folder
    try:
        answer = _list(invocation)
        show(answer, invocation)
    except Exception:  # noqa: BLE001 - told by whoever asks again
        return None
    return int(answer.exit_code)


def _list(invocation: Invocation) -> Answer[tuple[TaskStatus, ...]]:
    from wtagents.cli.answer import Answer
    from wtagents.cli.task_list import status_list
    from wtagents.operations.status import StatusRequest, status

    context = invocation.context
    now = context.clock.now()
    result = status(context, StatusRequest())
    return Answer.of(result, lambda items, style: status_list(items, style, now=now))
