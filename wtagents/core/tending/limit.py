"""Limits of an account, shared by all of its agents: nobody starts before one has ended.

One whose end was told holds in every repository of the user (`system/sharing`): that is what a
subscription does. An API key is refused for moments and told no end, which is guessed.

An agent that meets a limit tells it by its pulse while it lives and by its exit; an agent that goes
on in spite of it is left alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.moments import is_on
from wtagents.core.record import record
from wtagents.core.run import ExitReason

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.run import Exit

RATE_LIMIT_PAUSE = timedelta(minutes=10)
"""Taken for the length of a limit that does not say when it ends."""
LONGEST_SPREAD = timedelta(seconds=30)
_SPREAD_SHARE = 0.1
_HASHES = 2**32


@record
class AccountLimit:
    """An account has used up what it may use until a moment."""

    account: str
    until: datetime
    detail: str
    """What the agent program said, in one line."""
    seen_at: datetime

    def holds(self, key: object, now: datetime) -> bool:
        """Whether `key` must not start yet.

        An end that the service told is a moment of any clock; one that was guessed is a length.
        """
        until = self.end_for(key)
        return is_on(self.seen_at, until, now) if self.is_guess else now < until

    @property
    def is_guess(self) -> bool:
        """Whether nobody said when it ends."""
        return self.until - self.seen_at == RATE_LIMIT_PAUSE

    def end_for(self, key: object) -> datetime:
        """Return when `key` may start, a little apart from the others."""
        return self.until + spread(self.until - self.seen_at, key)


def limit_end(end: Exit) -> datetime | None:
    """Return when the limit ends that ended a run; None when another reason ended it.

    A limit may have ended while nobody looked; one that ended before the run did is no limit.
    """
    if end.reason is not ExitReason.RATE_LIMITED:
        return None
    return end.at + RATE_LIMIT_PAUSE if is_guess(end) else end.retry_at


def is_guess(end: Exit) -> bool:
    """Whether nobody said when the limit ends that ended a run."""
    return end.retry_at is None or end.retry_at <= end.at


def spread(pause: timedelta, key: object) -> timedelta:
    """Return how much later than the others `key` goes on, so that they do not start at once.

    At most a tenth of the pause and half a minute; always the same for the same key.
    """
    from zlib import crc32

    fraction = crc32(str(key).encode()) / _HASHES
    return min(pause * _SPREAD_SHARE, LONGEST_SPREAD) * fraction
