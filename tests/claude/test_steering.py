"""Permission questions, interrupts and other control requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api.script import bash, marker, script, text
from tests.support.claude_cli import ClaudeCli, ClaudeSession, events_of
from tests.support.messages_api import MessagesApi
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.claude

PROMPT = f"{marker('a')} Add a greeting."
FIRST, SECOND = (f"20000000-0000-4000-8000-00000000000{n}" for n in (1, 2))


def start_asking(claude: ClaudeCli, cwd: Path) -> ClaudeSession:
    return claude.start("--permission-prompt-tool", "stdio", cwd=cwd)


def start_free(claude: ClaudeCli, cwd: Path) -> ClaudeSession:
    flags = ("--permission-mode", "bypassPermissions")
    return claude.start(*flags, cwd=cwd, environment=claude.environment(bypass=True))


def test_a_person_allows_changes_and_denies(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    steps = (bash("touch as-asked"), bash("touch wrong"), bash("touch denied"), text("Done."))
    messages_api.add_script("a", script(*steps))
    with start_asking(claude, repository.path) as session:
        session.say(PROMPT)
        question = session.wait_for_type("control_request")
        session.answer(question, {"behavior": "allow"})
        changed = {"behavior": "allow", "updatedInput": {"command": "touch right"}}
        session.answer(session.wait_for_type("control_request", count=2), changed)
        denied = {"behavior": "deny", "message": "Not this file."}
        session.answer(session.wait_for_type("control_request", count=3), denied)
        session.wait_for_type("result")
        ended = session.finish()

    request = question["request"]
    assert (request["subtype"], request["tool_name"]) == ("can_use_tool", "Bash")
    assert request["input"] == {"command": "touch as-asked", "description": "scripted"}
    call = events_of(ended.events, "assistant")[0]["message"]["content"][0]
    assert request["tool_use_id"] == call["id"]
    assert sorted(repository.files()) == ["README.md", "as-asked", "right"]
    results = messages_api.requests[-1].tool_results
    assert [result.is_error for result in results] == [False, False, True]
    assert results[2].text.startswith("Not this file.")
    (denial,) = ended.result["permission_denials"]
    assert denial["tool_input"]["command"] == "touch denied"
    assert (ended.exit_code, ended.result["is_error"]) == (0, False)


def test_an_interrupt_withdraws_the_question_and_a_late_answer_does_nothing(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    messages_api.add_script("a", script(bash("touch x"), text("Back.")))
    with start_asking(claude, repository.path) as session:
        session.say(PROMPT)
        question = session.wait_for_type("control_request")
        session.ask("r1", "interrupt")
        withdrawn = session.wait_for_type("control_cancel_request")
        session.wait_for_type("result")
        session.answer(question, {"behavior": "allow"})
        session.say("Go on.")
        ended_turn = session.wait_for_type("result", count=2)
        ended = session.finish()
    assert withdrawn["request_id"] == question["request_id"]
    assert ended_turn["result"] == "Back."
    assert ended.exit_code == 0
    assert sorted(repository.files()) == ["README.md"]


def test_an_interrupt_ends_the_turn_but_not_the_program(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    messages_api.add_script("a", script(bash("touch started; exec sleep 600"), text("Back.")))
    with start_free(claude, repository.path) as session:
        session.say(PROMPT, uuid=FIRST)
        wait_until((repository.path / "started").exists, what="the command started")
        session.say("Queued.", uuid=SECOND)
        session.wait_for(lambda event: event.get("command_uuid") == SECOND)
        answer = session.ask("r1", "interrupt")
        stopped = session.wait_for_type("result")
        session.wait_for_type("result", count=2)
        ended = session.finish()
    assert answer["response"] == {"still_queued": [SECOND]}
    assert (stopped["subtype"], stopped["is_error"]) == ("error_during_execution", True)
    assert stopped["terminal_reason"] == "aborted_tools"
    assert (ended.exit_code, ended.result["result"]) == (0, "Back.")
    states = [(e["command_uuid"], e["state"]) for e in events_of(ended.events, "command_lifecycle")]
    assert (FIRST, "cancelled") in states
    assert messages_api.requests[-1].user_texts[-1] == "Queued."


def test_control_requests_are_answered_without_a_turn(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    with start_asking(claude, repository.path) as session:
        known = session.ask("r1", "initialize")
        mode = session.ask("r2", "set_permission_mode", mode="acceptEdits")
        unknown = session.ask("r3", "nonsense")
        ended = session.finish()
    assert {"commands", "models", "agents"} <= set(known["response"])
    assert mode["response"] == {"mode": "acceptEdits"}
    assert (unknown["subtype"], unknown["error_code"]) == ("error", "unsupported_request")
    assert (ended.exit_code, messages_api.requests) == (0, ())
