"""What Claude Code tells the program of its status line: one JSON document on stdin."""

from __future__ import annotations

import json
from typing import Any

from wtagents.core.record import record
from wtagents.core.text import printable

_NAME_LIMIT = 40


@record
class ClaudeSession:
    """The conversation in whose terminal the line is shown; what it does not tell is None or ''."""

    folder: str
    """Where it works."""
    model: str
    context_percent: int | None
    """How full its context window is."""
    cost_usd: float | None


def parse_session(document: bytes) -> ClaudeSession | None:
    """Read the document; None for what is none. Whatever is missing or odd in it is left out."""
    try:
        told = json.loads(document)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    folder = _in(told, "workspace").get("current_dir") or told.get("cwd")
    model = _in(told, "model").get("display_name")
    percent = _number(_in(told, "context_window").get("used_percentage"))
    return ClaudeSession(
        folder=folder if isinstance(folder, str) and "\0" not in folder else "",
        model=printable(model, _NAME_LIMIT) if isinstance(model, str) else "",
        context_percent=None if percent is None else round(min(percent, 100.0)),
        cost_usd=_number(_in(told, "cost").get("total_cost_usd")),
    )


def _in(told: dict[str, Any], name: str) -> dict[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: object) -> float | None:
    """Return a number that is not negative; JSON of Python knows NaN and infinity, too."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 10**9 else None  # type: ignore[arg-type, operator]
