"""How a message reaches a running agent, and how its arrival is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api.script import bash, marker, script, text
from tests.support.claude_cli import PINNED_VERSION, ClaudeCli, ClaudeSession, events_of
from tests.support.messages_api import MessagesApi
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.claude

SESSION = "00000000-0000-4000-8000-0000000000aa"
FIRST, SECOND, THIRD, FOURTH = (f"20000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3, 4))
WAITING = "touch started; until test -e go; do sleep 0.02; done"
PROMPT = f"{marker('a')} Add a greeting."


def start(claude: ClaudeCli, cwd: Path, *flags: str) -> ClaudeSession:
    flags = flags or ("--session-id", SESSION)
    environment = claude.environment(bypass=True)
    bypass = ("--permission-mode", "bypassPermissions", "--replay-user-messages")
    return claude.start(*flags, *bypass, cwd=cwd, environment=environment)


def lifecycle(session: ClaudeSession, uuid: str) -> list[str]:
    """The states that the program announced for one message."""
    events = events_of(session.events, "command_lifecycle")
    return [str(event["state"]) for event in events if event["command_uuid"] == uuid]


def wait_queued(session: ClaudeSession, uuid: str) -> None:
    session.wait_for(lambda event: event.get("command_uuid") == uuid)


def test_a_turn_from_the_first_message_to_the_result_and_a_slash_is_a_command(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    steps = (bash("echo hello > greeting"), text("Done."), text("Two."))
    messages_api.add_script("a", script(*steps))
    with start(claude, repository.path) as session:
        session.say(PROMPT, uuid=FIRST)
        session.wait_for(lambda event: event.get("state") == "completed")
        turn = session.events
        session.say(" /clear", uuid=SECOND)
        session.wait_for_type("result", count=2)
        assert messages_api.requests[-1].user_texts[-1] == " /clear"
        session.say("/clear", uuid=THIRD)
        forgot = session.wait_for_type("result", count=3)
        ended = session.finish()

    assert [(event["type"], event.get("subtype")) for event in turn] == [
        ("command_lifecycle", None),
        ("command_lifecycle", None),
        ("system", "init"),
        ("user", None),
        ("assistant", None),
        ("user", None),
        ("assistant", None),
        ("result", "success"),
        ("command_lifecycle", None),
    ]
    init, echo, call, result = (turn[place] for place in (2, 3, 4, 7))
    assert init["session_id"] == SESSION
    assert init["cwd"] == str(repository.path)
    assert init["claude_code_version"] == PINNED_VERSION
    assert init["permissionMode"] == "bypassPermissions"
    assert (echo["uuid"], echo["isReplay"], echo["message"]["content"]) == (FIRST, True, PROMPT)
    assert call["message"]["content"][0]["input"]["command"] == "echo hello > greeting"
    assert (result["is_error"], result["result"], result["num_turns"]) == (False, "Done.", 2)
    assert lifecycle(session, FIRST) == ["queued", "started", "completed"]
    assert repository.files()["greeting"] == b"hello\n"

    assert len(messages_api.requests) == 3
    assert (forgot["local_command"], forgot["session_id"] == SESSION) == ("clear", False)
    assert len(events_of(ended.events, "conversation_reset")) == 1
    assert (ended.exit_code, ended.stderr) == (0, "")


def test_words_during_the_last_answer_are_a_turn_of_its_own_unless_taken_back(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    """And the end of stdin ends the program only after what is queued."""
    messages_api.add_script("a", script(text("One.", hold="last"), text("Two.")))
    with start(claude, repository.path) as session:
        session.say(PROMPT, uuid=FIRST)
        messages_api.wait_held("last")
        session.say("And then?", uuid=SECOND)
        wait_queued(session, SECOND)
        session.say("Never mind.", uuid=THIRD)
        wait_queued(session, THIRD)
        answer = session.ask("r1", "cancel_async_message", message_uuid=THIRD)
        session.close_stdin()
        messages_api.open_gate("last")
        ended = session.wait()
    assert [event["result"] for event in events_of(ended.events, "result")] == ["One.", "Two."]
    assert (ended.exit_code, messages_api.requests[1].user_texts[-1]) == (0, "And then?")
    assert answer["response"] == {"cancelled": True, "message_uuid": THIRD}
    assert lifecycle(session, THIRD) == ["queued", "cancelled"]
    assert not any(request.contains("Never mind.") for request in messages_api.requests)


def test_a_message_is_delivered_once_by_its_uuid_and_by_the_next_process_when_it_was_lost(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    steps = (text("One."), text("Two."), text("Three.", hold="g"), text("Four."))
    messages_api.add_script("a", script(*steps))
    with start(claude, repository.path) as session:
        session.say(PROMPT, uuid=FIRST)
        session.wait_for_type("result")
        session.say(PROMPT, uuid=FIRST)
        session.say("Second.", uuid=SECOND)
        session.wait_for_type("result", count=2)
        session.say("Third.", uuid=THIRD)
        messages_api.wait_held("g")
        session.say("Lost.", uuid=FOURTH)
        wait_queued(session, FOURTH)
        claude.wait_saved(SESSION, "Two.")
        session.kill()
    with start(claude, repository.path, "--resume", SESSION) as resumed:
        resumed.say("Second.", uuid=SECOND)
        resumed.say("Lost.", uuid=FOURTH)
        resumed.wait_for_type("result")
        ended = resumed.finish()
    assert lifecycle(resumed, SECOND) == ["completed"]
    assert lifecycle(resumed, FOURTH) == ["queued", "started", "completed"]
    assert ended.result["result"] == "Four."
    said = messages_api.requests[-1].user_texts
    assert [words for words in said if words in (PROMPT, "Second.", "Lost.")] == [
        PROMPT,
        "Second.",
        "Lost.",
    ]


def test_a_line_that_is_not_json_ends_the_program(
    claude: ClaudeCli, repository: RepositoryBuilder
) -> None:
    with start(claude, repository.path) as session:
        session.send_line(b"not json")
        ended = session.wait()
    assert (ended.exit_code, ended.lines) == (1, ())
    assert ended.stderr.startswith("Error parsing streaming input line")


def test_a_stop_cancels_what_waits_and_it_can_be_said_again(
    claude: ClaudeCli, messages_api: MessagesApi, repository: RepositoryBuilder
) -> None:
    """One interrupt and the end of stdin together, as a runner stops its agent."""
    messages_api.add_script("a", script(bash(WAITING), text("Back.")))
    with start(claude, repository.path) as session:
        session.say(PROMPT, uuid=FIRST)
        wait_until((repository.path / "started").exists, what="the command started")
        session.say("Waiting.", uuid=SECOND)
        wait_queued(session, SECOND)
        stop = {"subtype": "interrupt", "cancel_queued": True}
        session.send({"type": "control_request", "request_id": "r1", "request": stop})
        ended = session.finish()
    assert lifecycle(session, SECOND) == ["queued", "cancelled"]
    assert len(events_of(ended.events, "result")) == 1
    with start(claude, repository.path, "--resume", SESSION) as again:
        again.say("Waiting.", uuid=SECOND)
        again.wait_for_type("result")
        again.finish()
    assert lifecycle(again, SECOND) == ["queued", "started", "completed"]
    assert messages_api.requests[-1].user_texts[-1] == "Waiting."
