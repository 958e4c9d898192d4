"""One thing that `wta doctor` looked at."""

from __future__ import annotations

from enum import StrEnum

from wtagents.core.record import record


class Health(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing is wrong."""
    FAILED = "failed"
    """Something cannot work, or is in danger, until the remedy is applied."""


@record
class Check:
    """A hazard, what was found, and what to do about it."""

    name: str
    health: Health
    finding: str
    remedy: str = ""


def ok(name: str, finding: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name=name, health=Health.OK, finding=finding)


def note(name: str, finding: str, remedy: str = "") -> Check:
    """Return a check that found something worth knowing."""
    return Check(name=name, health=Health.NOTE, finding=finding, remedy=remedy)


def failed(name: str, finding: str, remedy: str) -> Check:
    """Return a check that found something wrong."""
    return Check(name=name, health=Health.FAILED, finding=finding, remedy=remedy)
