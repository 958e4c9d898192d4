"""Reading JSON that anybody may have written: every look answers, none raises."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]


def load_object(line: bytes) -> JsonObject | None:
    """Return the JSON object of a line, or None."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def text_of(fields: JsonObject, key: str) -> str:
    """Return a string, or ''."""
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def whole_of(fields: JsonObject, key: str) -> int:
    """Return a whole number, or 0."""
    return int(number_of(fields, key) or 0)


def number_of(fields: JsonObject, key: str) -> float | None:
    """Return a finite number, or None."""
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def status_of(fields: JsonObject, key: str) -> int | None:
    """Return a whole number, or None."""
    number = number_of(fields, key)
    return None if number is None else int(number)


def object_of(fields: JsonObject, key: str) -> JsonObject:
    """Return an object, or an empty one."""
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def objects_of(fields: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects of a list."""
    value = fields.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts_of(fields: JsonObject, key: str) -> tuple[str, ...]:
    """Return the strings of a list."""
    value = fields.get(key)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def moment_of(fields: JsonObject, key: str) -> datetime | None:
    """Return seconds since the epoch as an aware time, or None."""
    number = number_of(fields, key)
    if number is None or number <= 0:
        return None
    try:
        return datetime.fromtimestamp(number, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def words_of(content: object) -> str:
    """Return the text of a message's content: a string, or the text blocks of a list."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    blocks = [block for block in content if isinstance(block, dict)]
    return "\n".join(text_of(block, "text") for block in blocks if block.get("type") == "text")
