"""Claims: which task holds which path, and what another one hears that is about to edit it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.errors import UsageError
from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

_WILD = frozenset("*?[")


class ClaimMode(StrEnum):
    """What an agent hears that is about to edit a path which another task holds."""

    WARN = "warn"
    ASK = "ask"
    DENY = "deny"


@record
class Ownership:
    """Paths that the configuration gives to a task of a certain name, whoever that is."""

    paths: tuple[str, ...]
    task: str
    """A name or a pattern such as `docs-*`."""


@record
class Claim:
    """A path that a person holds for a task."""

    task_id: int
    path: str
    since: datetime


def parse_area(text: str) -> str:
    """Return a path or pattern below the top of the repository, without a slash at its end.

    A folder stands for all that is below it. Raises UsageError for what cannot be one.
    """
    path = text.removeprefix("./").rstrip("/")
    parts = path.split("/")
    if not path.isprintable() or path.startswith("/") or any(p in ("", ".", "..") for p in parts):
        raise UsageError(
            f"{text!r} cannot be claimed",
            cause="it is not a path below the top of the repository",
            hint="for example: wta claim fix-login src/login",
        )
    return path


def is_pattern(area: str) -> bool:
    """Whether an area is a pattern of the shell; its star matches slashes, too."""
    return not _WILD.isdisjoint(area)


def overlaps(one: str, two: str) -> bool:
    """Whether two areas surely share a path; of patterns only whether they are the same."""
    return one == two or f"{one}/".startswith(f"{two}/") or f"{two}/".startswith(f"{one}/")
