"""mergiraf instead of the structural rung, where it is on PATH.

A program that a test has made plays it: called as `mergiraf merge BASE LEFT RIGHT --path-name=NAME`
it writes the merge to stdout and ends with 0, with 1 when something is left in conflict, and it
keeps copies below XDG_DATA_HOME.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.landing.rung import Rung
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from tests.support.environment import Sandbox
    from tests.support.ready_tasks import Fleet
    from wtagents.operations.landing.outcome import MergeOutcome

BOTH = "begin\nleft is red\nright is blue\n"


def land(fleet: Fleet, sandbox: Sandbox, tmp_path: Path, script: str) -> MergeOutcome:
    """Land a conflict that rules and syntax leave alone."""
    program = tmp_path / "programs" / "mergiraf"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    sandbox.set_variable("PATH", f"{program.parent}:{os.environ['PATH']}")
    fleet.main.commit({"note.txt": "begin\n"})
    fleet.task("three", {"note.txt": "begin\nright is blue\n"})
    fleet.main.commit({"note.txt": "begin\nleft is red\n"})
    fleet.use(ladder=["structural"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",))).data
    return outcome


def test_its_answer_lands_as_structural(fleet: Fleet, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.set_variable("ANTHROPIC_API_KEY", "secret")
    said = f'pwd > {tmp_path}/where; echo "$@" > {tmp_path}/asked; env > {tmp_path}/seen'
    merges = 'mkdir -p "$XDG_DATA_HOME/mergiraf"; cat "$3"; tail -n 1 "$4"'
    outcome = land(fleet, sandbox, tmp_path, f"{said}; {merges}")
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [(each.path, each.rung) for each in outcome.resolutions] == [
        ("note.txt", Rung.STRUCTURAL)
    ]
    assert fleet.main.files()["note.txt"].decode() == BOTH
    asked = (tmp_path / "asked").read_text()
    assert asked == "merge base target branch --path-name=note.txt\n"
    room, seen = (tmp_path / "where").read_text().strip(), (tmp_path / "seen").read_text()
    assert f"HOME={room}\n" in seen
    assert "secret" not in seen
    assert not Path(room).exists()


@pytest.mark.parametrize(
    "script",
    [
        'cat "$3"',
        'cat "$3"; tail -n 1 "$4"; exit 1',
        'printf "<<<<<<< a\\n"; cat "$3"; tail -n 1 "$4"',
        'cat "$3"; tail -n 1 "$4"; exec cat /dev/zero',
        'cat "$3"; tail -n 1 "$4"; printf "\\377"',
        "echo no such language >&2; exit 255",
        "true",
    ],
    ids=["drops-a-side", "conflicts", "markers", "floods", "bytes", "fails", "nothing"],
)
def test_what_does_not_pass_is_left_alone(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path, script: str
) -> None:
    outcome = land(fleet, sandbox, tmp_path, script)
    assert outcome.rejection is Rejection.CONFLICT
    assert fleet.main.files()["note.txt"] == b"begin\nleft is red\n"


def test_one_in_the_current_folder_is_not_started(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    planted = {"mergiraf": f"#!/bin/sh\ntouch {tmp_path}/started\n", "note.txt": "begin\n"}
    fleet.main.commit(planted)
    (fleet.main.path / "mergiraf").chmod(0o755)
    fleet.main.commit({"mergiraf": planted["mergiraf"]}, "Make it run")
    fleet.task("three", {"note.txt": "begin\nright is blue\n"})
    fleet.main.commit({"note.txt": "begin\nleft is red\n"})
    sandbox.enter(fleet.main.path)
    sandbox.set_variable("PATH", f".:{os.environ['PATH']}")
    fleet.use(ladder=["structural"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",))).data
    assert outcome.rejection is Rejection.CONFLICT
    assert not (tmp_path / "started").exists()
