"""The ladder inside a landing: each conflicted file carries the rung that solved it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.operations.test_land_conflicts import BASE, BOTH, BY_BRANCH, BY_TARGET, answer, answering
from wtagents.core.landing.merge import Author, MergeState, Rejection
from wtagents.core.landing.rung import Rung
from wtagents.operations.landing.preview import preview
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ready_tasks import Fleet
    from wtagents.operations.landing.outcome import MergeOutcome

NOTE, NOTE_OF_TARGET, NOTE_OF_BRANCH = "begin\n", "begin\nours is red\n", "begin\nmine is blue\n"
NOTE_OF_BOTH = "begin\nours is red\nmine is blue\n"


def land(fleet: Fleet, name: str = "three") -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=(name,))).data
    return outcome


def conflict(fleet: Fleet) -> None:
    """Let code and prose conflict: a rung knows the code, nobody but a resolver the prose."""
    fleet.main.commit({"code.py": BASE, "note.txt": NOTE}, "Write one")
    fleet.task("three", {"code.py": BY_BRANCH, "note.txt": NOTE_OF_BRANCH}, prompt="write three")
    fleet.main.commit({"code.py": BY_TARGET, "note.txt": NOTE_OF_TARGET}, "Write two")


def test_what_syntax_decides_lands_without_a_model_and_without_a_gate(fleet: Fleet) -> None:
    fleet.main.commit({"code.py": BASE}, "Write one")
    fleet.task("three", {"code.py": BY_BRANCH}, subject="Write three")
    fleet.main.commit({"code.py": BY_TARGET}, "Write two")
    fleet.use(ladder=True)
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    (resolution,) = outcome.resolutions
    assert (resolution.path, resolution.author) == ("code.py", Author.WTA)
    assert resolution.rung in (Rung.RULES, Rung.STRUCTURAL)
    assert fleet.main.files()["code.py"].decode() == BOTH
    assert f"Wta-Resolved: code.py ({resolution.rung})" in fleet.message().splitlines()


def test_only_what_the_rungs_below_leave_reaches_the_resolver(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    command = answering(tmp_path, answer(NOTE_OF_BOTH, "note.txt"))
    fleet.use(
        resolver="command",
        resolver_command=command,
        ladder=["rules", "structural", "agent"],
        gate=["true"],
    )
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    question = json.loads((tmp_path / "question.json").read_text())
    assert [file["path"] for file in question["files"]] == ["note.txt"]
    found = {each.path: (each.author, each.rung) for each in outcome.resolutions}
    assert found["code.py"][0] is Author.WTA
    assert found["note.txt"] == (Author.COMMAND, Rung.AGENT)
    files = fleet.main.files()
    assert (files["code.py"].decode(), files["note.txt"].decode()) == (BOTH, NOTE_OF_BOTH)


def test_without_a_gate_only_the_answer_of_the_resolver_is_held(
    fleet: Fleet, tmp_path: Path
) -> None:
    conflict(fleet)
    command = answering(tmp_path, answer(NOTE_OF_BOTH, "note.txt"))
    fleet.use(resolver="command", resolver_command=command, ladder=["rules", "structural", "agent"])
    outcome = land(fleet)
    assert outcome.rejection is Rejection.UNVERIFIED
    assert [hold.path for hold in outcome.holds] == ["note.txt"]


@pytest.mark.parametrize("ladder", [False, ["agent"], ["memory"]])
def test_a_rung_that_is_switched_off_is_not_climbed(fleet: Fleet, ladder: object) -> None:
    fleet.main.commit({"code.py": BASE}, "Write one")
    fleet.task("three", {"code.py": BY_BRANCH}, subject="Write three")
    fleet.main.commit({"code.py": BY_TARGET}, "Write two")
    fleet.use(ladder=ladder)
    assert land(fleet).rejection is Rejection.CONFLICT


def test_a_person_is_told_only_what_is_left(fleet: Fleet) -> None:
    conflict(fleet)
    before = fleet.tip()
    fleet.use(ladder=["rules", "structural"])
    outcome = land(fleet)
    assert outcome.rejection is Rejection.CONFLICT
    assert outcome.detail == "it conflicts with main: note.txt: both changed the same lines"
    assert fleet.tip() == before


def test_a_forecast_names_the_rung_of_each_file(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(ladder=True)
    (seen,) = preview(fleet.context, MergeRequestOptions(names=("three",))).data.previews
    found = {each.path: each.rung for each in seen.conflicts}
    assert found["note.txt"] is Rung.PERSON
    assert found["code.py"] in (Rung.RULES, Rung.STRUCTURAL)
    assert seen.detail == "it conflicts with main: note.txt: both changed the same lines"
    fleet.use(ladder=True, resolver="scripted")
    (seen,) = preview(fleet.context, MergeRequestOptions(names=("three",))).data.previews
    assert {each.path: each.rung for each in seen.conflicts}["note.txt"] is Rung.AGENT
    assert seen.hint == ""
