"""A worktree that somebody deleted by hand: it comes back with all that git still has of it."""

from __future__ import annotations

import shutil

import pytest

from tests.support.fleet import Fleet, scenario, work
from wtagents.agent.wording import load_words
from wtagents.core.errors import StateError
from wtagents.core.task import TaskState
from wtagents.git.hub import open_hub
from wtagents.git.worktrees import worktrees
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.stop import RetryRequest, retry

pytestmark = pytest.mark.e2e

LOSS = (
    "the worktree was gone and is made again on wta/a; "
    "what was neither committed nor staged is lost"
)
ON = ("run ls -A > seen", 'commit "Look"')


def ready(fleet: Fleet) -> None:
    fleet.spawn("a", *work())
    assert fleet.await_rest("a").state is TaskState.READY


def go_on(fleet: Fleet) -> tuple[str, ...]:
    return retry(fleet.context, RetryRequest(name="a", message=scenario(*ON))).messages


def test_what_was_committed_or_staged_comes_back_and_the_rest_is_named(fleet: Fleet) -> None:
    fleet.repository.commit({".gitignore": ".env\n.set-up\n", ".worktreeinclude": ".env\n"})
    fleet.repository.write({".env": "KEY=1\n"})
    fleet.configure(worktree={"setup": ["touch .set-up"]})
    ready(fleet)
    lost = fleet.worktree("a")
    lost.write({"staged.txt": "staged\n", "README.md": "# Staged\n"})
    lost.git("add", "staged.txt", "README.md")
    lost.write({"untracked.txt": "gone\n"})
    fleet.status("a")
    shutil.rmtree(lost.path)

    assert go_on(fleet) == (f"{LOSS} (3 uncommitted paths at the last look)",)

    assert fleet.await_rest("a").state is TaskState.READY
    files = lost.files()
    assert files["staged.txt"] == b"staged\n"
    assert files["README.md"] == b"# Staged\n"
    assert files["work.txt"] == b"done\n"
    names = {".env", ".set-up", ".git", "CLAUDE.local.md", "work.txt", "staged.txt", "README.md"}
    assert names < set(files["seen"].decode().split())
    assert "untracked.txt" not in files
    assert lost.status() == []
    subjects = lost.git("log", "--format=%s", "main..wta/a").splitlines()
    assert subjects == ["Look", "Add work.txt"]
    [_, again] = worktrees(fleet.context.repository)
    assert (again.path, again.branch) == (lost.path, "wta/a")
    assert again.ours is not None


def test_a_message_brings_it_back_too(fleet: Fleet) -> None:
    ready(fleet)
    shutil.rmtree(fleet.task("a").worktree.parent)

    said = send(fleet.context, SendRequest(name="a", text=scenario(*ON)))

    assert said.data.message.delivered_at is not None
    assert said.messages == (LOSS,)
    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.worktree("a").files()["work.txt"] == b"done\n"
    assert load_words("remade") in fleet.said("a").replace("\\n", "\n")


def test_an_agent_whose_worktree_goes_is_told_and_goes_on(fleet: Fleet) -> None:
    fleet.spawn("a", *work(), "run sleep 60")
    fleet.await_doing("a", "sleep 60")
    tip = fleet.repository.tip("wta/a")
    shutil.rmtree(fleet.task("a").worktree)

    assert fleet.await_rest("a").state is TaskState.READY

    assert fleet.endings("a") == ["agent_error", "completed"]
    assert load_words("remade") in fleet.run("a").prompt
    assert load_words("remade") not in fleet.runs("a")[0].prompt
    assert fleet.worktree("a").git("rev-parse", "HEAD") == tip


def test_the_branch_alone_is_enough(fleet: Fleet) -> None:
    ready(fleet)
    path, tip = fleet.task("a").worktree, fleet.repository.tip("wta/a")
    fleet.repository.git("worktree", "remove", "--force", "--force", str(path))

    assert len(go_on(fleet)) == 1

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.worktree("a").git("rev-parse", "HEAD^") == tip


def test_in_the_middle_of_a_rebase_it_begins_at_the_branch(fleet: Fleet) -> None:
    ready(fleet)
    worktree, tip = fleet.worktree("a"), fleet.repository.tip("wta/a")
    worktree.git("checkout", "--quiet", "--detach")
    loose = worktree.commit({"loose.txt": "x"}, "Loose")
    worktree.git("checkout", "--quiet", "wta/a")
    fleet.repository.commit({"work.txt": "theirs\n"}, "Clash")
    with pytest.raises(AssertionError, match="rebase main ended with 1"):
        worktree.git("rebase", "main")
    assert worktree.git("diff", "--name-only", "--diff-filter=U") == "work.txt"
    shutil.rmtree(worktree.path)

    assert len(go_on(fleet)) == 1

    assert fleet.await_rest("a").state is TaskState.READY
    assert worktree.git("rev-parse", "HEAD^") == tip
    assert worktree.status() == []
    hub = open_hub(fleet.context.paths, fleet.context.repository)
    assert loose in hub.archived(fleet.task("a").name, fleet.task("a").id)


def test_without_its_branch_nothing_is_begun(fleet: Fleet) -> None:
    ready(fleet)
    path, tip = fleet.task("a").worktree, fleet.repository.tip("wta/a")
    fleet.status("a")
    fleet.repository.git("worktree", "remove", "--force", "--force", str(path))
    fleet.repository.git("branch", "--quiet", "-D", "wta/a")

    with pytest.raises(StateError) as refused:
        go_on(fleet)

    assert refused.value.message == "worktree and branch of a are gone"
    assert refused.value.hint == f"git branch wta/a {tip}; then: wta retry a"
    fleet.repository.git("branch", "wta/a", tip)
    go_on(fleet)
    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.worktree("a").git("rev-parse", "HEAD^") == tip


def test_what_lies_in_its_place_stays_until_it_is_moved_away(fleet: Fleet) -> None:
    ready(fleet)
    worktree = fleet.worktree("a")
    (worktree.path / ".git").unlink()
    worktree.write({"mine.txt": "mine\n"})

    with pytest.raises(StateError) as refused:
        go_on(fleet)

    assert refused.value.hint == "move it away, then: wta retry a"
    assert (worktree.path / "mine.txt").read_text() == "mine\n"
    worktree.path.rename(worktree.path.with_name("kept"))
    go_on(fleet)
    assert fleet.await_rest("a").state is TaskState.READY
    assert "mine.txt" not in worktree.files()
