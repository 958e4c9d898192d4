"""Facts, trash, trust, fingerprint and the events of all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.records import NOW, later, worktree_facts
from tests.support.stored import BASE, stored_task
from wtagents.core.ids import BranchName
from wtagents.core.keeping.trash import TrashItem
from wtagents.core.task import Wish
from wtagents.store.database import Database
from wtagents.store.events import events_of
from wtagents.store.facts import facts, record_facts
from wtagents.store.tasks import wish_task
from wtagents.store.trash import (
    add_trash_item,
    mark_restored,
    mark_swept,
    trash_item_of,
    trash_items,
)
from wtagents.store.tripwire import accept_fingerprint, accepted_fingerprint
from wtagents.store.trust import record_trust, trusted_hash


def trashed(db: Database, task_id: int) -> TrashItem:
    return add_trash_item(
        db,
        task_id=task_id,
        original=Path("/w/fix-login"),
        folder=Path("/state/trash/1"),
        branch=BranchName("wta/fix-login"),
        tip=BASE,
        proof="merged into main",
        at=NOW,
    )


def test_the_last_look_at_each_worktree(db: Database) -> None:
    first, detached = worktree_facts(), worktree_facts(branch=None, at=later(1))
    with db.write():
        stored_task(db, "one")
        stored_task(db, "two")
        record_facts(db, 1, worktree_facts(commits=7))
        record_facts(db, 1, first)
        record_facts(db, 2, detached)
    assert facts(db) == {1: first, 2: detached}
    assert [event.kind for event in events_of(db)] == ["task.added", "task.added"]


def test_the_trash_gives_back_or_is_swept(db: Database) -> None:
    with db.write():
        stored_task(db)
        back, gone = trashed(db, 1), trashed(db, 1)
        assert trash_items(db) == [back, gone]
        assert trash_item_of(db, 1) == gone
        assert trash_item_of(db, 2) is None
        restored, swept = mark_restored(db, back.id, later(1)), mark_swept(db, gone.id, later(2))
        assert mark_swept(db, back.id, later(3)) is None
        assert mark_restored(db, gone.id, later(3)) is None
    assert back == TrashItem(
        id=1,
        task_id=1,
        original=Path("/w/fix-login"),
        folder=Path("/state/trash/1"),
        branch=BranchName("wta/fix-login"),
        tip=BASE,
        proof="merged into main",
        trashed_at=NOW,
        restored_at=None,
        swept_at=None,
    )
    assert restored == replace(back, restored_at=later(1))
    assert swept == replace(gone, swept_at=later(2))
    assert trash_items(db) == []
    assert [event.kind for event in events_of(db)][1:] == [
        "worktree.trashed",
        "worktree.trashed",
        "worktree.restored",
        "worktree.swept",
    ]


def test_trust_is_for_one_content_of_one_file(db: Database) -> None:
    path = Path("/repo/wta.toml")
    assert trusted_hash(db, path) is None
    with db.write():
        record_trust(db, path, "aa", NOW)
        record_trust(db, path, "bb", later(1))
    assert trusted_hash(db, path) == "bb"
    assert trusted_hash(db, Path("/repo/other.toml")) is None
    assert [event.data["digest"] for event in events_of(db)] == ["aa", "bb"]


def test_one_fingerprint_is_accepted(db: Database) -> None:
    assert accepted_fingerprint(db) is None
    with db.write():
        accept_fingerprint(db, "{}", NOW)
        accept_fingerprint(db, '{"config": "1"}', later(1))
    assert accepted_fingerprint(db) == '{"config": "1"}'
    assert [event.kind for event in events_of(db)] == ["fingerprint.accepted"] * 2


def test_events_are_read_page_by_page(db: Database) -> None:
    with db.write():
        one, two = stored_task(db, "one"), stored_task(db, "two")
        for wish in (Wish.STOP, Wish.WORK, Wish.CANCEL):
            wish_task(db, one.id, wish, NOW)
    assert [event.id for event in events_of(db)] == [1, 2, 3, 4, 5]
    assert [event.id for event in events_of(db, after=1, limit=2)] == [2, 3]
    assert [event.id for event in events_of(db, one.id, after=1, limit=2)] == [3, 4]
    assert [event.id for event in events_of(db, two.id)] == [2]
