"""Circuit breakers: when different tasks fail alike in a row, one start at a time tries again.

    closed     fewer tasks than `Breaker.failures` rest or pause because of such a failure
    open       nobody starts before a pause has passed that doubles with each further failure
    half-open  one probe may start; when the model answers it, the breaker is closed

One breaker stands for each model (the service refuses or lacks it), one for the repository (login,
settings, set-up). All is derived from the runs: nothing is stored, and a person's retry is a probe
of its own.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.moments import is_on
from wtagents.core.record import record
from wtagents.core.run import ExitReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)


class Scope(StrEnum):
    """For what a breaker stands."""

    MODEL = "model"
    REPOSITORY = "repository"


_SCOPES = {
    ExitReason.API_ERROR: Scope.MODEL,
    ExitReason.OVERLOADED: Scope.MODEL,
    ExitReason.MODEL_UNKNOWN: Scope.MODEL,
    ExitReason.AUTHENTICATION: Scope.REPOSITORY,
    ExitReason.BILLING: Scope.REPOSITORY,
    ExitReason.BAD_SETTINGS: Scope.REPOSITORY,
    ExitReason.SETUP_FAILED: Scope.REPOSITORY,
    ExitReason.NOT_STARTED: Scope.REPOSITORY,
}


def scope_of(reason: ExitReason) -> Scope | None:
    """Return whose breaker an end counts for; None for all that says nothing about others."""
    return _SCOPES.get(reason)


@record
class Evidence:
    """What the latest ended run of a task says, and whether it still holds."""

    model: str
    reason: ExitReason
    at: datetime
    stands: bool
    """Whether the task rests or pauses because of it, or tries again without an answer yet."""
    probes: bool
    """Whether the task has a live run that got no answer yet."""


@record
class Breaker:
    """One that is not closed."""

    scope: Scope
    model: str
    """'' for the program's own choice; without meaning for the repository."""
    failures: int
    """Tasks that failed alike."""
    reason: ExitReason
    """Of the latest failure."""
    since: datetime
    """When the latest of them failed."""
    until: datetime
    """When one probe may start."""
    probing: bool

    def covers(self, model: str) -> bool:
        """Whether a start with this model is held back."""
        return self.scope is Scope.REPOSITORY or self.model == model

    def is_open(self, now: datetime) -> bool:
        """Whether not even a probe may start yet."""
        return is_on(self.since, self.until, now)


def breakers(
    evidence: Iterable[Evidence], proved: Iterable[tuple[str, datetime]], failures: int
) -> tuple[Breaker, ...]:
    """Return the breakers that are not closed.

    `proved` are model and start of runs that the model answered; `failures` in a row open one.
    """
    seen, good = list(evidence), list(proved)
    good += [(each.model, each.at) for each in seen if each.reason is ExitReason.COMPLETED]
    failed = [each for each in seen if each.stands and scope_of(each.reason) is not None]
    keys = dict.fromkeys(_key(each) for each in failed)
    return tuple(_opened(keys, failed, good, failures))


def _key(each: Evidence) -> tuple[Scope, str]:
    scope = _SCOPES[each.reason]
    return scope, each.model if scope is Scope.MODEL else ""


def _opened(
    keys: Iterable[tuple[Scope, str]],
    failed: list[Evidence],
    good: list[tuple[str, datetime]],
    failures: int,
) -> Iterator[Breaker]:
    for scope, model in keys:
        answered = [at for name, at in good if scope is Scope.REPOSITORY or name == model]
        since = max(answered, default=None)
        alike = [e for e in failed if _key(e) == (scope, model) and not (since and e.at < since)]
        if len(alike) < failures:
            continue
        latest = max(alike, key=lambda each: each.at)
        longer: int = 2 ** min(len(alike) - failures, 10)
        yield Breaker(
            scope=scope,
            model=model,
            failures=len(alike),
            reason=latest.reason,
            since=latest.at,
            until=latest.at + min(FIRST_PAUSE * longer, LONGEST_PAUSE),
            probing=any(each.probes for each in alike),
        )
