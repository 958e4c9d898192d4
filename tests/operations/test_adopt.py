"""Worktrees that somebody else made: seen, and taken over only where that is safe."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import start_apart
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from tests.support.wta import wta
from wtagents.core.errors import StateError, UsageError
from wtagents.core.run import RunState
from wtagents.core.task import TaskState
from wtagents.git import admin
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.keeping.undelete import undelete
from wtagents.operations.steering.adopt import Adopted, AdoptRequest, adopt
from wtagents.operations.steering.foreign import observe_foreign
from wtagents.store.runs import runs_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox

SESSION = "20000000-0000-4000-8000-000000000001"


def foreign(fleet: Fleet, name: str = "try") -> RepositoryBuilder:
    """Return a worktree of a person, with a commit and a draft."""
    made = fleet.main.worktree(fleet.main.path.parent / name, f"worktree-{name}")
    made.commit({"a": "1\n"}, "Begin by hand")
    made.write({"draft": "d\n"})
    return made


def say(sandbox: Sandbox, folder: Path, words: str, *, cwd: str = "") -> None:
    """Let Claude Code have saved a conversation there."""
    slug = re.sub(r"[^A-Za-z0-9]", "-", str(folder))
    place = sandbox.home / ".claude" / "projects" / slug
    place.mkdir(parents=True, exist_ok=True)
    message = {"role": "user", "content": words}
    line = {"type": "user", "cwd": cwd or str(folder), "message": message}
    (place / f"{SESSION}.jsonl").write_text(f"not JSON\n{json.dumps(line)}\n")


def taken(fleet: Fleet, path: Path, name: str = "", **request: str) -> Adopted:
    return adopt(fleet.context, AdoptRequest(path=path, name=name, **request)).data


def test_a_worktree_with_its_branch_and_its_conversation(fleet: Fleet, sandbox: Sandbox) -> None:
    made = foreign(fleet)
    base = fleet.main.tip("main")
    fleet.main.commit({"beside": "1\n"})
    say(sandbox, made.path, "Fix the login.")
    files, status = made.files(), made.status()
    done = taken(fleet, made.path)
    task = done.task
    assert (task.name, task.state, task.prompt) == ("try", TaskState.STOPPED, "Fix the login.")
    assert (task.branch, task.base, task.target) == ("wta/try", base, "main")
    assert (made.files(), made.status()) == (files, status)
    assert made.git("symbolic-ref", "HEAD") == "refs/heads/wta/try"
    assert fleet.main.tip("worktree-try") == made.tip("HEAD")
    with fleet.context.database.read() as db:
        (run,) = runs_of(db, task.id)
    assert (run.session_id, run.state, run.resumes) == (SESSION, RunState.EXITED, True)
    assert observe_foreign(fleet.context) == ()
    with pytest.raises(StateError, match="belongs to the task try"):
        taken(fleet, made.path, "again")
    made.write({"draft": None})
    fleet.context.close()
    wta(fleet.main.path, "merge", "try")
    assert fleet.main.subjects("main")[:2] == ["Begin by hand", "Change files"]
    cleanup(fleet.context, CleanupRequest())
    assert not made.path.exists()
    undelete(fleet.context, "try")
    assert made.tip("HEAD") == made.tip("worktree-try") == made.tip("wta/try")


def test_all_of_it_is_seen_and_nothing_is_touched(fleet: Fleet, sandbox: Sandbox) -> None:
    fleet.task("ours", {"b": "1\n"})
    made, other = foreign(fleet), foreign(fleet, "other")
    other = RepositoryBuilder(other.path.rename(other.path.with_name("other\x1b[31m")))
    other.git("worktree", "repair")
    say(sandbox, made.path, "Fix it.")
    say(sandbox, other.path, "Had elsewhere.", cwd="/somewhere/else")
    refs = fleet.main.refs()
    seen = wta(fleet.main.path, "status", "--all", "--json").data
    assert [item["task"]["name"] for item in seen["tasks"]] == ["ours"]
    assert {each["path"]: each["session_id"] for each in seen["foreign"]} == {
        str(made.path): SESSION,
        str(other.path): "",
    }
    shown = wta(fleet.main.path, "status", "--all").stdout
    assert "seen, not managed" in shown
    assert "\x1b" not in shown
    assert fleet.main.refs() == refs
    wta(fleet.main.path, "status", "--all", "ours", status=2)


def test_what_is_unsafe_is_refused_and_left_as_it_is(fleet: Fleet, tmp_path: Path) -> None:
    made = foreign(fleet)
    elsewhere = RepositoryBuilder.create(tmp_path / "elsewhere")
    elsewhere.commit({"a": "1\n"})

    def refused(words: str, path: Path = made.path) -> None:
        refs = fleet.main.refs()
        with pytest.raises(StateError, match=words):
            taken(fleet, path, "new")
        assert fleet.main.refs() == refs

    fleet.main.branch("wta/new", "main")
    refused("exists already")
    fleet.main.git("branch", "-D", "wta/new")
    refused("is the main worktree", fleet.main.path)
    refused("is no worktree of this repository", elsewhere.path)
    refused("is no worktree of this repository", made.path / "below")
    with pytest.raises(UsageError):
        taken(fleet, made.path, "-x")
    made.git("worktree", "lock", "--reason", "on a stick", str(made.path))
    refused("is locked")
    made.git("worktree", "unlock", str(made.path))
    made.git("add", "draft")
    made.git("stash", "-q")
    made.checkout("HEAD~1")
    refused("is on no branch")
    made.checkout("worktree-try")
    made.git("cherry-pick", "--no-commit", "main")
    (admin_dir_of(fleet, made.path) / "CHERRY_PICK_HEAD").write_text(f"{made.tip('main')}\n")
    refused("a cherry-pick is in progress")
    made.git("cherry-pick", "--quit")
    program = tmp_path / "claude"
    program.symlink_to(sys.executable)
    started = start_apart([str(program), "-c", "import time; time.sleep(60)"], cwd=made.path)
    wait_until(lambda: observe_foreign(fleet.context)[0].processes, what="it is at work")
    refused(r"claude.* \(pid \d+\) works in")
    started.kill()
    started.communicate()
    wait_until(lambda: not observe_foreign(fleet.context)[0].processes, what="it is gone")
    assert taken(fleet, made.path, "new").session_id == ""


def admin_dir_of(fleet: Fleet, path: Path) -> Path:
    found = admin.admin_dir(fleet.context.repository, path)
    assert found is not None
    return found


def test_a_lock_that_claude_left_is_no_lock_and_one_of_a_living_session_is(fleet: Fleet) -> None:
    made = foreign(fleet)
    lock = admin_dir_of(fleet, made.path) / "locked"
    lock.write_text(f"claude session try (pid {os.getpid()} start 1)")
    with pytest.raises(StateError, match="is locked"):
        taken(fleet, made.path)
    lock.write_text("claude session try (pid 4194304 start 1)")
    fleet.main.branch("wta/try", "worktree-try")  # as an adoption that was killed leaves it
    assert taken(fleet, made.path).task.name == "try"
    assert lock.read_text().startswith("wta v1 task=try ")
