"""Lines of stream-json that no recording holds, and lines that nobody should write."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtagents.agent.events import (
    Asked,
    Compacted,
    Denied,
    Event,
    Failed,
    Noted,
    RateLimited,
    Retrying,
    Said,
    Started,
    Thought,
    ToolReturned,
    ToolUsed,
    Unknown,
    UserSaid,
)
from wtagents.agent.reader import ClaudeReader
from wtagents.agent.repeats import mark_of
from wtagents.agent.stream import parse_line, summary_of

STREAMS = Path(__file__).parents[1] / "data" / "streams"
RECORDED = [line for path in sorted(STREAMS.glob("*")) for line in path.read_bytes().splitlines()]
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def said(**fields: Any) -> tuple[Event, ...]:
    return parse_line(json.dumps(fields).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """A recorded line in which one value, at any depth, is replaced by anything."""
    document = json.loads(draw(st.sampled_from(RECORDED)))
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and draw(st.booleans()):
            place = place[key]
            continue
        place[key] = draw(JSON)
        return json.dumps(document).encode()


@given(st.lists(damaged_lines() | st.binary(max_size=60) | st.sampled_from(RECORDED), max_size=8))
def test_no_line_stops_the_reader(lines: list[bytes]) -> None:
    reader = ClaudeReader()
    for line in lines:
        reader.feed(line, at=AT)
    assert reader.state.usage.turns >= 0
    assert "\n" not in reader.state.doing


@pytest.mark.parametrize(
    "line",
    [b"", b" ", b"\n", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b"1" * 10_000],
)
def test_what_is_no_object_says_nothing_or_is_unknown(line: bytes) -> None:
    assert all(isinstance(event, Unknown) for event in parse_line(line))
    assert len(parse_line(line)) == bool(line.strip())


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "novelty"},
        {"type": "system", "subtype": "novelty"},
        {"type": "command_lifecycle", "state": "novelty"},
        {"type": "control_request", "request": {"subtype": "novelty"}},
        {"type": "assistant", "message": {"content": [{"type": "novelty"}]}},
        {},
    ],
)
def test_a_novelty_passes_and_is_counted(fields: dict[str, Any]) -> None:
    reader = ClaudeReader()
    reader.feed(json.dumps(fields).encode(), at=AT)
    assert reader.state.unknown == 1


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        (
            {"type": "system", "subtype": "init", "session_id": "s", "cwd": "/w", "model": "m"}
            | {"mcp_servers": [{"name": "a", "status": "failed"}, {"name": "b"}]},
            Started(
                session_id="s",
                model="m",
                permission_mode="",
                version="",
                cwd="/w",
                tools=(),
                failed_servers=("a",),
            ),
        ),
        (
            {"type": "system", "subtype": "api_retry", "attempt": 2, "max_retries": 10}
            | {"retry_delay_ms": 1500.5, "error_status": None, "error": "unknown"},
            Retrying(attempt=2, limit=10, seconds=1.5005, error="unknown", status=None),
        ),
        (
            {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed", "resetsAt": 60}},
            RateLimited(
                status="allowed",
                limit="",
                utilization=None,
                resets_at=datetime(1970, 1, 1, 0, 1, tzinfo=UTC),
            ),
        ),
        (
            {"type": "rate_limit_event", "rate_limit_info": {"resetsAt": 1e300}},
            RateLimited(status="", limit="", utilization=None, resets_at=None),
        ),
        (
            {"type": "system", "subtype": "compact_boundary"}
            | {"compact_metadata": {"pre_tokens": 9, "post_tokens": 4}},
            Compacted(before=9, after=4),
        ),
        (
            {"type": "system", "subtype": "vcs_state_changed", "kind": "push", "branch": "b"},
            Noted(kind="vcs state changed", text="b"),
        ),
        (
            {"type": "system", "subtype": "permission_denied", "tool_name": "Bash\x1b[2J"}
            | {"tool_use_id": "t", "message": "no\nno"},
            Denied(tool_id="t", tool="Bash", text="no no"),
        ),
        (
            {"type": "user", "message": {"content": "hi"}, "uuid": "u", "isReplay": True},
            UserSaid(text="hi", wire="u"),
        ),
        (
            {"type": "user", "message": {"content": "hi"}, "uuid": "u"},
            UserSaid(text="hi", wire=""),
        ),
        (
            {"type": "assistant", "error": "server_error", "api_error_status": 500}
            | {"message": {"model": "<synthetic>", "content": [{"type": "text", "text": "e"}]}},
            Failed(error="server_error", status=500, text="e", resets_at=None),
        ),
        (
            {"type": "control_request", "request_id": "q"}
            | {"request": {"subtype": "can_use_tool", "tool_name": "Edit", "tool_use_id": "t"}},
            Asked(request_id="q", tool="Edit", summary="", input={}, tool_id="t"),
        ),
    ],
)
def test_a_line_says(fields: dict[str, Any], event: Event) -> None:
    assert said(**fields) == (event,)


def test_blocks_of_one_message_are_events_of_their_own() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "hi"},
        {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "ls\n-l"}},
    ]
    events = said(type="assistant", message={"content": blocks}, parent_tool_use_id="p")
    assert events[1:] == (
        Thought(text="hm", child="p"),
        Said(text="hi", child="p"),
        ToolUsed(
            id="t",
            tool="Bash",
            summary="ls -l",
            mark=mark_of("Bash", {"command": "ls\n-l"}),
            child="p",
        ),
    )


def test_a_result_may_be_a_text_or_blocks() -> None:
    for content in ("a\nb", [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]):
        block = {"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": content}
        assert said(type="user", message={"content": [block]}) == (
            ToolReturned(id="t", failed=True, text="a\nb"),
        )


@pytest.mark.parametrize(
    ("tool_input", "summary"),
    [
        ({"command": "pytest -q", "description": "Run"}, "pytest -q"),
        ({"file_path": "/w/t/src/a.py", "content": "x"}, "src/a.py"),
        ({"pattern": "a.*b", "path": "/w/t/src"}, "a.*b"),
        ({"description": "Look", "prompt": "long"}, "Look"),
        ({"command": "cat /w/t/a /w/t2/b"}, "cat a /w/t2/b"),
        ({"todos": [1, 2]}, '{"todos": [1, 2]}'),
        ({"command": "\x1b]0;x\x07ls"}, "ls"),
        ({"command": "x" * 500}, "x" * 159 + "…"),
        ({}, ""),
    ],
)
def test_a_tool_and_its_input_in_one_line(tool_input: dict[str, Any], summary: str) -> None:
    assert summary_of(tool_input, root="/w/t") == summary
