"""What of the trash goes, and what stays however full the disk is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.support.clock import START
from wtagents.core.ids import BranchName, Oid
from wtagents.core.keeping.retention import LANDED_WHOLE
from wtagents.core.keeping.sweep import plan_sweep
from wtagents.core.keeping.trash import TrashItem

WHOLE = f"{LANDED_WHOLE}aaaaaaaaaa"
KEEP = timedelta(days=30)


def item(number: int, days: float, proof: str = WHOLE) -> TrashItem:
    return TrashItem(
        id=number,
        task_id=number,
        original=Path("/w"),
        folder=Path("/trash"),
        branch=BranchName("wta/fix"),
        tip=Oid("a" * 40),
        proof=proof,
        trashed_at=START - timedelta(days=days),
        restored_at=None,
        swept_at=None,
    )


def planned(*items: TrashItem, excess: int = 0) -> tuple[list[int], int]:
    sizes = {each.id: 10 for each in items}
    found = plan_sweep(items, sizes, START, keep=KEEP, excess=excess)
    return [each.id for each in found.items], found.lacking


def test_what_is_old_goes_and_what_landed_goes_earlier_where_space_is_short() -> None:
    trash = (item(1, 31, "cancelled; its commits are archived"), item(2, 20), item(3, 10))
    assert planned(*trash) == ([1], 0)
    assert planned(*trash, excess=10) == ([1], 0)
    assert planned(*trash, excess=11) == ([1, 2], 0)
    assert planned(*trash, excess=35) == ([1, 2, 3], 0)


def test_what_never_landed_and_what_is_a_day_young_never_goes_early() -> None:
    trash = (
        item(1, 20, "cancelled; its commits are archived"),
        item(2, 20, f"{WHOLE}; with it went untracked: draft"),
        item(3, 20, "merged and named by a person; its later commits are archived"),
        item(4, 0.9),
    )
    assert planned(*trash, excess=100) == ([], 40)
