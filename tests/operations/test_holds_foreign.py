from __future__ import annotations

from tests.support.ready_tasks import Fleet
from wtagents.core.landing.merge import Rejection
from wtagents.operations.merge import MergeRequestOptions, merge


def test_a_branch_that_another_agent_has_moved_waits_for_a_person(fleet: Fleet) -> None:
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    other = fleet.task("other", {"mine.txt": "mine\n"}, subject="Theirs")
    own, theirs = (each.git("rev-parse", "HEAD").strip() for each in (fix, other))
    other.git("update-ref", "refs/heads/wta/fix", theirs)
    before = fleet.tip()

    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data

    assert (outcome.rejection, outcome.detail, fleet.tip()) == (
        Rejection.FOREIGN,
        f"wta/fix was moved from outside its worktree, from {own[:10]} to {theirs[:10]}",
        before,
    )
    approved = MergeRequestOptions(names=("fix",), approve=True)
    assert merge(fleet.context, approved).data[0].landed
