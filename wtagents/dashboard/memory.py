"""What the dashboard remembers of a person: order, columns, theme, and what was snoozed.

One small file of the state home, `dashboard.json`. It is a convenience: whatever it holds that is
not understood is passed over, and one that cannot be written is missed until the next start only.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wtagents.core.errors import SystemFault
from wtagents.core.record import record
from wtagents.dashboard.cells import ALWAYS, COLUMNS
from wtagents.dashboard.view import Order
from wtagents.system.files import make_private_folder, write_atomic
from wtagents.system.paths import state_home

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 1 << 20
"""Bytes that are read."""


@record
class Memory:
    """All of it."""

    order: Order = Order.ATTENTION
    hidden: frozenset[str] = frozenset()
    """Titles of columns that are left out."""
    theme: str = ""
    """'' for what suits the terminal."""
    snoozed: tuple[tuple[str, datetime], ...] = ()
    """Marks of what waits for a person, and when each comes back."""


def memory_file() -> Path:
    """Return where it is kept."""
    return state_home() / "dashboard.json"


def load_memory() -> Memory:
    """Return what is remembered; nothing where the file is not there or makes no sense."""
    try:
        with memory_file().open("rb") as file:
            return parse_memory(file.read(_MOST))
    except OSError:
        return Memory()


def save_memory(memory: Memory) -> None:
    """Remember it, if that is possible."""
    with suppress(OSError, SystemFault):
        make_private_folder(memory_file().parent)
        write_atomic(memory_file(), written(memory), durable=False)


def written(memory: Memory) -> bytes:
    """Return the content of the file."""
    fields = {
        "order": memory.order,
        "hidden": sorted(memory.hidden),
        "theme": memory.theme,
        "snoozed": {mark: until.isoformat() for mark, until in memory.snoozed},
    }
    return f"{json.dumps(fields, indent=2)}\n".encode()


def parse_memory(content: bytes) -> Memory:
    """Return what a file says, as far as it is understood."""
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return Memory()
    if not isinstance(fields, dict):
        return Memory()
    order, theme, hidden = fields.get("order"), fields.get("theme"), fields.get("hidden")
    known = {column.title for column in COLUMNS} - ALWAYS
    return Memory(
        order=Order(order) if order in tuple(Order) else Order.ATTENTION,
        hidden=frozenset(each for each in known if isinstance(hidden, list) and each in hidden),
        theme=theme if isinstance(theme, str) else "",
        snoozed=tuple(_snoozed(fields.get("snoozed"))),
    )


def _snoozed(value: Any) -> list[tuple[str, datetime]]:
    found = []
    for mark, until in value.items() if isinstance(value, dict) else ():
        with suppress(ValueError, TypeError):
            moment = datetime.fromisoformat(until)
            if moment.tzinfo is not None:
                found.append((mark, moment))
    return found
