"""How a run ends: failures of the API, limits, signals, and what a resume finds."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.api.script import (
    Failure,
    Reply,
    Script,
    Text,
    bash,
    marker,
    script,
    text,
    write,
)
from tests.support.claude_cli import ClaudeCli, ClaudeSession, Finished, events_of
from tests.support.environment import Sandbox
from tests.support.messages_api import MessagesApi
from tests.support.processes import kill_hard, survivors
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.claude

SESSION = "00000000-0000-4000-8000-0000000000aa"
PROMPT = f"{marker('a')} Add a greeting."
NAMED = ("--session-id", SESSION)


def run(
    claude: ClaudeCli, cwd: Path, *flags: str, bypass: bool = False, retries: int = 0
) -> Finished:
    environment = claude.environment(bypass=bypass, CLAUDE_CODE_MAX_RETRIES=str(retries))
    mode = ("--permission-mode", "bypassPermissions") if bypass else ()
    return claude.run(PROMPT, *(flags or NAMED), *mode, cwd=cwd, environment=environment)


def start_in_a_tool(claude: ClaudeCli, worktree: Path) -> ClaudeSession:
    """A run whose Bash command has started and made the file `started`."""
    mode = ("--permission-mode", "bypassPermissions")
    environment = claude.environment(bypass=True)
    session = claude.start(*NAMED, *mode, cwd=worktree, environment=environment)
    session.say(PROMPT)
    wait_until((worktree / "started").exists, what="the command started")
    return session


@pytest.mark.parametrize(
    ("failure", "error", "kind"),
    [
        (Failure(status=403), "authentication_failed", "permission_error"),
        (Failure(status=500), "server_error", "api_error"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Failure) else "",
)
def test_an_api_failure_is_told_by_is_error_and_status_not_by_subtype(
    claude: ClaudeCli,
    messages_api: MessagesApi,
    repository: RepositoryBuilder,
    failure: Failure,
    error: str,
    kind: str,
) -> None:
    messages_api.add_script("a", Script(steps=(), then=failure))
    ended = run(claude, repository.path)
    result, said = ended.result, events_of(ended.events, "assistant")[-1]
    assert (ended.exit_code, result["subtype"], result["is_error"]) == (1, "success", True)
    assert (result["api_error_status"], result["api_error_type"]) == (failure.status, kind)
    assert (said["message"]["model"], said["error"]) == ("<synthetic>", error)
    assert result["terminal_reason"] == "api_error"
    assert ended.stderr == ""


def test_a_cut_stream_is_asked_again(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    cut = Reply(content=(Text(text="words that never end"),), cut_after=4)
    messages_api.add_script("a", script(cut, text("Whole.")))
    ended = run(claude, repository.path, retries=1)
    (retry,) = events_of(ended.events, "system", "api_retry")
    assert retry["error_status"] is None
    assert (ended.exit_code, ended.result["result"]) == (0, "Whole.")


def test_two_lives_of_one_session_share_its_history_and_its_cost(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    messages_api.add_script("a", script(text("One."), text("Two.")))
    first = run(claude, repository.path)
    again = run(claude, repository.path)
    assert (again.exit_code, again.lines) == (1, ())
    assert again.stderr == f"Error: Session ID {SESSION} is already in use.\n"
    second = run(claude, repository.path, "--resume", SESSION)
    assert {event["session_id"] for event in (first.result, second.result)} == {SESSION}
    assert messages_api.requests[1].contains("One.")
    spent = sum(u["costUSD"] for u in second.result["model_usage_since_last_result"].values())
    before, total = first.result["total_cost_usd"], second.result["total_cost_usd"]
    assert spent > 0
    assert total == pytest.approx(before + spent)


def test_children_know_their_session_and_survive_a_sigkill(
    claude: ClaudeCli,
    messages_api: MessagesApi,
    repository: RepositoryBuilder,
    sandbox: Sandbox,
) -> None:
    command = "echo $CLAUDE_CODE_SESSION_ID $$ > seen; touch started; exec sleep 600"
    messages_api.add_script("a", script(bash(command), text("Resumed.")))
    with start_in_a_tool(claude, repository.path) as session:
        claude.wait_saved(SESSION, "exec sleep 600")
        session.signal(signal.SIGKILL)
        assert session.wait().exit_code == -signal.SIGKILL
    seen, pid = (repository.path / "seen").read_text().split()
    left = [each.pid for each in survivors(sandbox.mark)]
    for each in left:
        kill_hard(each)
    assert seen == SESSION
    assert int(pid) in left

    resumed = run(claude, repository.path, "--resume", SESSION, bypass=True)
    (lost,) = messages_api.requests[-1].tool_results
    assert (resumed.exit_code, resumed.result["result"]) == (0, "Resumed.")
    assert lost.text.startswith("[Tool call interrupted: the session ended before this call's")


def test_sigterm_takes_the_children_along_and_tells_no_result(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder, sandbox: Sandbox
) -> None:
    messages_api.add_script("a", script(bash("touch started; exec sleep 600")))
    with start_in_a_tool(claude, repository.path) as session:
        session.signal(signal.SIGTERM)
        ended = session.wait()
    assert ended.exit_code == 143
    assert events_of(ended.events, "result") == []
    wait_until(lambda: survivors(sandbox.mark) == [], what="the children ended")


def test_an_agent_commits_in_a_linked_worktree(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder, tmp_path: Path
) -> None:
    worktree = repository.worktree(tmp_path / "worktrees" / "greeting", "wta/greeting")
    steps = (
        write(str(worktree.path / "greeting.txt"), "hello\n"),
        bash("git add -A && git commit -q -m 'Add greeting'"),
        text("Done."),
    )
    messages_api.add_script("a", script(*steps))
    ended = run(claude, worktree.path, bypass=True)
    assert (ended.exit_code, ended.result["is_error"]) == (0, False)
    assert worktree.tree("wta/greeting")["greeting.txt"] == b"hello\n"
    assert repository.subjects("main..wta/greeting") == ["Add greeting"]
    assert worktree.status() == []
