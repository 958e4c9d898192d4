"""Somebody writes to the hub, the rows or the refs between the gates and the landing.

The gate is the attacker: it runs as the same user at exactly that moment.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.ready_tasks import Fleet
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.merge import MergeRequestOptions, merge

OBJECTS = """\
import hashlib, os, subprocess, sys, zlib
hub, wanted = sys.argv[1], os.environ["WTA_CANDIDATE"]
def read(oid):
    path = f"{hub}/objects/{oid[:2]}/{oid[2:]}"
    return path, zlib.decompress(open(path, "rb").read()).partition(b"\\0")[2]
def write(path, kind, body):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.path.exists(path) and os.remove(path)
    open(path, "wb").write(zlib.compress(kind + b" %d\\0" % len(body) + body))
def add(kind, body):
    oid = hashlib.sha1(kind + b" %d\\0" % len(body) + body).hexdigest()
    path = f"{hub}/objects/{oid[:2]}/{oid[2:]}"
    os.path.exists(path) or write(path, kind, body)
    return oid
path, commit = read(wanted)
"""
EVIL_TREE = """\
blob = add(b"blob", b"evil\\n")
tree = add(b"tree", b"100644 evil.txt\\0" + bytes.fromhex(blob))
"""
REFUSED = "another tree under the name of the candidate"
ATTACKS = {
    REFUSED: OBJECTS
    + EVIL_TREE
    + "write(path, b'commit', b'tree ' + tree.encode() + commit[45:])\n",
    "another file under the name of a file": OBJECTS
    + "blob = subprocess.run(['git', 'rev-parse', 'HEAD:one.txt'], capture_output=True,"
    " text=True).stdout.strip()\nwrite(read(blob)[0], b'blob', b'evil\\n')\n",
    "a candidate that is gone": OBJECTS + "os.remove(path)\n",
}


@pytest.fixture
def fleet_of_two(fleet: Fleet) -> Fleet:
    for name in ("one", "two"):
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    return fleet


def attack(fleet: Fleet, place: Path, program: str, *arguments: object) -> list[MergeOutcome]:
    """Land with a gate that runs a program once, then passes."""
    script = place / "attack.py"
    script.write_text(program)
    words = " ".join(map(str, (sys.executable, script, *arguments)))
    once = place / "once"
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; {words}; }}"], slots=1)
    return list(merge(fleet.context, MergeRequestOptions(ready=True)).data)


def require_nothing_evil(fleet: Fleet) -> None:
    assert set(fleet.main.tree("main")) <= {"README.md", "one.txt", "two.txt"}
    assert fleet.main.status() == []
    for name, content in fleet.main.tree("main").items():
        assert content in (b"# Project\n", f"{name[:-4]}\n".encode())


@pytest.mark.parametrize("name", ATTACKS)
def test_objects_of_the_hub_are_not_believed(
    fleet_of_two: Fleet, tmp_path: Path, name: str
) -> None:
    fleet = fleet_of_two
    before = fleet.tip()
    outcomes = attack(fleet, tmp_path, ATTACKS[name], fleet.context.paths.hub)
    assert (tmp_path / "once").exists()
    if name == REFUSED:
        assert {each.rejection for each in outcomes} == {Rejection.NOT_AS_VERIFIED}
        assert outcomes[0].detail == ("nothing landed: its commits are not whole in the repository")
        assert fleet.tip() == before
        assert {fleet.row(task).state for task in ("one", "two")} == {TaskState.READY}
    else:
        assert fleet.main.subjects() == ["Add two", "Add one", "Begin"], "made again, or not used"
    require_nothing_evil(fleet)
    assert fleet.main.git("fsck", "--no-dangling") == ""


ROWS = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=20)
connection.execute(f"UPDATE merge_request SET {sys.argv[2]} = ? WHERE place = 1", (sys.argv[3],))
connection.commit()
"""


@pytest.mark.parametrize("column", ["candidate", "onto", "source", "patch", "target"])
def test_a_row_that_somebody_wrote_stops_its_landing(
    fleet_of_two: Fleet, tmp_path: Path, column: str
) -> None:
    fleet = fleet_of_two
    evil = "evil" if column == "target" else "e" * 40
    outcomes = attack(fleet, tmp_path, ROWS, fleet.context.paths.database, column, evil)
    first, second = outcomes
    assert (first.state, first.rejection) == (MergeState.REJECTED, Rejection.NOT_AS_VERIFIED)
    assert first.detail == ("nothing landed: its request does not say what was built and verified")
    assert second.state is MergeState.MERGED
    assert fleet.main.subjects() == ["Add two", "Begin"]
    require_nothing_evil(fleet)


def test_a_target_that_somebody_moved_back_is_not_overwritten(
    fleet_of_two: Fleet, tmp_path: Path
) -> None:
    """The target goes back by a commit: the chain that stood on it is made anew."""
    fleet = fleet_of_two
    fleet.main.commit({"secret.txt": "x\n"}, "By mistake")
    back = (
        "import subprocess, sys\n"
        "back = ['git', '-C', sys.argv[1], 'reset', '-q', '--hard', 'HEAD~1']\n"
        "subprocess.run(back, check=True)\n"
    )
    outcomes = attack(fleet, tmp_path, back, fleet.main.path)
    assert [each.state for each in outcomes] == [MergeState.MERGED] * 2
    assert fleet.main.subjects() == ["Add two", "Add one", "Begin"]
    require_nothing_evil(fleet)


def test_refs_of_the_hub_that_lie_only_cost_the_attempt(
    fleet_of_two: Fleet, tmp_path: Path
) -> None:
    """A seen tip that the hub does not have: the next fetch believes it, and is refused."""
    fleet = fleet_of_two
    refs = (
        "import pathlib, sys\n"
        "place = pathlib.Path(sys.argv[1]) / 'refs/wta/seen' / ('1' * 40)\n"
        "place.write_text('1' * 40 + '\\n')\n"
    )
    outcomes = attack(fleet, tmp_path, refs, fleet.context.paths.hub)
    assert {each.state for each in outcomes} == {MergeState.MERGED}
    require_nothing_evil(fleet)
