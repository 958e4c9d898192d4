"""merge: what is asked for, what lands, and what the target looks like afterwards."""

from __future__ import annotations

import pytest

from tests.support.ready_tasks import Fleet
from tests.support.stored import ended_run
from wtagents.core.errors import ExitCode, NotFoundError, StateError, UsageError
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.run import Usage
from wtagents.core.task import Reason, TaskState
from wtagents.operations.merge import MergeRequestOptions, merge


def test_a_clean_branch_lands_with_the_checkout(fleet: Fleet) -> None:
    old = fleet.tip()
    worktree = fleet.task("fix", {"a.txt": "a\n"}, subject="Add a")
    tip = worktree.tip("HEAD")
    result = merge(fleet.context, MergeRequestOptions(names=("fix",)))
    (outcome,) = result.data
    assert result.exit_code is ExitCode.OK
    assert (outcome.task, outcome.state, outcome.target) == ("fix", MergeState.MERGED, "main")
    assert (outcome.old, outcome.new, outcome.commits) == (old, fleet.tip(), 1)
    assert not outcome.verified
    assert outcome.detail == "1 commit on main; not verified: no gate is configured"
    assert fleet.main.files() == {"README.md": b"# Project\n", "a.txt": b"a\n"}
    assert fleet.main.status() == []
    assert fleet.message() == "Add a\n\nWta-Task: fix\nWta-Gates: none"
    assert fleet.row("fix").state is TaskState.MERGED
    assert worktree.tip("wta/fix") == tip, "the task's branch does not move"


def test_the_author_stays_and_the_committer_is_the_person(fleet: Fleet) -> None:
    worktree = fleet.task("fix")
    worktree.write({"a.txt": "a\n"})
    worktree.git("add", "a.txt")
    agent = {
        "GIT_AUTHOR_NAME": "An Agent",
        "GIT_AUTHOR_EMAIL": "agent@example.invalid",
        "GIT_COMMITTER_NAME": "An Agent",
        "GIT_COMMITTER_EMAIL": "agent@build-host.internal",
    }
    worktree.git("commit", "-q", "-m", "Add a\n\nSigned-off-by: An Agent", environment=agent)
    merge(fleet.context, MergeRequestOptions(names=("fix",)))
    said = fleet.main.git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%B").rstrip("\n")
    assert said == (
        "An Agent <agent@example.invalid>|Ada Tester <ada@example.invalid>|"
        "Add a\n\nSigned-off-by: An Agent\nWta-Task: fix\nWta-Gates: none"
    )


def test_a_target_that_nobody_has_checked_out_moves_too(fleet: Fleet) -> None:
    fleet.main.checkout("elsewhere", new=True)
    fleet.task("fix", {"a.txt": "a\n"})
    merge(fleet.context, MergeRequestOptions(names=("fix",)))
    assert sorted(fleet.main.tree("main")) == ["README.md", "a.txt"]
    assert fleet.main.files() == {"README.md": b"# Project\n"}
    assert fleet.main.status() == []


def test_ready_lands_all_oldest_first_each_on_the_one_before(fleet: Fleet) -> None:
    for name in ("one", "two", "three"):
        fleet.task(name, {f"{name}.txt": name}, subject=f"Add {name}")
    result = merge(fleet.context, MergeRequestOptions(ready=True))
    assert [outcome.task for outcome in result.data] == ["one", "two", "three"]
    assert fleet.main.subjects() == ["Add three", "Add two", "Add one", "Begin"]
    assert fleet.main.status() == []


def test_several_commits_stay_several_unless_squashed(fleet: Fleet) -> None:
    for name in ("kept", "pressed"):
        worktree = fleet.task(name, {f"{name}.txt": "1\n"}, subject=f"Begin {name}")
        worktree.commit({f"{name}.txt": "2\n"}, f"End {name}")
    merge(fleet.context, MergeRequestOptions(names=("kept",)))
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("pressed",), squash=True)).data
    assert outcome.commits == 1
    assert fleet.main.subjects() == ["Begin pressed", "End kept", "Begin kept", "Begin"]
    assert fleet.message() == "Begin pressed\n\n* End pressed\n\nWta-Task: pressed\nWta-Gates: none"
    assert fleet.main.files()["pressed.txt"] == b"2\n"


