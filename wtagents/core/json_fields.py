"""Reading a record from JSON of ours that anybody may have changed: it is whole or refused."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any


class ForeignValue(ValueError):
    """The value is not the record that was asked for."""


class Fields:
    """Reads a JSON object field by field. Raises ForeignValue naming the field that is not it."""

    __slots__ = ("_object",)

    def __init__(self, value: Any) -> None:
        if type(value) is not dict:
            raise ForeignValue("not an object")
        self._object = value

    def raw(self, name: str) -> Any:
        if name not in self._object:
            raise ForeignValue(name)
        return self._object[name]

    def absent(self, name: str) -> bool:
        """Whether the field says null; it must be there all the same."""
        return self.raw(name) is None

    def given(self, name: str) -> bool:
        """Whether a field that older versions do not write is there and not null."""
        return self._object.get(name) is not None

    def text(self, name: str) -> str:
        value = self.raw(name)
        if type(value) is not str:
            raise ForeignValue(name)
        return value

    def values(self, name: str) -> tuple[Any, ...]:
        value = self.raw(name)
        if type(value) is not list:
            raise ForeignValue(name)
        return tuple(value)

    def integer(self, name: str) -> int:
        value = self.raw(name)
        if type(value) is not int:
            raise ForeignValue(name)
        return value

    def number(self, name: str) -> float:
        value = self.raw(name)
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ForeignValue(name)
        return float(value)

    def flag(self, name: str) -> bool:
        value = self.raw(name)
        if type(value) is not bool:
            raise ForeignValue(name)
        return value

    def time(self, name: str) -> datetime:
        at = datetime.fromisoformat(self.text(name))
        if at.tzinfo is None:
            raise ForeignValue(name)
        return at

    def texts(self, name: str) -> tuple[str, ...]:
        return _texts(self.raw(name), name)

    def lists(self, name: str) -> tuple[tuple[str, ...], ...]:
        return tuple(_texts(each, name) for each in self.values(name))

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        value = self.raw(name)
        if type(value) is not list:
            raise ForeignValue(name)
        pairs = []
        for item in value:
            if type(item) is not list or [type(part) for part in item] != [str, str]:
                raise ForeignValue(name)
            pairs.append((item[0], item[1]))
        return tuple(pairs)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if type(value) is not list or any(type(item) is not str for item in value):
        raise ForeignValue(name)
    return tuple(value)
