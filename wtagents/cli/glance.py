"""`wta status` and `wta statusline` without click: what watch loops, prompts and people ask most.

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
    from wtagents.operations.telling.status import TaskStatus
    from wtagents.operations.telling.statusline import StatusLine

_SPELLINGS = (["status"], ["ls"])
_LINES = {
    ("statusline",): "",
    ("statusline", "--plain"): "plain",
    ("statusline", "--tmux"): "tmux",
    ("statusline", "--claude"): "claude",
}


def glance(arguments: list[str]) -> int | None:
    """Answer `wta [-C PATH] status|statusline`; return the exit status, None for anything else."""
    folder, words = ".", arguments
    if arguments[:1] == ["-C"]:
        folder, words = "".join(arguments[1:2]), arguments[2:]
    mode = _LINES.get(tuple(words))
    if (mode is None and words not in _SPELLINGS) or "_WTA_COMPLETE" in os.environ:
        return None
    if not (os.path.isdir(folder) and os.access(folder, os.R_OK)):  # noqa: PTH112 - loads nothing
        return None
    from wtagents.cli.call import Invocation
    from wtagents.cli.entry import accept_any_text
    from wtagents.cli.render import show

    accept_any_text()
    invocation = Invocation()
    invocation.command, invocation.folder = "status" if mode is None else "statusline", folder
    try:
        answer = _list(invocation) if mode is None else _line(invocation, mode)
        show(answer, invocation)
    except Exception:  # noqa: BLE001 - told by whoever asks again
        return None
    return int(answer.exit_code)


def _line(invocation: Invocation, mode: str) -> Answer[StatusLine | None]:
    from wtagents.cli.pages.statusline_text import statusline_answer

    return statusline_answer(invocation, mode)


def _list(invocation: Invocation) -> Answer[tuple[TaskStatus, ...]]:
    from wtagents.cli.answer import Answer
    from wtagents.cli.pages.task_list import status_list
    from wtagents.operations.telling.status import StatusRequest, status

    context = invocation.context
    now = context.clock.now()
    result = status(context, StatusRequest())
    return Answer.of(result, lambda items, style: status_list(items, style, now=now))
