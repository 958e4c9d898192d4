from __future__ import annotations

from dataclasses import replace

from tests.support.records import NOW, RUNNER, later
from wtagents.core.lease import Lease
from wtagents.core.run import ProcessIdentity
from wtagents.store.database import Database
from wtagents.store.events import events_of
from wtagents.store.leases import lease, release_lease, renew_lease, take_lease

OTHER = ProcessIdentity(boot_id="boot", pid=4711, start=100)
"""The same pid, started later."""


def taken(db: Database, holder: ProcessIdentity, seconds: float) -> Lease | None:
    with db.write():
        return take_lease(db, "merger", holder, later(seconds), 30)


def test_a_lease_has_one_holder_until_it_ends(db: Database) -> None:
    held = taken(db, RUNNER, 0)
    assert held == Lease(name="merger", holder=RUNNER, epoch=1, expires_at=later(30))
    assert taken(db, OTHER, 29.9) is None
    assert lease(db, "merger") == held
    assert taken(db, OTHER, 30) == Lease(name="merger", holder=OTHER, epoch=2, expires_at=later(60))
    assert lease(db, "supervisor") is None


def test_who_holds_it_keeps_its_epoch(db: Database) -> None:
    held = taken(db, RUNNER, 0)
    assert held is not None
    assert taken(db, RUNNER, 10) == replace(held, expires_at=later(40))
    with db.write():
        assert renew_lease(db, held, later(20), 30) == replace(held, expires_at=later(50))
    assert len(events_of(db)) == 1


def test_a_stale_holder_is_refused(db: Database) -> None:
    held = taken(db, RUNNER, 0)
    assert held is not None
    other = taken(db, OTHER, 31)
    with db.write():
        assert renew_lease(db, held, later(32), 30) is None
        assert release_lease(db, held, later(32)) is False
    assert lease(db, "merger") == other
    assert taken(db, RUNNER, 62) == replace(held, epoch=3, expires_at=later(92))


def test_a_late_holder_goes_on_while_nobody_came(db: Database) -> None:
    held = taken(db, RUNNER, 0)
    assert held is not None
    with db.write():
        assert renew_lease(db, held, later(100), 30) == replace(held, expires_at=later(130))


def test_a_lease_that_is_given_back_is_free(db: Database) -> None:
    held = taken(db, RUNNER, 0)
    assert held is not None
    with db.write():
        assert release_lease(db, held, later(1)) is True
    other = taken(db, OTHER, 1)
    assert other is not None
    assert other.epoch == 2


def test_a_lease_of_the_dead_is_free(db: Database) -> None:
    taken(db, RUNNER, 0)
    with db.write():
        for alive in (True, False):
            found = take_lease(
                db,
                "merger",
                OTHER,
                later(1),
                30,
                is_alive=lambda _: alive,  # noqa: B023
            )
            assert (found is None) is alive
    assert [event.data for event in events_of(db)] == [
        {"name": "merger", "epoch": 1, "pid": 4711},
        {"name": "merger", "epoch": 2, "pid": 4711},
    ]
    assert events_of(db)[0].at == NOW
