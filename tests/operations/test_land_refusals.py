"""What stops a landing: the person's checkout, a moving target, planted configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import ConfigError
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.operations.context import Context
from wtagents.operations.doctor import accept
from wtagents.operations.landing.batch import HURRIED_AFTER
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.tripwire import accept_tripwire
from wtagents.operations.trust import trust
from wtagents.store.merges import add_merge_request


def land(fleet: Fleet, name: str = "fix") -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=(name,))).data
    return outcome


def commit_by_hand(fleet: Fleet, path: str) -> str:
    """Return a shell command with which the person commits a new file to main, now."""
    add = f"echo mine > {path} && git add {path}"
    return f'cd {fleet.main.path} && {add} && git commit -qm "By hand {path}"'


# ---------------------------------------------------------------- the target


def test_a_commit_during_the_gate_supersedes_the_attempt_and_both_are_kept(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"}, subject="Add a")
    once = fleet.main.path.parent / "once"
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; {commit_by_hand(fleet, 'b.txt')}; }}"])
    outcome = land(fleet)
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, True)
    assert fleet.main.subjects() == ["Add a", "By hand b.txt", "Begin"]
    assert fleet.main.status() == []
    assert fleet.request("fix").superseded == 1


def test_a_push_into_the_repository_counts_like_any_other_commit(fleet: Fleet) -> None:
    fleet.main.checkout("elsewhere", new=True)
    fleet.task("fix", {"a.txt": "a\n"}, subject="Add a")
    clone = RepositoryBuilder(fleet.main.path.parent / "clone")
    fleet.main.git("clone", "-q", "--branch", "main", ".", str(clone.path))
    clone.commit({"b.txt": "b\n"}, "Pushed")
    once = fleet.main.path.parent / "once"
    push = f"git -C {clone.path} push -q origin main"
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; {push}; }}"])
    assert land(fleet).state is MergeState.MERGED
    assert fleet.main.subjects("main") == ["Add a", "Pushed", "Begin"]


def test_a_target_that_hardly_rests_starves_nobody(fleet: Fleet) -> None:
    """More often than one pass tries; from the third time on the gate would take minutes."""
    fleet.task("fix", {"a.txt": "a\n"}, subject="Add a")
    count, times = fleet.main.path.parent / "count", 6
    moves = f"{{ {commit_by_hand(fleet, 'b$n')}; test $n -le {HURRIED_AFTER} || sleep 600; }}"
    fleet.use(gate=[f"echo x >> {count}; n=$(wc -l < {count}); test $n -gt {times} || {moves}"])
    told: list[str] = []
    options = MergeRequestOptions(names=("fix",))
    (outcome,) = merge(fleet.context, options, tell=told.append).data
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, True)
    by_hand = [f"By hand b{n}" for n in range(times, 0, -1)]
    assert fleet.main.subjects() == ["Add a", *by_hand, "Begin"]
    request = fleet.request("fix")
    assert (request.superseded, request.attempts) == (times, 0)
    assert [line for line in told if "meanwhile" in line] == [
        "fix: main moved meanwhile; beginning again",
        *(f"fix: main moved {n} times meanwhile; goes on trying" for n in range(2, times + 1)),
    ]


def test_a_target_that_is_gone_is_named(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.git("branch", "-m", "main", "renamed")
    outcome = land(fleet)
    assert (outcome.rejection, outcome.detail) == (
        Rejection.TARGET_MOVING,
        "the target main is gone",
    )


# ---------------------------------------------------------------- the person's checkout


def test_a_dirty_checkout_that_overlaps_refuses_and_both_stay(fleet: Fleet) -> None:
    fleet.task("fix", {"README.md": "# By the agent\n"})
    fleet.main.write({"README.md": "# By the person\n"})
    before = fleet.tip()
    outcome = land(fleet)
    assert (outcome.state, outcome.rejection) == (MergeState.REJECTED, Rejection.CHECKOUT_DIRTY)
    assert "the landing changes them: README.md" in outcome.detail
    assert outcome.hint == (
        f"commit or move them: git -C {fleet.main.path} status; then: wta merge fix"
    )
    assert fleet.tip() == before
    assert fleet.main.files() == {"README.md": b"# By the person\n"}
    fleet.main.git("checkout", "README.md")
    assert land(fleet).state is MergeState.MERGED


def test_a_dirty_checkout_that_does_not_overlap_keeps_its_changes(fleet: Fleet) -> None:
    fleet.main.commit({"mine.txt": "1\n", "staged.txt": "1\n"})
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.write({"mine.txt": "2\n", "staged.txt": "2\n", "new.txt": "n\n"})
    fleet.main.git("add", "staged.txt")
    assert land(fleet).state is MergeState.MERGED
    assert sorted(fleet.main.status()) == [" M mine.txt", "?? new.txt", "M  staged.txt"]
    assert fleet.main.files()["a.txt"] == b"a\n"


def test_an_ignored_file_in_the_way_is_not_overwritten(fleet: Fleet) -> None:
    fleet.main.commit({".gitignore": "local.cfg\n"})
    fleet.task("fix", {"local.cfg": "by the agent\n"})
    fleet.main.write({"local.cfg": "secret of the person\n"})
    before = fleet.tip()
    outcome = land(fleet)
    assert outcome.rejection is Rejection.CHECKOUT_DIRTY
    assert "local.cfg" in outcome.detail
    assert fleet.tip() == before
    assert fleet.main.files()["local.cfg"] == b"secret of the person\n"


def test_a_rebase_of_the_person_is_left_alone(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.checkout("topic", new=True)
    fleet.main.commit({"README.md": "# Topic\n"})
    fleet.main.checkout("main")
    fleet.main.commit({"README.md": "# Main\n"})
    with pytest.raises(AssertionError, match="could not apply"):
        fleet.main.git("rebase", "--onto", "topic", "main~1", "main")
    before = fleet.tip()
    outcome = land(fleet)
    assert (outcome.rejection, fleet.tip()) == (Rejection.CHECKOUT_BUSY, before)
    assert "busy: rebase" in outcome.detail
    fleet.main.git("rebase", "--abort")
    assert land(fleet).state is MergeState.MERGED


# ---------------------------------------------------------------- the branch


def test_uncommitted_files_in_the_worktree_refuse(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    worktree.write({"b.txt": "forgotten\n"})
    outcome = land(fleet)
    assert (outcome.rejection, outcome.detail) == (
        Rejection.UNCOMMITTED,
        "the worktree holds 1 file that no commit has",
    )
    assert worktree.files()["b.txt"] == b"forgotten\n"


def test_commits_on_a_detached_head_refuse(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    worktree.git("checkout", "-q", "--detach")
    lost = worktree.commit({"b.txt": "b\n"})
    outcome = land(fleet)
    assert outcome.rejection is Rejection.SOURCE_MOVED
    assert outcome.detail == f"the worktree is detached at {lost[:10]}, not on wta/fix"


def test_a_branch_that_moves_during_the_gate_is_not_landed_half(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    before = fleet.tip()
    fleet.use(gate=[f"cd {worktree.path} && git commit -q --allow-empty -m Late"])
    outcome = land(fleet)
    assert (outcome.rejection, fleet.tip()) == (Rejection.SOURCE_MOVED, before)
    assert worktree.subjects("-1") == ["Late"]


def test_a_branch_that_is_gone_is_named(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.git("update-ref", "-d", "refs/heads/wta/fix")
    outcome = land(fleet)
    assert outcome.rejection is Rejection.SOURCE_MOVED


def test_the_landed_tip_is_archived_where_no_agent_reaches(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    tip = worktree.tip("HEAD")
    request_id = land(fleet).request_id
    hub = RepositoryBuilder(fleet.context.paths.hub)
    assert hub.refs()[f"refs/wta/archive/fix/{request_id}/{tip}"] == tip


# ---------------------------------------------------------------- the machine


def test_a_person_without_a_name_is_asked_for_it(fleet: Fleet, sandbox: Sandbox) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    (sandbox.home / ".gitconfig").write_text("[user]\n\tname = Ada\n")
    outcome = land(fleet)
    assert (outcome.rejection, outcome.detail) == (
        Rejection.NO_IDENTITY,
        "git does not know who commits here",
    )


PLANTS = {
    "filter": ("config", '[filter "x"]\n\tsmudge = touch {fired}\n\tclean = touch {fired}\n'),
    "fsmonitor": ("config", "[core]\n\tfsmonitor = touch {fired}; false\n"),
    "include": ("config", "[include]\n\tpath = /dev/null\n"),
    "merge driver": ("config", '[merge "x"]\n\tdriver = touch {fired}\n'),
    "hook": ("hooks/post-checkout", "#!/bin/sh\ntouch {fired}\n"),
    "reference hook": ("hooks/reference-transaction", "#!/bin/sh\ntouch {fired}\n"),
    "attributes": ("info/attributes", "* filter=x merge=x\n"),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_what_an_agent_plants_runs_nowhere_and_freezes_the_landing(
    fleet: Fleet, tmp_path: Path, plant: str
) -> None:
    fleet.task("fix", {"a.txt": "a\n", ".gitattributes": "* filter=x merge=x\n"})
    fired = tmp_path / "fired"
    name, text = PLANTS[plant]
    path = fleet.main.path / ".git" / name
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as stream:
        stream.write(text.replace("{fired}", str(fired)))
    if name.startswith("hooks/"):
        path.chmod(0o755)
    before = (fleet.main.path / ".git/refs/heads/main").read_text()
    outcome = land(fleet)
    assert (outcome.state, outcome.rejection) == (MergeState.REJECTED, Rejection.TRIPWIRE)
    said = "the repository's configuration or hooks have changed: "
    assert outcome.detail.startswith(f"{said}{name}")
    assert outcome.hint == "look at it, then accept it: wta doctor --accept"
    assert not fired.exists()
    assert (fleet.main.path / ".git/refs/heads/main").read_text() == before


def test_what_a_person_accepts_lands(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.git("remote", "add", "origin", "https://example.invalid/x.git")
    assert land(fleet).rejection is Rejection.TRIPWIRE
    accept_tripwire(fleet.context)
    assert land(fleet).state is MergeState.MERGED


def test_what_a_person_accepts_of_a_task_lands(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    worktree.git("sparse-checkout", "set", "--no-cone", "/*")
    refused = land(fleet)
    assert refused.detail == (
        "the repository's configuration or hooks have changed: "
        "config changed; worktrees/fix/config.worktree appeared"
    )
    assert accept(fleet.context).data == (
        "config changed",
        "worktrees/fix/config.worktree appeared",
    )
    assert land(fleet).state is MergeState.MERGED


def test_settings_planted_at_the_checkout_of_the_target_stop_the_landing(
    fleet: Fleet, tmp_path: Path
) -> None:
    fleet.main.git("config", "extensions.worktreeConfig", "true")
    fleet.main.git("switch", "-q", "-c", "mine")
    fleet.main.git("worktree", "add", "-q", str(tmp_path / "target"), "main")
    accept_tripwire(fleet.context)
    fleet.task("fix", {"a.txt": "a\n", ".gitattributes": "* filter=x\n"})
    fired = tmp_path / "fired"
    (fleet.main.path / ".git/worktrees/target/config.worktree").write_text(
        f'[filter "x"]\n\tsmudge = touch {fired}; cat\n'
    )
    assert land(fleet).detail.endswith(": worktrees/target/config.worktree appeared")
    assert not fired.exists()


def test_a_worktree_that_was_deleted_stops_no_landing(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    worktree.path.rename(worktree.path.with_name("elsewhere"))
    assert land(fleet).state is MergeState.MERGED


def commands_for_of_the_repository_wait_for_trust(fleet: Fleet, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    fleet.main.commit({"wta.toml": f'[merge]\ngate = ["touch {fired}"]\nresolver = "none"\n'})
    fleet.task("fix", {"a.txt": "a\n", "wta.toml": '[merge]\ngate = ["true"]\n'})
    context = Context(fleet.main.path)
    with pytest.raises(ConfigError, match="not trusted"):
        merge(context, MergeRequestOptions(names=("fix",)))
    task = fleet.row("fix")
    with context.database.write() as db:
        add_merge_request(
            db,
            task_id=task.id,
            target=task.target,
            squash=False,
            skip_gate=False,
            at=context.clock.now(),
        )
    (outcome,) = land_waiting(context)
    assert (outcome.rejection, fired.exists()) == (Rejection.NOT_TRUSTED, False)
    trust(context)
    (outcome,) = merge(context, MergeRequestOptions(names=("fix",))).data
    assert (outcome.rejection, fired.exists()) == (Rejection.PROTECTED, False)
    (outcome,) = merge(context, MergeRequestOptions(names=("fix",), approve=True)).data
    assert (outcome.state, fired.exists()) == (MergeState.MERGED, True), outcome.detail
    assert outcome.gates[0].command == f"touch {fired}", "the branch's own file counts for nothing"
    context.close()


def test_a_store_of_objects_that_cannot_be_written_is_named_and_nothing_moves(
    fleet: Fleet,
) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    broken = fleet.context.paths.scratch
    broken.symlink_to("/dev/null")
    fleet.use(gate=["true"])
    before = fleet.tip()
    outcome = land(fleet)
    assert (outcome.state, outcome.rejection) == (MergeState.REJECTED, Rejection.FAULT)
    assert outcome.hint.endswith("then: wta merge fix")
    assert (fleet.tip(), os.path.realpath(broken)) == (before, "/dev/null")
