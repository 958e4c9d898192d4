"""`python -m wtagents.agent.scripted --session-id=UUID [--fork=UUID] | --resume=UUID [options]`."""

from __future__ import annotations

import os
import sys

from wtagents.agent.scripted.channel import Channel
from wtagents.agent.scripted.narrator import Narrator, Outcome
from wtagents.agent.scripted.session import Session, load_session, save_session
from wtagents.agent.scripted.signals import Signals
from wtagents.agent.scripted.stage import Stage
from wtagents.agent.scripted.turn import Conductor
from wtagents.core.errors import WtaError
from wtagents.core.record import replace
from wtagents.system.clock import RandomIds, SystemClock

MODEL = "scripted"


def main(arguments: list[str]) -> int:
    """Take messages until stdin closes; return the status of the last turn."""
    options = dict(argument.removeprefix("--").split("=", 1) for argument in arguments)
    resumed = options.get("resume", "")
    session = _open_session(options, resumed)
    if session is None:
        return 1
    channel = Channel(session.id)
    signals = Signals()
    narrator = Narrator(
        channel,
        model=options.get("model", MODEL),
        mode=options.get("permission-mode", "default"),
        requests=session.requests,
        cost=session.cost_usd,
    )
    stage = Stage(
        channel,
        narrator,
        signals,
        clock=SystemClock(),
        ids=RandomIds(),
        max_turns=int(options["max-turns"]) if "max-turns" in options else None,
        budget_usd=float(options["max-budget-usd"]) if "max-budget-usd" in options else None,
    )
    conductor = Conductor(session, channel, narrator, stage)
    channel.start()
    status = 1
    while True:
        with signals.idling():
            message = channel.next_message(None)
        if message is None:
            return status
        status = conductor.play(*message)


def _open_session(options: dict[str, str], resumed: str) -> Session | None:
    """Return the session; when there is none, say it as Claude Code does."""
    session_id = resumed or options.get("session-id", "") or RandomIds().uuid()
    found = load_session(session_id)
    if resumed and found is None:
        channel = Channel(session_id)
        text = f"No conversation found with session ID: {session_id}"
        narrator = Narrator(channel, model=MODEL, mode="", requests=0, cost=0.0)
        narrator.end(Outcome(text=text, failed=True, subtype="error_during_execution"))
        sys.stderr.write(f"{text}\n")
        return None
    if found is not None and not resumed:
        sys.stderr.write(f"Error: Session ID {session_id} is already in use.\n")
        return None
    forked = load_session(options["fork"]) if "fork" in options else None
    session = found or replace(forked or Session(id=session_id), id=session_id)
    save_session(session)
    return session


def _run() -> int:
    try:
        return main(sys.argv[1:])
    except WtaError as error:
        sys.stderr.write(f"Error: {error.message}\n")
        return 1
    except SystemExit as ended:
        return int(ended.code or 0)


if __name__ == "__main__":
    # The thread that reads stdin may hold it for ever: leave without waiting for it.
    code = _run()
    sys.stderr.flush()
    os._exit(code)
