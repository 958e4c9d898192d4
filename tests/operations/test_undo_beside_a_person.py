"""A person edits or commits while an undo is cut off: what they may bring back by it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.operations.test_undo import UNDOER, take_back, ticked
from tests.support.processes import MERGER
from tests.support.ready_tasks import Fleet
from tests.support.warm import run_text_warm
from wtagents.cli.pages.undo_text import undo_lines
from wtagents.cli.style import Style
from wtagents.core.errors import StateError
from wtagents.core.task import TaskState
from wtagents.operations.tripwire import accept_tripwire

LINES = [f"{number}\n" for number in range(9)]
TEXT, CHANGED = "".join(LINES), "".join(["landed\n", *LINES[1:]])
FILTER = """\
#!/bin/sh
# At the first file that is written once there is a plan, the plan is carried out.
if [ -e '{plan}' ]; then mv '{plan}' '{plan}.done'; . '{plan}.done'; fi
exec cat
"""


@pytest.fixture
def plan(fleet: Fleet, tmp_path: Path) -> Path:
    """Land `fix`, which changes two files; return where it is written what a filter does."""
    plan, smudge = tmp_path / "plan", tmp_path / "smudge"
    smudge.write_text(FILTER.format(plan=plan))
    smudge.chmod(0o755)
    fleet.main.git("config", "filter.plan.smudge", str(smudge))
    fleet.main.commit({"a.txt": TEXT, "b.txt": TEXT, ".gitattributes": "*.txt filter=plan\n"})
    accept_tripwire(fleet.context)
    fleet.task("fix", {"a.txt": CHANGED, "b.txt": CHANGED})
    fleet.land("fix")
    return plan


def be_cut_off(fleet: Fleet, plan: Path) -> None:
    """Undo it, and die with git before it has written a file."""
    pid = plan.with_name("pid")
    settings = json.dumps({"resolver": "none", "gate": [f"echo {MERGER} > {pid}"]})
    plan.write_text(f"kill -9 $(cat {pid}) $PPID\n")
    assert run_text_warm(UNDOER, str(fleet.main.path), settings).returncode == -9
    assert fleet.row("fix").state is TaskState.MERGED


def warned(fleet: Fleet) -> str:
    (event,) = fleet.context.database.rows("SELECT data FROM event WHERE kind = 'merge.undone'")
    return str(json.loads(event["data"])["warning"])


def spared(fleet: Fleet) -> str:
    return (
        "uncommitted edits in b.txt may bring back what was undone; look before they are"
        f" committed: git -C {fleet.main.path} diff HEAD"
    )


def test_who_commits_what_was_being_undone_is_told(fleet: Fleet, plan: Path) -> None:
    be_cut_off(fleet, plan)
    undone = fleet.tip()
    (fleet.main.path / ".git/index.lock").unlink()
    fleet.main.git("commit", "-q", "-a", "-m", "Write on")
    with pytest.raises(StateError) as caught:
        take_back(fleet)
    said = (
        "a commit that came while it was cut off brought back or changed what was undone in"
        f" a.txt, b.txt; look: git diff {undone[:10]} main -- a.txt b.txt"
    )
    assert warned(fleet) == said
    assert fleet.row("fix").detail == f"undone on main by {undone[:10]}; {said}"
    assert caught.value.cause == fleet.row("fix").detail
    assert fleet.main.status() == []


def test_who_edits_what_was_being_undone_is_told(fleet: Fleet, plan: Path) -> None:
    be_cut_off(fleet, plan)
    fleet.main.write({"a.txt": f"{CHANGED}mine\n", "b.txt": f"mine\n{CHANGED}"})
    assert ticked(fleet).detail == f"undone on main by {fleet.tip()[:10]}; {spared(fleet)}"
    assert warned(fleet) == spared(fleet)
    assert fleet.main.status() == [" M a.txt", " M b.txt"]
    assert (fleet.main.path / "a.txt").read_text() == f"{TEXT}mine\n"
    assert (fleet.main.path / "b.txt").read_text() == f"mine\n{CHANGED}"


def test_who_edits_it_when_git_alone_was_killed_is_told(fleet: Fleet, plan: Path) -> None:
    """The undo goes on by itself: what stands on the target could not be taken off it again."""
    lock = fleet.main.path / ".git/refs/heads/main.lock"
    edit = f"echo mine > {fleet.main.path}/b.txt"
    plan.write_text(f"touch {lock}; {edit}; kill -9 $PPID\n")
    outcome = take_back(fleet)
    lock.unlink()
    assert (outcome.undone, outcome.detail, outcome.warning) == (
        True,
        "uncommitted edits stay in b.txt",
        spared(fleet),
    )
    assert list(undo_lines(outcome, Style(color=False, width=80))) == [
        f"fix undone on main at {fleet.tip()[:10]}: 1 commit; {outcome.detail}",
        "  not verified: no gate looked at it",
        f"  {spared(fleet)}",
        '  next: wta send fix "…"; land it again as it is: wta merge fix',
    ]
    assert warned(fleet) == spared(fleet)
