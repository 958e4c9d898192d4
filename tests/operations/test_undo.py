"""A landing is taken back by one commit, and its task may go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.processes import MERGER, survivors
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from tests.support.warm import run_text_warm
from wtagents.core.errors import ExitCode, NotFoundError, StateError
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import Reason, Task, TaskState
from wtagents.core.tending.remedy import next_command
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.keeping.undelete import undelete
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.tick import tick
from wtagents.operations.tripwire import accept_tripwire
from wtagents.operations.undo import UndoOutcome, UndoRequest, undo

UNDOER = """\
import json, sys
from pathlib import Path
from wtagents.core.config.settings import Layer
from wtagents.operations.context import Context
from wtagents.operations.undo import UndoRequest, undo
values = {"merge": json.loads(sys.argv[2]), "sandbox": {"mode": "none"}}
layer = Layer(source="--test", values=values)
undo(Context(Path(sys.argv[1]), flags=[layer]), UndoRequest(name="fix"))
"""


def take_back(fleet: Fleet, name: str = "fix", **options: bool) -> UndoOutcome:
    return undo(fleet.context, UndoRequest(name=name, **options)).data


def landed(fleet: Fleet) -> None:
    """Land `fix`, which changes, adds and deletes, in two commits; somebody commits on top."""
    fleet.main.commit({"f.txt": "1\n2\n3\n", "old.txt": "old\n"}, "Write files")
    fix = fleet.task("fix", {"f.txt": "1\ntwo\n3\n", "new.txt": "new\n"}, subject="First")
    fix.commit({"old.txt": None}, "Second")
    fleet.land("fix")
    fleet.main.commit({"later.txt": "later\n"}, "Later")


BEFORE = {"README.md": b"# Project\n", "f.txt": b"1\n2\n3\n", "old.txt": b"old\n"}


def test_several_commits_are_taken_back_by_one(fleet: Fleet) -> None:
    landed(fleet)
    fleet.use(gate=["test -e old.txt && test ! -e new.txt && test -e later.txt"])
    old, request = fleet.tip(), fleet.request("fix")
    result = undo(fleet.context, UndoRequest(name="fix"))
    outcome = result.data
    assert (result.exit_code, outcome.undone, outcome.verified) == (ExitCode.OK, True, True)
    assert (outcome.old, outcome.new) == (old, fleet.tip())
    assert fleet.main.files() == BEFORE | {"later.txt": b"later\n"}
    assert fleet.main.status() == []
    first, second = outcome.commits
    assert second == request.candidate
    assert fleet.message() == (
        f"Undo fix\n\nThis reverts commit {first}.\nThis reverts commit {second}.\n\n"
        "Wta-Undoes: fix"
    )
    assert fleet.main.subjects() == [
        "Undo fix", "Later", "Second", "First", "Write files", "Begin",
    ]  # fmt: skip
    assert fleet.main.git("log", "-1", "--format=%(trailers:key=Wta-Undoes,valueonly)") == "fix"
    task = fleet.row("fix")
    assert (task.state, task.reason, task.detail) == (
        TaskState.STOPPED,
        Reason.UNDONE,
        f"undone on main by {fleet.tip()[:10]}",
    )
    assert next_command(task, liveness=None, pulse=None, merge=fleet.request("fix")) == (
        'wta send fix "…"; land it again as it is: wta merge fix'
    )
    (event,) = fleet.context.database.rows("SELECT data FROM event WHERE kind = 'merge.undone'")
    assert json.loads(event["data"]) == {
        "onto": old,
        "candidate": fleet.tip(),
        "why": "",
        "warning": "",
    }


def test_of_a_batch_one_is_taken_back_and_the_others_stay(fleet: Fleet) -> None:
    fleet.use(gate=["true"])
    for name in ("one", "two", "three"):
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    merge(fleet.context, MergeRequestOptions(ready=True))
    outcome = take_back(fleet, "two")
    assert (outcome.undone, len(outcome.commits)) == (True, 1)
    assert fleet.main.files() == {
        "README.md": b"# Project\n",
        "one.txt": b"one\n",
        "three.txt": b"three\n",
    }


def test_one_commit_is_called_as_git_calls_it(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"}, subject='Say "a" \x1b[31m')
    fleet.land("fix")
    commit = fleet.tip()
    assert take_back(fleet).undone
    assert fleet.message() == (
        f'Revert "Say "a""\n\nThis reverts commit {commit}.\n\nWta-Undoes: fix'
    )


def test_what_was_undone_lands_again_and_is_undone_again(fleet: Fleet) -> None:
    landed(fleet)
    take_back(fleet)
    with pytest.raises(StateError) as caught:
        take_back(fleet)
    assert (caught.value.message, caught.value.hint) == (
        "the landing of fix is undone already",
        "land it again: wta merge fix",
    )
    assert merge(fleet.context, MergeRequestOptions(ready=True)).data == (), "only by name"
    fleet.land("fix")
    after = {"README.md": b"# Project\n", "f.txt": b"1\ntwo\n3\n", "new.txt": b"new\n"}
    assert fleet.main.files() == after | {"later.txt": b"later\n"}
    assert fleet.main.subjects()[:3] == ["Second", "First", "Undo fix"]
    assert fleet.row("fix").state is TaskState.MERGED
    assert take_back(fleet).undone
    assert fleet.main.files() == BEFORE | {"later.txt": b"later\n"}


def test_more_commits_land_together_with_what_was_undone(fleet: Fleet) -> None:
    landed(fleet)
    worktree = fleet.row("fix").worktree
    take_back(fleet)
    fleet.main.git("-C", str(worktree), "merge", "-q", "-m", "Take the target in", "main")
    (worktree / "new.txt").write_text("better\n")
    fleet.main.git("-C", str(worktree), "commit", "-qam", "Better")
    fleet.land("fix")
    assert fleet.main.files() == {
        "README.md": b"# Project\n",
        "f.txt": b"1\ntwo\n3\n",
        "new.txt": b"better\n",
        "later.txt": b"later\n",
    }


def test_a_rebase_after_the_undo_does_not_lose_what_was_undone(fleet: Fleet) -> None:
    landed(fleet)
    worktree = RepositoryBuilder(fleet.row("fix").worktree)
    take_back(fleet)
    mine = worktree.tip("HEAD")
    worktree.git("rebase", "-q", "main")
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert (outcome.rejection, outcome.detail) == (
        Rejection.NOTHING_TO_LAND,
        "nothing of what was undone is left on wta/fix: a rebase dropped it",
    )
    worktree.commit({"more.txt": "more\n"}, "More")
    assert worktree.subjects("main..HEAD") == ["More"], "git believes that the rest is there"
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert outcome.rejection is Rejection.INCOMPLETE
    assert outcome.holds[0].detail == (
        "f.txt: it lands without the change that was undone;"
        " a rebase drops it: git rebase --reapply-cherry-picks main"
    )
    assert [hold.path for hold in outcome.holds] == ["f.txt", "new.txt", "old.txt"]
    worktree.git("reset", "-q", "--hard", mine)
    worktree.git("rebase", "-q", "--reapply-cherry-picks", "main")
    fleet.land("fix")
    assert fleet.main.files()["new.txt"] == b"new\n"


def test_a_branch_that_stands_on_what_was_undone_may_change_its_mind(fleet: Fleet) -> None:
    landed(fleet)
    take_back(fleet)
    RepositoryBuilder(fleet.row("fix").worktree).commit({"new.txt": None}, "Not this file")
    fleet.land("fix")
    assert "new.txt" not in fleet.main.files()


def test_what_came_later_and_builds_on_it_is_named(fleet: Fleet) -> None:
    landed(fleet)
    fleet.task("other", {"f.txt": "1\ntwo and a half\n3\n"})
    fleet.land("other")
    before, files = fleet.tip(), fleet.main.files()
    result = undo(fleet.context, UndoRequest(name="fix"))
    assert (result.exit_code, result.data.rejection) == (
        ExitCode.UNFULFILLED,
        Rejection.CONFLICT,
    )
    assert result.data.detail == (
        "what came later builds on it in f.txt; that is the work of task other"
    )
    assert result.data.hint.startswith("wta undo other, then: wta undo fix; or by hand: git revert")
    assert (fleet.tip(), fleet.main.files()) == (before, files)
    assert fleet.row("fix").state is TaskState.MERGED
    assert take_back(fleet, "other").undone
    assert take_back(fleet).undone
    assert fleet.main.files() == BEFORE | {"later.txt": b"later\n"}


def test_a_forged_trailer_never_becomes_a_command(fleet: Fleet) -> None:
    landed(fleet)
    fleet.main.commit({"f.txt": "x\n"}, "By hand\n\nWta-Task: x; touch fired #")
    outcome = take_back(fleet)
    assert (outcome.rejection, outcome.hint[:8]) == (Rejection.CONFLICT, "by hand:")
    assert "touch" not in outcome.detail + outcome.hint


def test_a_dry_run_changes_nothing(fleet: Fleet) -> None:
    landed(fleet)
    refs, rows = fleet.main.refs(), fleet.context.database.rows("SELECT * FROM undo")
    outcome = take_back(fleet, dry_run=True)
    assert (outcome.undone, outcome.dry_run, outcome.rejection) == (False, True, None)
    assert len(outcome.commits) == 2
    assert (fleet.main.refs(), fleet.context.database.rows("SELECT * FROM undo")) == (refs, rows)
    assert fleet.row("fix").state is TaskState.MERGED


def test_a_red_gate_keeps_it_on_the_target(fleet: Fleet) -> None:
    landed(fleet)
    fleet.use(gate=["test -e new.txt"])
    before = fleet.tip()
    outcome = take_back(fleet)
    assert (outcome.rejection, outcome.undone) == (Rejection.GATE_RED, False)
    assert outcome.detail == "without fix the gate 'test -e new.txt' failed"
    assert outcome.hint.endswith("undo it even so: wta undo fix --no-gate")
    assert (fleet.tip(), fleet.row("fix").state) == (before, TaskState.MERGED)
    assert take_back(fleet, no_gate=True).undone


def test_a_dirty_checkout_that_overlaps_refuses_and_both_stay(fleet: Fleet) -> None:
    landed(fleet)
    fleet.main.write({"new.txt": "of the person\n"})
    before = fleet.tip()
    outcome = take_back(fleet)
    assert outcome.rejection is Rejection.CHECKOUT_DIRTY
    assert outcome.hint.endswith("then: wta undo fix")
    assert (fleet.tip(), fleet.main.files()["new.txt"]) == (before, b"of the person\n")
    fleet.main.git("checkout", "-q", "new.txt")
    assert take_back(fleet).undone


def test_a_commit_during_the_gate_is_kept(fleet: Fleet) -> None:
    landed(fleet)
    once = fleet.main.path.parent / "once"
    by_hand = f"cd {fleet.main.path} && echo x > hand.txt && git add . && git commit -qm Hand"
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; {by_hand}; }}"])
    assert take_back(fleet).undone
    assert fleet.main.subjects()[:3] == ["Undo fix", "Hand", "Later"]
    assert fleet.main.files() == BEFORE | {"later.txt": b"later\n", "hand.txt": b"x\n"}


def test_what_somebody_reverted_by_hand_needs_no_commit(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    fleet.main.git("revert", "--no-edit", "HEAD")
    before = fleet.tip()
    outcome = take_back(fleet)
    assert (outcome.undone, outcome.detail) == (True, "main had nothing of it left")
    assert (fleet.tip(), fleet.row("fix").reason) == (before, Reason.UNDONE)
    fleet.land("fix")
    assert fleet.main.files()["a.txt"] == b"a\n"


def test_what_cannot_be_undone(fleet: Fleet) -> None:
    with pytest.raises(NotFoundError):
        take_back(fleet, "nobody")
    fleet.task("fix", {"a.txt": "a\n"})
    with pytest.raises(StateError, match="task fix has never landed"):
        take_back(fleet)
    fleet.main.commit({"a.txt": "a\n"}, "The same by hand")
    fleet.land("fix")
    with pytest.raises(StateError, match="the landing of fix changed nothing"):
        take_back(fleet)


def test_a_landing_that_a_person_took_off_the_target_is_said(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    commit = fleet.tip()
    fleet.main.git("reset", "-q", "--hard", "HEAD~1")
    outcome = take_back(fleet)
    assert (outcome.undone, outcome.detail) == (
        False,
        f"main does not hold {commit[:10]} any more",
    )


def test_a_task_that_was_cleaned_up_is_undone_and_comes_back(fleet: Fleet) -> None:
    landed(fleet)
    cleanup(fleet.context, CleanupRequest(names=("fix",)))
    assert fleet.row("fix").removed_at is not None
    outcome = take_back(fleet)
    assert outcome.undone
    assert outcome.hint.startswith("its branch and worktree: wta undelete fix; then: wta send fix")
    undelete(fleet.context, "fix")
    assert (fleet.row("fix").state, fleet.row("fix").reason) == (TaskState.STOPPED, Reason.UNDONE)
    fleet.land("fix")
    assert fleet.main.files()["new.txt"] == b"new\n"


def ticked(fleet: Fleet) -> Task:
    """Tick until it is undone: a tick does not wait for a git that has yet to die."""

    def is_undone() -> bool:
        tick(fleet.context)
        return fleet.row("fix").state is not TaskState.MERGED

    wait_until(is_undone)
    return fleet.row("fix")


@pytest.mark.parametrize("again", ["undo", "landing", "tick"])
def test_killed_between_the_ref_and_the_checkout(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path, again: str
) -> None:
    """A filter of the person's own runs while the checkout is updated: there it kills us."""
    pid, smudge = tmp_path / "pid", tmp_path / "smudge"
    smudge.write_text(
        f"#!/bin/sh\ntest -e {pid} && kill -9 $(cat {pid}) && rm {pid}\nsleep 0.1; exec cat\n"
    )
    smudge.chmod(0o755)
    fleet.main.git("config", "filter.slow.smudge", str(smudge))
    fleet.main.git("config", "filter.slow.clean", "cat")
    fleet.main.commit({".gitattributes": "*.txt filter=slow\n"})
    accept_tripwire(fleet.context)
    landed(fleet)
    settings = json.dumps({"resolver": "none", "gate": [f"echo {MERGER} > {pid}"]})
    assert run_text_warm(UNDOER, str(fleet.main.path), settings).returncode == -9
    assert fleet.main.subjects()[0] == "Undo fix"
    assert fleet.row("fix").state is TaskState.MERGED
    if again == "undo":
        with pytest.raises(StateError, match="is undone already"):
            take_back(fleet)
    elif again == "tick":
        assert ticked(fleet).state is TaskState.STOPPED
    else:
        fleet.task("next", {"next.md": "x\n"})
        fleet.land("next")
        fleet.main.git("reset", "-q", "--hard", "HEAD~1")
    assert fleet.row("fix").reason is Reason.UNDONE
    assert fleet.main.status() == []
    assert fleet.main.files() == BEFORE | {
        ".gitattributes": b"*.txt filter=slow\n",
        "later.txt": b"later\n",
    }
    assert survivors(sandbox.mark) == []
    assert not list((fleet.main.path / ".git").glob("*.lock"))


def test_killed_while_a_gate_runs_nothing_has_happened(fleet: Fleet) -> None:
    landed(fleet)
    before = fleet.tip()
    settings = json.dumps({"resolver": "none", "gate": [f"kill -9 {MERGER}"]})
    assert run_text_warm(UNDOER, str(fleet.main.path), settings).returncode == -9
    assert (fleet.tip(), fleet.row("fix").state) == (before, TaskState.MERGED)
    assert land_waiting(fleet.context) == ()
    assert take_back(fleet).undone
    assert fleet.request("fix").state is MergeState.MERGED
