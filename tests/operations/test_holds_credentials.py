"""A landing that brings credentials waits for a person, who is told where they are."""

from __future__ import annotations

import re

from tests.support.ready_tasks import Fleet
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.merge import MergeRequestOptions, merge

TOKEN = "ghp_" + "aB3dE5gH7jK9" * 3


def land(fleet: Fleet, *, approve: bool = False) -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",), approve=approve)).data
    return outcome


def test_it_is_held_wherever_in_the_branch_and_never_repeated(fleet: Fleet) -> None:
    fix = fleet.task("fix", {"a b.sh": f"set -e\nexport TOKEN={TOKEN}\n"}, subject="Deploy")
    fix.commit({"a b.sh": "set -e\n"}, "Take the token out")
    before = fleet.tip()

    outcome = land(fleet)

    assert (outcome.rejection, fleet.tip()) == (Rejection.CREDENTIAL, before)
    assert re.sub("commit [0-9a-f]{10}", "commit COMMIT", outcome.detail) == (
        "a b.sh:2: commit COMMIT adds what looks like a credential (GitHub token)"
    )
    state = [path for path in fleet.context.paths.root.glob("state.db*") if path.is_file()]
    assert [path for path in state if TOKEN.encode() in path.read_bytes()] == []
    assert land(fleet, approve=True).state is MergeState.MERGED
