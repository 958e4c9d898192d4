"""The contents of a run folder: what its starter, its runner and its readers write and read.

Each file is replaced as a whole or created exclusively, so a reader sees all of it or nothing; of
the pulses there were, whole lines count. Reading is total: a file that is absent, half-written or
foreign is None, never an exception.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from wtagents.core.errors import WtaError
from wtagents.core.json_fields import Fields
from wtagents.core.message import MessageKind, Taken
from wtagents.core.record import record
from wtagents.core.run import KeptPulse
from wtagents.core.run_json import (
    exit_value,
    identity_value,
    kept_pulse_value,
    order_value,
    parse_exit,
    parse_identity,
    parse_kept_pulse,
    parse_order,
    parse_pulse,
    pulse_value,
)
from wtagents.core.tending.trail import parse_trail, trail_value
from wtagents.system.files import (
    append_text,
    create_exclusive,
    load_json,
    make_private_folder,
    write_json,
)
from wtagents.system.history import line_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wtagents.core.order import Order
    from wtagents.core.run import Exit, ProcessIdentity, Pulse
    from wtagents.core.tending.trail import Trail
    from wtagents.system.clock import Clock
    from wtagents.system.paths import RunFolder

_Record = TypeVar("_Record")
_NUMBERED = r"([1-9][0-9]{0,17})\.json"
"""A message file; ids of the store are 64-bit and start at 1."""


@record
class Activity:
    """What `stat` says about the agent's stream."""

    size: int
    modified: float
    """Seconds since the epoch."""


@record
class Posted:
    """A message in the inbox."""

    message_id: int
    kind: MessageKind
    body: str


# ---------------------------------------------------------------- order


def write_order(folder: RunFolder, order: Order) -> None:
    """Make the folder of a run and put its order in. Raises SystemFault."""
    for path in (folder.root, folder.inbox, folder.taken):
        make_private_folder(path)
    write_json(folder.order, order_value(order))


def runner_argv(folder: RunFolder, python: str) -> tuple[str, ...]:
    """Return the command line of a run's runner, to be started in the run folder.

    With `-P` nothing is imported from the current folder.
    """
    return (python, "-P", "-m", "wtagents.runner", str(folder.root))


def load_order(folder: RunFolder) -> Order | None:
    """Return what to do, or None where nobody said it."""
    return _load(folder.order, parse_order)


# ---------------------------------------------------------------- who runs


def write_claim(folder: RunFolder, runner: ProcessIdentity) -> bool:
    """Claim a run; return False where another runner was first. Raises SystemFault.

    After a power cut no runner is left that a claim could keep apart, so none waits for the disk: a
    claim that the cut took or tore is as good as one of a runner that is gone.
    """
    data = json.dumps(identity_value(runner)).encode()
    return create_exclusive(folder.claim, data, durable=False)


def forbid_claim(folder: RunFolder) -> None:
    """Claim a run for nobody, unless a runner has: one that comes late ends at once.

    Raises SystemFault.
    """
    make_private_folder(folder.root)
    create_exclusive(folder.claim, b"{}")


def is_barred(folder: RunFolder) -> bool:
    """Whether a claim is there that names nobody: no runner can ever take the run."""
    return folder.claim.exists() and load_claim(folder) is None


def load_claim(folder: RunFolder) -> ProcessIdentity | None:
    """Return who claimed the run, or None while no runner has."""
    return _load(folder.claim, parse_identity)


def is_claimed(folder: RunFolder) -> bool:
    """Whether a claim is there; one that cannot be looked at (a disk in trouble) is."""
    try:
        folder.claim.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def write_agent(folder: RunFolder, agent: ProcessIdentity) -> None:
    """Say which process is the agent. Raises SystemFault."""
    write_json(folder.agent, identity_value(agent))


def load_agent(folder: RunFolder) -> ProcessIdentity | None:
    """Return the agent's process, or None while it was not started."""
    return _load(folder.agent, parse_identity)


# ---------------------------------------------------------------- its end is wanted


def tell_to_stop(folder: RunFolder) -> None:
    """Have the runner stop its agent at its next heartbeat. Raises SystemFault."""
    create_exclusive(folder.stop, b"")


def is_told_to_stop(folder: RunFolder) -> bool:
    """Whether somebody did."""
    return folder.stop.exists()


def note_urged(folder: RunFolder, clock: Clock) -> None:
    """Say that all processes of the run are asked to end now. Raises SystemFault or OSError."""
    make_private_folder(folder.root)
    create_exclusive(folder.urged, b"", durable=False)
    at = clock.now().timestamp()
    os.utime(folder.urged, (at, at))


def urged_age(folder: RunFolder, clock: Clock) -> float | None:
    """Return the seconds since then; endless ones where the clock was set back since."""
    try:
        age = clock.now().timestamp() - folder.urged.stat().st_mtime
    except OSError:
        return None
    return age if age >= 0.0 else float("inf")


# ---------------------------------------------------------------- how it goes


def beat(folder: RunFolder) -> None:
    """Say that the runner is alive. Raises OSError when the folder is gone."""
    try:
        os.utime(folder.heartbeat)
    except FileNotFoundError:
        folder.heartbeat.touch(mode=0o600)


