"""What an agent finds in its worktree, and what is never written there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support import watched_agent
from tests.support.environment import PROJECT, Sandbox
from tests.support.fleet import Fleet, scenario, work
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.steering.stop import RetryRequest, retry, stop
from wtagents.system.run_folder import load_order

pytestmark = pytest.mark.e2e

FILE = "CLAUDE.local.md"
ENTER = """\
import os, sys
sys.path.remove(os.getcwd())
from wtagents.cli.entry import run
run()
"""
"""`wta` that is itself not misled by the files of the folder it is called in."""


def spawn_claude(fleet: Fleet, sandbox: Sandbox, folder: Path) -> None:
    """Begin a task with an agent that takes instructions on its command line."""
    watched_agent.install(sandbox, folder)
    spec = AgentSpec(kind=AgentKind.CLAUDE)
    spawn(fleet.context, SpawnRequest(name="a", prompt=scenario(*work()), agent=spec))


def appended(fleet: Fleet) -> str:
    """Return the instructions that the agent was given beside its worktree, or ''."""
    order = load_order(fleet.folder("a"))
    assert order is not None
    option = "--append-system-prompt-file="
    paths = [each.removeprefix(option) for each in order.argv if each.startswith(option)]
    return "".join(Path(path).read_text() for path in paths)


def test_ignored_files_that_are_named_come_along(fleet: Fleet) -> None:
    fleet.repository.commit({".gitignore": ".env*\nbuild/\n", ".worktreeinclude": ".env\nbuild/\n"})
    fleet.repository.write({".env": "KEY=1\n", ".env.other": "no\n", "build/deep/a b": "c\n"})

    fleet.spawn("a", *work())

    assert fleet.await_rest("a").state is TaskState.READY
    there = fleet.worktree("a").files()
    assert there.keys() == {
        *(".env", ".gitignore", ".worktreeinclude", FILE, "README.md", "build/deep/a b"),
        "work.txt",
    }
    assert there[".env"] == b"KEY=1\n"
    assert fleet.worktree("a").status() == []


def test_the_instructions_say_what_the_task_is_and_what_others_do(fleet: Fleet) -> None:
    fleet.repository.write({FILE: "Use tabs.\n"})
    fleet.repository.git("update-index", "--refresh")
    fleet.spawn("other", "wait 60")
    fleet.spawn("a", *work())

    assert fleet.await_rest("a").state is TaskState.READY

    text = (fleet.task("a").worktree / FILE).read_text()
    for words in ("wta/a", "main", "`other`", "Use tabs."):
        assert words in text
    assert fleet.worktree("a").status() == []
    assert fleet.repository.git("status", "--porcelain") == ""


def test_a_tracked_file_of_that_name_is_not_touched(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    fleet.repository.commit({FILE: "Tracked.\n"})

    spawn_claude(fleet, sandbox, tmp_path)

    assert fleet.await_rest("a").state is TaskState.READY
    assert (fleet.task("a").worktree / FILE).read_text() == "Tracked.\n"
    assert "wta/a" in appended(fleet)


def test_a_link_of_that_name_is_not_followed(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    (fleet.repository.path / FILE).symlink_to(secret)
    fleet.repository.git("add", "--force", FILE)
    fleet.repository.commit({}, "Link")

    spawn_claude(fleet, sandbox, tmp_path)

    assert fleet.await_rest("a").state is TaskState.READY
    assert secret.read_text() == "mine"
    assert (fleet.task("a").worktree / FILE).is_symlink()
    assert "wta/a" in appended(fleet)


def test_a_file_that_somebody_made_there_stays(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    spawn_claude(fleet, sandbox, tmp_path)
    assert fleet.await_rest("a").state is TaskState.READY
    assert appended(fleet) == ""
    (fleet.task("a").worktree / FILE).write_text("Mine.\n")

    retry(fleet.context, RetryRequest(name="a", message=scenario(*work("two.txt"))))

    assert fleet.await_rest("a").state is TaskState.READY
    assert (fleet.task("a").worktree / FILE).read_text() == "Mine.\n"
    assert "wta/a" in appended(fleet)


def test_an_agent_knows_its_task_by_its_environment(fleet: Fleet) -> None:
    names = "WTA_TASK WTA_WORKTREE CLAUDE_AGENT_ID CLAUDE_WORKTREE"
    fleet.spawn("feat/x", f"run for n in {names}; do printenv $n; done > env", 'commit "env"')

    task = fleet.await_rest("feat/x")

    place = str(task.worktree)
    assert (task.worktree / "env").read_text().splitlines() == ["feat/x", place, "feat/x", place]


def test_an_agent_whose_git_link_is_lost_reaches_no_repository_further_up(fleet: Fleet) -> None:
    outer = fleet.context.settings.worktree.root.replace("{repository}", "project")
    home = (fleet.context.common_dir.parent / outer).resolve()
    home.mkdir()
    around = RepositoryBuilder.create(home)
    around.commit({"a.txt": "one\n"}, "Begin")
    before = around.tip("HEAD")

    fleet.spawn("a", "run mv .git .gone; git add -A; git commit -qm lost; mv .gone .git; true")
    fleet.await_rest("a")

    assert around.tip("HEAD") == before


def test_an_agent_that_was_stopped_off_its_branch_goes_on_there(fleet: Fleet) -> None:
    fleet.spawn("a", *work(), "run git checkout --quiet --detach", "run sleep 60")
    fleet.await_doing("a", "sleep 60")
    stop(fleet.context, ["a"])

    retry(fleet.context, RetryRequest(name="a", message=scenario("run git checkout -q wta/a")))

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.worktree("a").git("symbolic-ref", "HEAD") == "refs/heads/wta/a"


@pytest.mark.parametrize("kind", ["command", "scripted"])
def test_a_relative_python_path_reaches_the_agent_and_none_of_our_programs(
    fleet: Fleet, sandbox: Sandbox, kind: str
) -> None:
    given = f"{os.path.relpath(PROJECT, fleet.repository.path)}{os.pathsep}."
    trap = "raise SystemExit('imported')\n"
    fleet.repository.commit({"json.py": trap, "select.py": trap})
    look = "printenv PYTHONPATH > seen && git add seen && git commit -qm Look"
    ways = {
        "command": ("do it", "--agent", "command", "--", "sh", "-c", look),
        "scripted": (scenario(*work()),),
    }
    sandbox.set_variable("PYTHONPATH", given)

    argv = (sys.executable, "-P", "-c", ENTER, "spawn", "a", *ways[kind])
    done = run_to_end(argv, cwd=fleet.repository.path)

    assert done.returncode == 0, done.stderr.decode()
    assert fleet.await_rest("a").state is TaskState.READY
    if kind == "command":
        assert fleet.worktree("a").files()["seen"].decode() == f"{given}\n"
