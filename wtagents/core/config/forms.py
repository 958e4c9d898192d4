"""Forms of values in configuration: what is expected, how it is read, how it is written.

`read` takes what a TOML file or a flag holds and returns the typed value or raises `Unfit`;
`write` returns the TOML literal that reads back as the same value.
"""

from __future__ import annotations

import json
import re
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from wtagents.core.config.profiles import Profile
from wtagents.core.errors import UsageError
from wtagents.core.isolation.network import ALL, NONE, Network, parse_host
from wtagents.core.landing.regeneration import Regeneration
from wtagents.core.landing.rung import UNATTENDED, Rung
from wtagents.core.tending.alert import QuietHours
from wtagents.core.watching.claim import Ownership, parse_area

if TYPE_CHECKING:
    from collections.abc import Mapping

Value_co = TypeVar("Value_co", covariant=True)
Choice = TypeVar("Choice", bound=StrEnum)
Inner = TypeVar("Inner")

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?"
_MOST = 10**9
_LONGEST_SECONDS = 3650 * 86400
_BYTES = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "KB": 10**3, "B": 1}
_SIZE = r"(\d{1,9})\s?([KMGT]?B)"


def literal(text: str) -> str:
    """Return a basic TOML string; JSON's escapes are a subset of TOML's, DEL excepted."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class Unfit(ValueError):
    """The value has not the expected form."""


class Form(Protocol[Value_co]):
    """What a value may be."""

    @property
    def expected(self) -> str:
        """Complete the sentence "expected …"."""
        ...

    def read(self, raw: Any) -> Value_co:
        """Return the value. Raises Unfit."""
        ...

    def write(self, value: Any) -> str:
        """Return the TOML literal of a value."""
        ...


class Text:
    """A text that is not empty."""

    def __init__(self, expected: str) -> None:
        self.expected = expected

    def read(self, raw: Any) -> str:
        if type(raw) is not str or not raw.strip() or "\0" in raw:
            raise Unfit
        return raw

    def write(self, value: str) -> str:
        return literal(value)


class Texts:
    """A list of texts, none of them empty."""

    def __init__(self, expected: str) -> None:
        self.expected = expected

    def read(self, raw: Any) -> tuple[str, ...]:
        if type(raw) not in (list, tuple):
            raise Unfit
        return tuple(Text("").read(item) for item in raw)

    def write(self, value: tuple[str, ...]) -> str:
        return f"[{', '.join(literal(item) for item in value)}]"


class OneOf(Generic[Choice]):
    """One of a few words."""

    def __init__(self, choices: type[Choice]) -> None:
        self.expected = "one of " + ", ".join(literal(choice) for choice in choices)
        self._choices = choices

    def read(self, raw: Any) -> Choice:
        try:
            return self._choices(raw)
        except ValueError:
            raise Unfit from None

    def write(self, value: str) -> str:
        return literal(value)


class Some(Generic[Choice]):
    """Some of a few words, in their own order."""

    def __init__(self, choices: type[Choice]) -> None:
        self.expected = "a list of " + ", ".join(literal(choice) for choice in choices)
        self._choices = choices

    def read(self, raw: Any) -> tuple[Choice, ...]:
        if type(raw) not in (list, tuple) or not all(each in list(self._choices) for each in raw):
            raise Unfit
        return tuple(choice for choice in self._choices if choice in raw)

    def write(self, value: tuple[str, ...]) -> str:
        return Texts("").write(value)


class Reach:
    """Everything, nothing, or a list of hosts."""

    expected = '"all", "none" or hosts such as ["github.com", "*.pypi.org", "10.0.0.7:8080"]'

    def read(self, raw: Any) -> Network:
        for known in (ALL, NONE):
            if raw == known.kind:
                return known
        hosts = Texts("").read(raw)
        try:
            for host in hosts:
                parse_host(host)
        except ValueError:
            raise Unfit from None
        return Network(hosts=hosts)

    def write(self, value: Network) -> str:
        return Texts("").write(value.hosts or ()) if value.is_listed else literal(value.kind)


class WebAddress:
    """An address of the web."""

    expected = 'an address such as "https://example.org/hook"'

    def read(self, raw: Any) -> str:
        if type(raw) is not str or not re.fullmatch(r"https?://[!-~]+", raw):
            raise Unfit
        return raw

    def write(self, value: str) -> str:
        return literal(value)


class Between:
    """Hours of each day."""

    expected = 'hours such as "22:00-07:00"'

    def read(self, raw: Any) -> QuietHours:
        match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", raw) if type(raw) is str else None
        try:
            first, second, third, fourth = map(int, match.groups() if match else ())
            hours = QuietHours(begin=time(first, second), end=time(third, fourth))
        except ValueError:
            raise Unfit from None
        if hours.begin == hours.end:
            raise Unfit
        return hours

    def write(self, value: QuietHours) -> str:
        return literal(f"{value.begin:%H:%M}-{value.end:%H:%M}")


class Truth:
    """True or false."""

    expected = "true or false"

    def read(self, raw: Any) -> bool:
        if type(raw) is not bool:
            raise Unfit
        return raw

    def write(self, value: bool) -> str:  # noqa: FBT001 - the value itself
        return "true" if value else "false"


class Count:
    """A whole number."""

    def __init__(self, least: int, most: int = 10**6) -> None:
        self.expected = f"a whole number from {least} to {most}"
        self._range = range(least, most + 1)

    def read(self, raw: Any) -> int:
        if type(raw) is not int or raw not in self._range:
            raise Unfit
        return raw

    def write(self, value: int) -> str:
        return str(value)


class Amount:
    """A number above zero."""

    def __init__(self, expected: str = "a number above 0") -> None:
        self.expected = expected

    def read(self, raw: Any) -> float:
        if type(raw) not in (int, float) or not 0 < raw <= _MOST:
            raise Unfit
        return float(raw)

    def write(self, value: float) -> str:
        return str(value).removesuffix(".0")


class Share:
    """A part of a whole."""

    expected = "a share above 0, at most 1, such as 0.8"

    def read(self, raw: Any) -> float:
        if type(raw) not in (int, float) or not 0 < raw <= 1:
            raise Unfit
        return float(raw)

    def write(self, value: float) -> str:
        return Amount().write(value)


class Duration:
    """A time span above zero, as seconds."""

    expected = 'a duration such as "90s", "10m", "1h30m" or "2d"'

    def read(self, raw: Any) -> float:
        match = re.fullmatch(_DURATION, raw) if type(raw) is str else None
        if match is None:
            raise Unfit
        factors = _SECONDS.values()
        seconds = sum(int(n or 0) * k for n, k in zip(match.groups(), factors, strict=True))
        if not 0 < seconds <= _LONGEST_SECONDS:
            raise Unfit
        return float(seconds)

    def write(self, value: float) -> str:
        left, parts = int(value), ""
        for unit, factor in _SECONDS.items():
            count, left = divmod(left, factor)
            parts += f"{count}{unit}" if count else ""
        return literal(parts)


class Size:
    """An amount of bytes, in powers of 1000."""

    expected = 'a size such as "500MB" or "2GB"'

    def read(self, raw: Any) -> int:
        match = re.fullmatch(_SIZE, raw) if type(raw) is str else None
        if match is None:
            raise Unfit
        return int(match[1]) * _BYTES[match[2]]

    def write(self, value: int) -> str:
        unit = next((u for u, factor in _BYTES.items() if value and value % factor == 0), "B")
        return literal(f"{value // _BYTES[unit]}{unit}")


class Ownerships:
    """Which paths belong to which task."""

    expected = 'tables such as { paths = ["docs"], task = "docs-*" }'

    def read(self, raw: Any) -> tuple[Ownership, ...]:
        if type(raw) not in (list, tuple):
            raise Unfit
        return tuple(self._one(each) for each in raw)

    def write(self, value: tuple[Ownership, ...]) -> str:
        tables = (
            f"{{ paths = {Texts('').write(each.paths)}, task = {literal(each.task)} }}"
            for each in value
        )
        return f"[{', '.join(tables)}]"

    def _one(self, raw: Any) -> Ownership:
        if not isinstance(raw, dict) or set(raw) != {"paths", "task"}:
            raise Unfit
        try:
            paths = tuple(map(parse_area, Texts("").read(raw["paths"])))
        except UsageError:
            raise Unfit from None
        return Ownership(paths=paths, task=Text("").read(raw["task"]))


class Regenerations:
    """Which files a command writes again."""

    expected = 'tables such as { paths = ["package-lock.json"], command = "npm install" }'

    def read(self, raw: Any) -> tuple[Regeneration, ...]:
        if type(raw) not in (list, tuple):
            raise Unfit
        return tuple(self._one(each) for each in raw)

    def write(self, value: tuple[Regeneration, ...]) -> str:
        tables = (
            f"{{ paths = {Texts('').write(each.paths)}, command = {literal(each.command)} }}"
            for each in value
        )
        return f"[{', '.join(tables)}]"

    def _one(self, raw: Any) -> Regeneration:
        if not isinstance(raw, dict) or set(raw) != {"paths", "command"}:
            raise Unfit
        paths = Texts("").read(raw["paths"])
        if not paths:
            raise Unfit
        return Regeneration(paths=paths, command=Text("").read(raw["command"]))


class Profiles:
    """What a task is spawned with by one word."""

    expected = 'tables such as [profile.heavy] with model = "opus", budget_usd = 20, agents = 2'
    _forms: Mapping[str, Form[Any]] = {
        "model": Text(""),
        "budget_usd": Amount(),
        "agents": Count(1, 1000),
    }

    def read(self, raw: Any) -> tuple[Profile, ...]:
        if not isinstance(raw, dict):
            raise Unfit
        return tuple(self._one(name, table) for name, table in raw.items())

    def write(self, value: tuple[Profile, ...]) -> str:
        return f"{{ {', '.join(f'{each.name} = {self._told(each)}' for each in value)} }}"

    def _one(self, name: str, raw: Any) -> Profile:
        if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,39}", name) or not isinstance(raw, dict):
            raise Unfit
        if not raw.keys() <= self._forms.keys():
            raise Unfit
        return Profile(name=name, **{key: self._forms[key].read(raw[key]) for key in raw})

    def _told(self, profile: Profile) -> str:
        told = ((key, form, getattr(profile, key)) for key, form in self._forms.items())
        listed = (f"{key} = {form.write(value)}" for key, form, value in told if value is not None)
        return f"{{ {', '.join(listed)} }}"


class Rungs:
    """Which rungs may be climbed, in their own order; all, none, or some."""

    expected = f"true, false, or a list of {', '.join(literal(rung) for rung in UNATTENDED)}"

    def read(self, raw: Any) -> tuple[Rung, ...]:
        if type(raw) is bool:
            return UNATTENDED if raw else ()
        if type(raw) not in (list, tuple) or not all(each in UNATTENDED for each in raw):
            raise Unfit
        return tuple(rung for rung in UNATTENDED if rung in raw)

    def write(self, value: tuple[Rung, ...]) -> str:
        return Texts("").write(value)


class OrNone(Generic[Inner]):
    """A value of another form, or "none"."""

    def __init__(self, form: Form[Inner]) -> None:
        self.expected = f'{form.expected}, or "none"'
        self._form = form

    def read(self, raw: Any) -> Inner | None:
        return None if raw == "none" else self._form.read(raw)

    def write(self, value: Inner | None) -> str:
        return literal("none") if value is None else self._form.write(value)