def heartbeat_age(folder: RunFolder, clock: Clock) -> float | None:
    """Return the seconds since the runner's last heartbeat, or None before the first."""
    return _age(folder.heartbeat, clock)


def activity(folder: RunFolder) -> Activity | None:
    """Return size and time of the agent's stream, or None before there is one."""
    try:
        stat = folder.stream.stat()
    except OSError:
        return None
    return Activity(size=stat.st_size, modified=stat.st_mtime)


def activity_age(folder: RunFolder, clock: Clock) -> float | None:
    """Return the seconds since the agent last wrote to its stream, or None before it began."""
    return _age(folder.stream, clock)


def write_pulse(folder: RunFolder, pulse: Pulse) -> None:
    """Say what the agent does now. Raises SystemFault."""
    write_json(folder.pulse, pulse_value(pulse), durable=False)


def load_pulse(folder: RunFolder) -> Pulse | None:
    """Return what the agent was last seen doing, or None."""
    return _load(folder.pulse, parse_pulse)


def keep_pulse(folder: RunFolder, pulse: Pulse, at: datetime) -> None:
    """Add a pulse to those there were. Raises SystemFault."""
    seen = activity(folder)
    kept = KeptPulse(
        pulse=pulse,
        at=at,
        said=seen.size if seen is not None else 0,
        spoke_at=datetime.fromtimestamp(seen.modified, UTC) if seen is not None else None,
    )
    append_text(folder.pulses, f"{json.dumps(kept_pulse_value(kept))}\n")


def pulse_until(folder: RunFolder, at: datetime) -> KeptPulse | None:
    """Return the pulse that stood at a moment; None where none was kept."""
    found = line_until(folder.pulses, at, _time_of_pulse)
    return None if found is None else _kept_pulse(found)


def _time_of_pulse(line: bytes) -> datetime | None:
    kept = _kept_pulse(line)
    return None if kept is None else kept.at


def _kept_pulse(line: bytes) -> KeptPulse | None:
    try:
        return parse_kept_pulse(json.loads(line))
    except (ValueError, RecursionError):
        return None


def write_trail(folder: RunFolder, trail: Trail) -> None:
    """Say what the worktree has been. Raises SystemFault."""
    write_json(folder.trail, trail_value(trail), durable=False)


def load_trail(folder: RunFolder) -> Trail | None:
    """Return what the worktree has been, or None before the first look."""
    return _load(folder.trail, parse_trail)


# ---------------------------------------------------------------- messages


def post_message(folder: RunFolder, message_id: int, kind: MessageKind, body: str) -> None:
    """Put a message into the inbox; to do it twice changes nothing. Raises SystemFault."""
    write_json(folder.inbox / f"{message_id}.json", {"kind": kind.value, "body": body})


def posted(folder: RunFolder) -> frozenset[int]:
    """Return the ids of all messages that were ever put into the inbox."""
    return frozenset(_numbered(folder.inbox))


def load_posted(folder: RunFolder, message_id: int) -> Posted | None:
    """Return one message of the inbox, or None where the file is no message."""

    def parse(value: Any) -> Posted:
        fields = Fields(value)
        return Posted(
            message_id=message_id,
            kind=MessageKind(fields.text("kind")),
            body=fields.text("body"),
        )

    return _load(folder.inbox / f"{message_id}.json", parse)


def write_taken(folder: RunFolder, taken: Taken) -> None:
    """Say what became of a message. Raises SystemFault."""
    write_json(
        folder.taken / f"{taken.message_id}.json",
        {"delivered": taken.delivered, "reason": taken.reason, "at": taken.at.isoformat()},
    )


def load_taken(folder: RunFolder) -> dict[int, Taken]:
    """Return what became of the messages that the runner took, by id, oldest first."""
    found = {}
    for message_id in _numbered(folder.taken):
        taken = _load_taken(folder, message_id)
        if taken is not None:
            found[message_id] = taken
    return found


def _load_taken(folder: RunFolder, message_id: int) -> Taken | None:
    def parse(value: Any) -> Taken:
        fields = Fields(value)
        return Taken(
            message_id=message_id,
            delivered=fields.flag("delivered"),
            reason=fields.text("reason"),
            at=fields.time("at"),
        )

    return _load(folder.taken / f"{message_id}.json", parse)


# ---------------------------------------------------------------- how it ended


def write_exit(folder: RunFolder, ended: Exit) -> None:
    """Say how the run ended. Raises SystemFault."""
    write_json(folder.exit, exit_value(ended))


def load_exit(folder: RunFolder) -> Exit | None:
    """Return how the run ended, or None while its runner has not said so."""
    return _load(folder.exit, parse_exit)


def _load(path: Path, parse: Callable[[Any], _Record]) -> _Record | None:
    value = load_json(path)
    if value is None:
        return None
    try:
        return parse(value)
    except (ValueError, WtaError):
        return None


def _numbered(folder: Path) -> list[int]:
    """Numbers of the files `N.json`, ascending; temporary and foreign files are passed over."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    matches = (re.fullmatch(_NUMBERED, name) for name in names)
    return sorted(int(match[1]) for match in matches if match)


def _age(path: Path, clock: Clock) -> float | None:
    """A clock that was set back makes no negative age."""
    try:
        modified = path.stat().st_mtime
    except OSError:
        return None
    return max(0.0, clock.now().timestamp() - modified)