def test_a_branch_that_took_the_target_in_lands_as_one_commit(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.commit({"b.txt": "b\n"}, "Meanwhile")
    worktree.git("merge", "-q", "--no-edit", "main")
    worktree.commit({"a.txt": "aa\n"})
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert (outcome.state, outcome.commits) == (MergeState.MERGED, 1)
    assert fleet.main.files()["a.txt"] == b"aa\n"
    assert fleet.main.files()["b.txt"] == b"b\n"


def test_a_branch_that_was_rebased_by_hand_lands_its_own_commits_only(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"}, subject="Add a")
    fleet.main.commit({"b.txt": "b\n"}, "Meanwhile")
    worktree.git("rebase", "-q", "main")
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert outcome.commits == 1
    assert fleet.main.subjects() == ["Add a", "Meanwhile", "Begin"]


def test_what_the_target_has_already_counts_as_merged(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.git("cherry-pick", worktree.tip("HEAD"))
    fleet.main.commit({"b.txt": "b\n"})
    tip = fleet.tip()
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert (outcome.state, outcome.commits) == (MergeState.MERGED, 0)
    assert outcome.detail == "main has all of it already"
    assert fleet.tip() == tip
    assert fleet.row("fix").state is TaskState.MERGED


def test_a_branch_that_was_merged_by_hand_counts_as_merged(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.git("merge", "-q", "--ff-only", "wta/fix")
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert (outcome.state, outcome.detail) == (MergeState.MERGED, "main has all of it already")


def test_a_branch_without_commits_is_never_called_merged(fleet: Fleet) -> None:
    fleet.task("idle")
    worktree = fleet.task("empty")
    worktree.git("commit", "-q", "--allow-empty", "-m", "Nothing")
    fleet.main.commit({"b.txt": "b\n"})
    result = merge(fleet.context, MergeRequestOptions(ready=True))
    assert result.exit_code is ExitCode.UNFULFILLED
    assert [(each.rejection, each.detail) for each in result.data] == [
        (Rejection.NOTHING_TO_LAND, "wta/idle has no commit of its own"),
        (Rejection.NOTHING_TO_LAND, "the commits of wta/empty change nothing"),
    ]
    assert [fleet.row(name).state for name in ("idle", "empty")] == [TaskState.READY] * 2


def test_a_failed_task_lands_only_by_name_and_only_with_its_commits_whole(fleet: Fleet) -> None:
    fleet.task("late", {"a.txt": "a\n"})
    fleet.rest("late", TaskState.FAILED, Reason.MAX_TURNS)
    fleet.task("dirty", {"b.txt": "b\n"})
    fleet.rest("dirty", TaskState.FAILED, Reason.UNCOMMITTED)
    fleet.task("bare")
    fleet.rest("bare", TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    assert merge(fleet.context, MergeRequestOptions(ready=True)).messages == ("no task is ready",)
    for name in ("dirty", "bare"):
        with pytest.raises(StateError) as refused:
            merge(fleet.context, MergeRequestOptions(names=("late", name)))
        assert refused.value.hint.startswith(f"wta retry {name}, or: wta send {name}")
    assert fleet.row("late").state is TaskState.FAILED, "all or none"
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("late",))).data
    assert outcome.state is MergeState.MERGED


def test_what_cannot_be_meant_changes_nothing(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    with pytest.raises(UsageError):
        merge(fleet.context, MergeRequestOptions())
    with pytest.raises(UsageError):
        merge(fleet.context, MergeRequestOptions(names=("fix",), ready=True))
    with pytest.raises(NotFoundError):
        merge(fleet.context, MergeRequestOptions(names=("fix", "fxi")))
    assert fleet.row("fix").state is TaskState.READY
    merge(fleet.context, MergeRequestOptions(names=("fix",)))
    with pytest.raises(StateError, match="task fix is merged"):
        merge(fleet.context, MergeRequestOptions(names=("fix",)))


def test_a_landed_commit_links_to_task_run_model_cost_gates_and_resolution(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": "base\n"})
    fleet.task("one", {"f.txt": "base\none\n"})
    fix = fleet.task("fix", {"f.txt": "base\ntwo\n"}, subject="Two\n\nWta-Cost: 0\nWta-Run: x")
    fix.commit({"g.txt": "g\n"}, "Three")
    fleet.land("one")
    used = Usage(cost_usd=0.41236, model="claude-x\x1b[31m\nWta-Undoes: one")
    task = fleet.row("fix")
    with fleet.context.database.write() as db:
        run = ended_run(db, task, usage=used)
    gate = "true \x1b[31m\n: Wta-Undoes: one"
    fleet.use(resolver="scripted", gate=[gate, "test -e g.txt || test -e f.txt"])
    fleet.land("fix")
    same = (
        f"Wta-Task: fix\nWta-Run: {run.id}\nWta-Model: claude-x Wta-Undoes: one\n"
        "Wta-Cost: 0.4124 USD\nWta-Gates: true : Wta-Undoes: one; test -e g.txt || test -e f.txt"
    )
    assert fleet.message() == f"Three\n\n{same}"
    assert fleet.message("main~1") == f"Two\n\n{same}\nWta-Resolved: f.txt (command)"
    undoes = "%(trailers:key=Wta-Undoes)"
    assert fleet.main.git("log", f"--format={undoes}", "main").strip() == ""


def test_gates_that_were_skipped_are_said_to_be(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"}, subject="Add a")
    fleet.use(gate=["false"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",), no_gate=True)).data
    assert outcome.landed
    assert fleet.message() == "Add a\n\nWta-Task: fix\nWta-Gates: skipped"


def test_a_squash_keeps_the_words_and_names_every_author(fleet: Fleet) -> None:
    fix = fleet.task("fix", {"a.txt": "1\n"}, subject="Begin\n\nWith a reason.")
    fix.write({"a.txt": "2\n"})
    fix.git("commit", "-qam", "End\n\nWta-Task: other", "--author=Other <o@example.org>")
    fleet.use(strategy="squash")
    fleet.land("fix")
    author = fleet.main.git("log", "-1", "--format=%an <%ae>", fix.tip("HEAD~1"))
    assert fleet.message() == (
        "Begin\n\nWith a reason.\n\n* End\n\n  Wta-Task: other\n\n"
        f"Co-authored-by: {author}\nWta-Task: fix\nWta-Gates: none"
    )
