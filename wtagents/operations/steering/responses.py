"""Carry out the steps about an agent that is stuck or goes in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.wording import load_words
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.message import MessageKind, Sender
from wtagents.core.task import Wish
from wtagents.core.tending.liveness import Liveness
from wtagents.core.tending.suspicion import Response
from wtagents.store.messages import add_message
from wtagents.store.runs import run_by_id
from wtagents.store.suspicions import note_response
from wtagents.store.tasks import require_task_by_id, wish_fresh

if TYPE_CHECKING:
    from wtagents.core.tending.suspicion import Respond
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


def respond(context: Context, action: Respond) -> None:
    """Take the step once; a run that is to end is stopped by the plan."""
    now = context.clock.now()
    with context.database.write() as db:
        run = run_by_id(db, action.run_id)
        task = require_task_by_id(db, action.task_id)
        if run is None or run.state not in LIVE_RUN_STATES or task.wish is not Wish.WORK:
            return
        if not note_response(db, action, now, awake=context.clock.monotonic()):
            return
        match action.response:
            case Response.NOTIFY | Response.STOP:
                pass
            case Response.NUDGE:
                _say(db, context, action)
            case Response.INTERRUPT:
                add_message(db, task.id, MessageKind.INTERRUPT, "", now, sender=Sender.WTA)
                _say(db, context, action)
            case Response.RESTART:
                wish_fresh(db, task.id, now)


def _say(db: Database, context: Context, action: Respond) -> None:
    if action.liveness is Liveness.LOOPING:
        words = f"{load_words('nudge')}\n\nWhat wta sees: {action.reasons[0]}."
    else:
        words = load_words("unstick")
    at = context.clock.now()
    add_message(db, action.task_id, MessageKind.TEXT, words, at, sender=Sender.WTA)
