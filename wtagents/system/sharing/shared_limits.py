"""Limits of accounts, shared by all repositories of a user: a small file for each account.

What lies there could keep agents from starting. So a file counts only when it is the user's own and
nobody else's, no link, says what it must and nothing else, and ends within the longest limit that a
service has; any other is as if it were not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wtagents.core.tending.limit import AccountLimit
from wtagents.core.text import printable
from wtagents.system.digest import digest
from wtagents.system.files import make_private_folder, write_json
from wtagents.system.lock import hold_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = timedelta(days=8)
"""A limit of a week, and a clock that is not quite right."""
_SKEW = timedelta(minutes=5)
_LOCK_SECONDS = 5.0
_SIZE = 4096
_DETAIL_LIMIT = 200
_FIELDS = {"account", "until", "seen_at", "detail"}


def load_limit(folder: Path, account: str, now: datetime) -> AccountLimit | None:
    """Return what another repository has met on this account; None for nothing to believe."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(_file(folder, account), flags), "rb") as stream:
            found = os.fstat(stream.fileno())
            own = found.st_uid == os.getuid() and not found.st_mode & 0o077
            if not own or not stat.S_ISREG(found.st_mode) or found.st_size > _SIZE:
                return None
            return _parse(json.loads(stream.read(_SIZE)), account, now)
    except (OSError, ValueError, RecursionError):
        return None


def share_limit(folder: Path, limit: AccountLimit, now: datetime) -> None:
    """Tell the other repositories, unless a later end is known. Raises SystemFault."""
    with _alone(folder):
        known = load_limit(folder, limit.account, now)
        if known is None or known.until < limit.until:
            fields = {
                "account": limit.account,
                "until": limit.until.isoformat(),
                "seen_at": limit.seen_at.isoformat(),
                "detail": limit.detail,
            }
            write_json(_file(folder, limit.account), fields, durable=False)


def forget_limit(folder: Path, account: str) -> None:
    """Take back what was told: a person says that the account may be used. Raises SystemFault."""
    if _file(folder, account).exists():
        with _alone(folder), contextlib.suppress(FileNotFoundError):
            _file(folder, account).unlink()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    make_private_folder(folder)
    with hold_lock(folder / "limits.lock", seconds=_LOCK_SECONDS, what="the limits of accounts"):
        yield


def _file(folder: Path, account: str) -> Path:
    return folder / f"{digest(account.encode(), size=16)}.json"


def _parse(value: Any, account: str, now: datetime) -> AccountLimit | None:
    """Return the limit. Raises ValueError for a time that is none."""
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        return None
    if not all(isinstance(each, str) for each in value.values()) or value["account"] != account:
        return None
    until, seen_at = (datetime.fromisoformat(value[key]) for key in ("until", "seen_at"))
    if until.tzinfo is None or seen_at.tzinfo is None or seen_at > now + _SKEW:
        return None
    if not timedelta(0) < until - seen_at <= LONGEST:
        return None
    detail = printable(value["detail"], _DETAIL_LIMIT)
    return AccountLimit(account=account, until=until, detail=detail, seen_at=seen_at)
