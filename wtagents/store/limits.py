"""Limits of accounts: one row per account, the latest that an agent met."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.tending.limit import LONGEST_SPREAD, AccountLimit
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from wtagents.store.database import Database


def account_limits(db: Database, *, now: datetime) -> tuple[AccountLimit, ...]:
    """Return the limits that may still hold somebody back, those of the last minute included."""
    rows = db.rows("SELECT * FROM account_limit ORDER BY account")
    limits = (
        AccountLimit(
            account=row["account"],
            until=datetime.fromisoformat(row["until"]),
            detail=row["detail"],
            seen_at=datetime.fromisoformat(row["seen_at"]),
        )
        for row in rows
    )
    return tuple(limit for limit in limits if limit.until + LONGEST_SPREAD > now)


def record_limit(db: Database, limit: AccountLimit, at: datetime) -> bool:
    """Remember a limit; False when a later end of it is known already.

    One that was seen in the future, before the clock was set back, is known no more.
    """
    row = db.change(
        "INSERT INTO account_limit (account, until, detail, seen_at)"
        " VALUES (:account, :until, :detail, :seen_at)"
        " ON CONFLICT (account) DO UPDATE SET until = :until, detail = :detail, seen_at = :seen_at"
        " WHERE until < :until OR seen_at > :now RETURNING account",
        {
            "account": limit.account,
            "until": text_of_time(limit.until),
            "detail": limit.detail,
            "seen_at": text_of_time(limit.seen_at),
            "now": text_of_time(at),
        },
    )
    if row is not None:
        data = {"until": text_of_time(limit.until), "detail": limit.detail}
        add_event(db, EventKind.ACCOUNT_LIMITED, at=at, data={"account": limit.account} | data)
    return row is not None


def lift_limit(db: Database, account: str, at: datetime) -> bool:
    """Forget a limit: a person says that the account may be used again."""
    row = db.change("DELETE FROM account_limit WHERE account = ? RETURNING account", (account,))
    if row is not None:
        add_event(db, EventKind.ACCOUNT_FREED, at=at, data={"account": account})
    return row is not None
