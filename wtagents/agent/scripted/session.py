"""What the built-in agent remembers of a conversation between two processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wtagents.agent.fields import number_of, objects_of, text_of, texts_of, whole_of
from wtagents.agent.scripted.scenario import Step, Verb
from wtagents.core.ids import RunId
from wtagents.core.record import record, values_of
from wtagents.system.files import load_json, make_private_folder, write_json
from wtagents.system.paths import state_home

if TYPE_CHECKING:
    from collections.abc import Iterable


@record
class Session:
    """A conversation."""

    id: str
    left: tuple[Step, ...] = ()
    """Steps that were not begun."""
    requests: int = 0
    """Over all processes, like the cost."""
    cost_usd: float = 0.0
    stubborn: bool = False
    heard: tuple[str, ...] = ()
    """Wire ids of the messages so far; one that comes again begins nothing."""


def session_home() -> Path:
    """Return the folder of all sessions."""
    named = os.environ.get("WTA_SCRIPTED_HOME", "")
    return Path(named) if named else state_home() / "scripted"


def session_file(session_id: str) -> Path:
    """Return where a session is kept. Raises UsageError when the id is no UUID."""
    return session_home() / f"{RunId.parse(session_id)}.json"


def load_session(session_id: str) -> Session | None:
    """Return the session, or None when there is none."""
    stored = load_json(session_file(session_id))
    if not isinstance(stored, dict):
        return None
    return Session(
        id=session_id,
        left=tuple(_steps(objects_of(stored, "left"))),
        requests=whole_of(stored, "requests"),
        cost_usd=number_of(stored, "cost_usd") or 0.0,
        stubborn=stored.get("stubborn") is True,
        heard=texts_of(stored, "heard"),
    )


def save_session(session: Session) -> None:
    """Keep the session. Raises SystemFault when the disk refuses."""
    path = session_file(session.id)
    make_private_folder(path.parent)
    steps = [values_of(step) for step in session.left]
    write_json(path, values_of(session) | {"left": steps}, durable=False)


def _steps(stored: Iterable[dict[str, Any]]) -> Iterable[Step]:
    known = {verb.value: verb for verb in Verb}
    for fields in stored:
        verb = known.get(text_of(fields, "verb"))
        if verb is not None:
            yield Step(verb=verb, arguments=texts_of(fields, "arguments"))
