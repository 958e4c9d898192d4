"""A pull request: the branch is pushed, and a real program called gh is asked to open it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.stored import ended_run
from wtagents.core.errors import ExitCode, StateError
from wtagents.core.run import Usage
from wtagents.core.task import TaskState
from wtagents.operations.pr import PullRequest, PullRequestRequest, open_pull_request
from wtagents.operations.result import OperationResult
from wtagents.operations.tripwire import accept_tripwire

GH = """\
#!{python}
import json, os, pathlib, sys
seen = {{"argv": sys.argv[1:], "stdin": sys.stdin.read(), "cwd": os.getcwd(),
        "prompt": os.environ.get("GH_PROMPT_DISABLED")}}
pathlib.Path({place!r}).write_text(json.dumps(seen))
{end}
"""


@pytest.fixture
def remote(fleet: Fleet) -> RepositoryBuilder:
    path = fleet.main.path.parent / "remote.git"
    fleet.main.git("clone", "-q", "--bare", ".", str(path))
    fleet.main.git("remote", "add", "origin", str(path))
    accept_tripwire(fleet.context)
    return RepositoryBuilder(path)


def install_gh(sandbox: Sandbox, folder: Path, end: str) -> Path:
    """Put a program called gh first on PATH; return where it says what it was asked."""
    place, program = folder / "gh-seen.json", folder / "bin" / "gh"
    program.parent.mkdir(exist_ok=True)
    program.write_text(GH.format(python=sys.executable, place=str(place), end=end))
    program.chmod(0o755)
    sandbox.set_variable("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return place


def without_gh(sandbox: Sandbox, folder: Path) -> None:
    """Leave git alone on PATH."""
    import shutil

    program = shutil.which("git")
    assert program is not None
    (folder / "only").mkdir()
    (folder / "only" / "git").symlink_to(program)
    sandbox.set_variable("PATH", str(folder / "only"))


def ask(fleet: Fleet, *, dry_run: bool = False) -> OperationResult[PullRequest]:
    return open_pull_request(fleet.context, PullRequestRequest(name="fix", dry_run=dry_run))


BODY = ("--body-file", "-")
OPENED = "print('https://example.org/a/b/pull/7')"


def test_the_branch_is_pushed_and_gh_is_asked(
    fleet: Fleet, remote: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    place = install_gh(sandbox, tmp_path, OPENED)
    fix = fleet.task("fix", {"a.txt": "a\n"}, prompt="Fix it\nwith care", subject="First")
    fix.commit({"b.txt": "b\n"}, "Second\n\nWta-Run: forged")
    task = fleet.row("fix")
    with fleet.context.database.write() as db:
        run = ended_run(db, task, usage=Usage(cost_usd=0.5, model="claude-x"))
    result = ask(fleet)
    assert (result.exit_code, result.data.address) == (
        ExitCode.OK,
        "https://example.org/a/b/pull/7",
    )
    assert remote.tip("wta/fix") == fix.tip("HEAD") == result.data.commit
    seen = json.loads(place.read_text())
    assert seen == {
        "argv": ["pr", "create", "--head", "wta/fix", "--base", "main", "--title", "Fix it", *BODY],
        "stdin": "> Fix it\n> with care\n\n- First\n- Second\n\n"
        f"Wta-Task: fix\nWta-Run: {run.id}\nWta-Model: claude-x\nWta-Cost: 0.5000 USD\n",
        "cwd": str(fleet.main.path),
        "prompt": "1",
    }
    assert fleet.row("fix").state is TaskState.READY


def test_once_more_pushes_what_was_added_or_rewritten(
    fleet: Fleet, remote: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    exists = 'a pull request for branch "wta/fix" already exists:\\nhttps://example.org/a/pull/7'
    install_gh(sandbox, tmp_path, f"sys.exit('{exists}')")
    fix = fleet.task("fix", {"a.txt": "a\n"})
    ask(fleet)
    fix.git("commit", "-q", "--amend", "-m", "In other words")
    result = ask(fleet)
    assert (result.exit_code, result.data.detail) == (ExitCode.OK, "it was open already")
    assert result.data.address == "https://example.org/a/pull/7"
    assert remote.tip("wta/fix") == fix.tip("HEAD")


def test_commits_of_somebody_else_on_the_branch_are_never_overwritten(
    fleet: Fleet, remote: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    install_gh(sandbox, tmp_path, OPENED)
    fix = fleet.task("fix", {"a.txt": "a\n"})
    ask(fleet)
    somebody = RepositoryBuilder(tmp_path / "somebody")
    remote.git("clone", "-q", "--branch", "wta/fix", str(remote.path), str(somebody.path))
    review = somebody.commit({"a.txt": "better\n"}, "Review")
    somebody.git("push", "-q", "origin", "wta/fix")
    fix.commit({"b.txt": "b\n"})
    result = ask(fleet)
    assert (result.exit_code, result.data.pushed) == (ExitCode.UNFULFILLED, False)
    assert result.data.detail == "wta/fix on origin has commits that are not here"
    assert remote.tip("wta/fix") == review


def test_without_gh_the_text_and_the_command_are_given(
    fleet: Fleet, remote: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    fix = fleet.task("fix", {"a.txt": "a\n"}, prompt="Fix it", subject="Say 'it'; \x1b[31mred")
    without_gh(sandbox, tmp_path)
    result = ask(fleet)
    assert (result.exit_code, result.data.pushed) == (ExitCode.UNFULFILLED, True)
    assert result.data.hint == (
        "gh pr create --head wta/fix --base main --title 'Say '\"'\"'it'\"'\"'; red' --body-file -"
    )
    assert result.data.body == "> Fix it\n\n- Say 'it'; red\n\nWta-Task: fix\n"
    assert remote.tip("wta/fix") == fix.tip("HEAD")


def test_a_gh_that_fails_is_quoted(
    fleet: Fleet, remote: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    install_gh(sandbox, tmp_path, "sys.exit('To get started with GitHub CLI, run: gh auth login')")
    fleet.task("fix", {"a.txt": "a\n"})
    result = ask(fleet)
    assert result.data.detail == ("gh failed: To get started with GitHub CLI, run: gh auth login")
    assert "refs/heads/wta/fix" in remote.refs()


def test_a_dry_run_pushes_nothing(fleet: Fleet, remote: RepositoryBuilder) -> None:
    fleet.task("fix", {"a.txt": "a\n"}, subject="Add a")
    result = ask(fleet, dry_run=True)
    assert (result.exit_code, result.data.title) == (ExitCode.OK, "Add a")
    assert sorted(remote.refs()) == ["refs/heads/main"]


def test_what_is_not_ready_is_refused(fleet: Fleet, remote: RepositoryBuilder) -> None:
    fix = fleet.task("fix")
    with pytest.raises(StateError, match="wta/fix has no commit of its own"):
        ask(fleet)
    fix.commit({"a.txt": "a\n"})
    fix.write({"b.txt": "b\n"})
    with pytest.raises(StateError, match="the worktree holds 1 file that no commit has"):
        ask(fleet)
    fleet.requeue("fix")
    with pytest.raises(StateError, match="task fix is queued: its agent is not done"):
        ask(fleet)
    assert sorted(remote.refs()) == ["refs/heads/main"]
