"""`tests/data/streams` is what the pinned program writes: the parser is tested against these files.

When this fails after a new pin: `python -m tests.support.record_streams`, then read the difference.
Each comparison is a start of the program, and a recording names the version that wrote it. So those
are left out whose story the program tells in another test, too: `WTA_TEST_RECORDINGS=all
scripts/test tests/claude/test_recorded_streams.py` compares every one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.claude_cli import PINNED_VERSION, events_of, require_program
from tests.support.record_streams import RECIPES, STREAMS, record

NAMES = [recipe.__name__ for recipe in RECIPES]
RESUMED_NOTHING = "resume_of_unknown_session"
ELSEWHERE = {
    "interrupted_then_continued": "test_adapter",
    "killed_in_a_tool": "e2e/test_real_claude_killed",
    "message_during_a_turn": "test_messages",
    "permission_asked": "e2e/test_real_claude",
    "rate_limited": "e2e/test_real_claude_failures",
    "retries_then_overloaded": "e2e/test_real_claude_failures",
    "retry_then_success": "e2e/test_real_claude_failures",
    "structured_output": "test_structured_output",
    "success_with_commit": "e2e/test_real_claude",
    "unauthorized": "e2e/test_real_claude_failures",
}
"""Recordings whose story the program tells in another test, too, and in which."""
COMPARED = [n for n in NAMES if n not in ELSEWHERE or os.environ.get("WTA_TEST_RECORDINGS")]
STATUS = dict.fromkeys(NAMES, 0) | {
    "killed_in_a_tool": -9,
    "max_turns": 1,
    "over_budget": 1,
    "permission_asked": 1,
    "rate_limited": 1,
    "resume_of_unknown_session": 1,
    "retries_then_overloaded": 1,
    "subscription_limit": 1,
    "unauthorized": 1,
}
"""With what the program ends."""
CHANGING = ("id", "Id", "uuid", "_ms", "_time", "timestamp")
"""How the names of values end that are others in every run."""


def shapes(events: list[Any]) -> set[tuple[str, ...]]:
    """Kind and keys of every event and of every content block."""
    found: set[tuple[str, ...]] = set()
    for event in events:
        kind = f"{event['type']}/{event.get('subtype', '')}"
        found.add((kind, *sorted(event)))
        message = event.get("message")
        content = message["content"] if isinstance(message, dict) else ()
        for block in content if isinstance(content, list) else ():
            found.add((f"{kind}/{block['type']}", *sorted(block)))
    return found


def facts(events: list[Any]) -> set[tuple[str, str, Any]]:
    """Every value that is the same in every run, with the kind of its event and its place."""
    all_told = [(each, list(leaves(each))) for each in events]
    changing = {str(value) for _, told in all_told for path, value in told if changes(path)}
    return {
        (f"{event['type']}/{event.get('subtype', '')}", path, without(changing, value))
        for event, told in all_told
        for path, value in told
        if not changes(path)
    }


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, f"{path}[]")
    else:
        yield path, value


def changes(path: str) -> bool:
    return path.endswith(CHANGING)


def without(changing: set[str], value: Any) -> Any:
    """Return a text without the ids of its run."""
    if isinstance(value, str):
        for each in changing:
            value = value.replace(each, "*") if len(each) >= len("bfz0w63xu") else value
    return value


def recorded(name: str) -> list[Any]:
    lines = (STREAMS / f"{name}.ndjson").read_bytes().splitlines()
    return [json.loads(line) for line in lines]


def test_every_recipe_has_its_file_and_every_file_its_recipe() -> None:
    assert sorted(path.name for path in STREAMS.iterdir()) == sorted(f"{n}.ndjson" for n in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_of_the_pinned_version_and_of_no_machine(name: str) -> None:
    starts = events_of(recorded(name), "system", "init")
    assert {event["claude_code_version"] for event in starts} == (
        set() if name == RESUMED_NOTHING else {PINNED_VERSION}
    )
    assert {event["cwd"] for event in starts} <= {"/home/dev/src/repo-worktrees/greeting"}
    assert b"/tmp/tmp" not in (STREAMS / f"{name}.ndjson").read_bytes()


@pytest.mark.claude
@pytest.mark.parametrize("name", COMPARED)
def test_the_program_still_writes_what_was_recorded(name: str) -> None:
    """Each value: so what a recording tells, here and of the parser, the program does."""
    recipe = RECIPES[NAMES.index(name)]
    ended = record(recipe, program=require_program(), order=NAMES.index(name) + 1)
    before, now = recorded(name), list(ended.events)
    assert sorted(shapes(before) - shapes(now)) == []
    assert sorted(facts(before) - facts(now), key=str) == []
    assert ended.exit_code == STATUS[name]
    assert "error" not in ended.stderr.lower()


# ------------------------------------------------------------------ what the recordings tell


@pytest.mark.parametrize(
    ("name", "status", "error", "kind"),
    [
        ("unauthorized", 401, "authentication_failed", "authentication_error"),
        ("rate_limited", 429, "rate_limit", "rate_limit_error"),
        ("retries_then_overloaded", 529, "server_error", "overloaded_error"),
    ],
)
def test_an_api_failure_is_told_by_is_error_and_status_not_by_subtype(
    name: str, status: int, error: str, kind: str
) -> None:
    events = recorded(name)
    result, said = events[-1], events_of(events, "assistant")[-1]
    assert (result["type"], result["subtype"], result["is_error"]) == ("result", "success", True)
    assert (result["api_error_status"], result["api_error_type"]) == (status, kind)
    assert (said["message"]["model"], said["error"]) == ("<synthetic>", error)
    assert result["terminal_reason"] == "api_error"


def test_retries_are_announced() -> None:
    (retry,) = events_of(recorded("retry_then_success"), "system", "api_retry")
    assert (retry["attempt"], retry["max_retries"], retry["error_status"]) == (1, 10, 500)


def test_a_prompt_that_is_too_long_is_compacted() -> None:
    (boundary,) = events_of(recorded("compaction"), "system", "compact_boundary")
    assert boundary["compact_metadata"]["trigger"] == "auto"


def test_the_turn_limit_is_an_error_of_its_own() -> None:
    result = recorded("max_turns")[-1]
    assert (result["subtype"], result["is_error"]) == ("error_max_turns", True)


def test_without_a_person_a_tool_is_denied_and_the_run_still_succeeds() -> None:
    events = recorded("permission_denied_without_a_person")
    assert [denial["tool_name"] for denial in events[-1]["permission_denials"]] == ["Bash"]
    assert events[-1]["is_error"] is False
    assert len(events_of(events, "system", "permission_denied")) == 1


def test_a_message_during_a_tool_belongs_to_its_turn() -> None:
    events = recorded("message_during_a_turn")
    second = events_of(events, "command_lifecycle")[-1]["command_uuid"]
    told = [e["state"] for e in events if e.get("command_uuid") == second]
    assert told == ["queued", "started", "completed"]
    assert len(events_of(events, "result")) == 1


def test_an_unknown_session_is_not_resumed() -> None:
    (told,) = recorded(RESUMED_NOTHING)
    session = "00000000-0000-4000-8000-000000000020"
    assert (told["type"], told["subtype"]) == ("result", "error_during_execution")
    assert told["errors"] == [f"No conversation found with session ID: {session}"]
