"""The memory of a landing: taught by what landed and was verified, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.operations.test_land_conflicts import answer, answering
from wtagents.core.landing.merge import Author, MergeState, Rejection
from wtagents.core.landing.rung import Rung
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.undo import UndoRequest, undo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ready_tasks import Fleet
    from wtagents.operations.landing.outcome import MergeOutcome

SAID = "head\nthe target says\nthe branch says\n"


def conflict(fleet: Fleet, name: str, path: str, head: str = "head\n") -> None:
    fleet.main.commit({path: f"{head}old\n"})
    fleet.task(name, {path: f"{head}the branch says\n"})
    fleet.main.commit({path: f"{head}the target says\n"})


def land(fleet: Fleet, name: str) -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=(name,))).data
    return outcome


def teach(fleet: Fleet, tmp_path: Path, **settings: object) -> MergeOutcome:
    """Let a resolver solve the conflict of `first` in a.txt."""
    conflict(fleet, "first", "a.txt")
    command = answering(tmp_path, answer(SAID, "a.txt"))
    fleet.use(resolver="command", resolver_command=command, **{"gate": ["true"], **settings})
    return land(fleet, "first")


def test_what_landed_and_was_verified_is_known_the_next_time(fleet: Fleet, tmp_path: Path) -> None:
    assert teach(fleet, tmp_path).state is MergeState.MERGED
    conflict(fleet, "second", "b.txt", head="other\n")
    fleet.use(ladder=["memory"], gate=["true"])
    outcome = land(fleet, "second")
    assert outcome.state is MergeState.MERGED, outcome.detail
    (resolution,) = outcome.resolutions
    assert (resolution.path, resolution.author, resolution.rung) == (
        "b.txt",
        Author.WTA,
        Rung.MEMORY,
    )
    assert fleet.main.files()["b.txt"] == b"other\nthe target says\nthe branch says\n"
    assert "Wta-Resolved: b.txt (memory)" in fleet.message().splitlines()


def test_what_was_approved_without_a_gate_teaches_nothing(fleet: Fleet, tmp_path: Path) -> None:
    assert teach(fleet, tmp_path, gate=[]).rejection is Rejection.UNVERIFIED
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("first",), approve=True)).data
    assert outcome.state is MergeState.MERGED, outcome.detail
    conflict(fleet, "second", "b.txt")
    fleet.use(ladder=["memory"])
    assert land(fleet, "second").rejection is Rejection.CONFLICT


def test_what_a_gate_refused_teaches_nothing(fleet: Fleet, tmp_path: Path) -> None:
    assert teach(fleet, tmp_path, gate=["false"]).rejection is Rejection.GATE_RED
    fleet.use(ladder=["memory"], gate=["true"])
    assert land(fleet, "first").rejection is Rejection.CONFLICT


def test_a_remembered_answer_that_a_gate_turns_red_is_forgotten(
    fleet: Fleet, tmp_path: Path
) -> None:
    teach(fleet, tmp_path)
    conflict(fleet, "second", "b.txt")
    fleet.use(ladder=["memory"], gate=["test ! -e b.txt"])
    assert land(fleet, "second").rejection is Rejection.GATE_RED
    fleet.use(ladder=["memory"], gate=["true"])
    assert land(fleet, "second").rejection is Rejection.CONFLICT


def test_what_was_taken_back_is_forgotten(fleet: Fleet, tmp_path: Path) -> None:
    teach(fleet, tmp_path)
    undo(fleet.context, UndoRequest(name="first"))
    conflict(fleet, "second", "b.txt")
    fleet.use(ladder=["memory"], gate=["true"])
    assert land(fleet, "second").rejection is Rejection.CONFLICT


def test_a_remembered_answer_that_does_not_pass_the_check_is_forgotten(
    fleet: Fleet, tmp_path: Path
) -> None:
    teach(fleet, tmp_path)
    with fleet.context.database.write() as db:
        db.change("UPDATE lesson SET text = 'anything' || char(10)")
    conflict(fleet, "second", "b.txt")
    fleet.use(ladder=["memory"], gate=["true"])
    assert land(fleet, "second").rejection is Rejection.CONFLICT
    assert fleet.context.database.rows("SELECT * FROM lesson") == []
