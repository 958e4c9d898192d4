"""Tell the later agent of a clash what the other side changed, once, where it can still hear it.

What is told goes the way of every message, marked as wta's own. It is added only for an agent that
is in the middle of a turn: a clash wakes nobody. What strangers wrote is quoted as data.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.message import MessageKind, Sender
from wtagents.core.run import Phase, RunState
from wtagents.core.task import AgentKind, TaskState, Wish
from wtagents.core.watching.radar import TARGET, plan_notices
from wtagents.git.merging.lookout import open_lookout, patch_of
from wtagents.git.refs import branch_tips
from wtagents.operations.radar.notice_text import Quote, notice_text
from wtagents.store.messages import add_message
from wtagents.store.radar import last_told, record_told, told
from wtagents.store.runs import latest_runs
from wtagents.store.tasks import tasks as stored_tasks
from wtagents.system import run_folder

if TYPE_CHECKING:
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.watching.radar import Notice
    from wtagents.operations.context import Context
    from wtagents.operations.radar.look import Look

_PAUSE = timedelta(seconds=60)
"""Least time between two messages to one agent; what comes meanwhile is said in one."""
_IN_A_TURN = frozenset({Phase.THINKING, Phase.TOOL, Phase.ASKING, Phase.RETRYING})


def tell(context: Context, seen: Look) -> int:
    """Add one message for each agent that has something new to hear; return how many."""
    now = context.clock.now()
    with context.database.read() as db:
        known = {task.id: task for task in stored_tasks(db)}
        runs, heard, last = latest_runs(db), told(db), last_told(db)
    listening = {
        task.id
        for task in seen.tasks
        if (task.id not in last or now - last[task.id] >= _PAUSE)
        and _listens(context, task, runs.get(task.id))
    }
    grouped: dict[int, list[Notice]] = defaultdict(list)
    for notice in plan_notices(seen.clashes, heard, listening=listening):
        grouped[notice.task_id].append(notice)
    for task_id, notices in grouped.items():
        body = _body(context, known, seen, task_id, notices)
        with context.database.write(actor="radar") as db:
            message = add_message(db, task_id, MessageKind.TEXT, body, now, sender=Sender.WTA)
            for notice in notices:
                record_told(db, notice, message.id)
    return len(grouped)


def _listens(context: Context, task: Task, run: Run | None) -> bool:
    if task.state is not TaskState.ACTIVE or task.wish is not Wish.WORK:
        return False
    if task.agent.kind is AgentKind.COMMAND or run is None or run.state is not RunState.RUNNING:
        return False
    pulse = run_folder.load_pulse(context.paths.run(run.id))
    return pulse is not None and pulse.phase in _IN_A_TURN


def _body(
    context: Context, known: dict[int, Task], seen: Look, task_id: int, notices: list[Notice]
) -> str:
    lookout = open_lookout(context.paths.radar, context.repository)
    target = branch_tips(context.repository)[known[task_id].target]
    quotes = []
    for notice in notices:
        other = notice.clash.other(task_id)
        places = {place.path for place in notice.clash.places}
        paths = sorted((places & notice.subjects) | {m.path for m in notice.clash.misfits})
        base, tip = seen.tips[task_id], target
        if other != TARGET:
            base, tip = target, seen.tips[other]
        patch = patch_of(lookout, base, tip, paths)
        name = known[task_id].target if other == TARGET else known[other].name
        quotes.append(Quote(notice=notice, other=name, patch=patch))
    return notice_text(quotes)
