"""One line of stream-json, as Claude Code writes it, to what it says.

`parse_line` never raises: a line that is not understood is an `Unknown`, which readers count. The
keys are those seen in versions 2.1.197 and 2.1.329; every key is optional.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from wtagents.agent.agenda import parse_agenda
from wtagents.agent.events import (
    Asked,
    ControlAnswered,
    Denied,
    Event,
    Failed,
    MessageMoved,
    MessageStage,
    Partial,
    QuestionWithdrawn,
    RateLimited,
    Request,
    Said,
    Thought,
    ToolReturned,
    ToolUsed,
    TurnEnded,
    Unknown,
    UserSaid,
)
from wtagents.agent.fields import (
    JsonObject,
    load_object,
    moment_of,
    number_of,
    object_of,
    objects_of,
    status_of,
    text_of,
    texts_of,
    whole_of,
    words_of,
)
from wtagents.agent.repeats import mark_of
from wtagents.agent.stream_system import SUMMARY_LIMIT, parse_system, unknown_line
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

_TELLING_KEYS = (
    "command",
    "file_path",
    "notebook_path",
    "pattern",
    "url",
    "query",
    "skill",
    "description",
    "path",
    "prompt",
)
"""Keys of a tool's input that say most about it, the best first."""
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SYNTHETIC = "<synthetic>"
"""Model of a message that the program made itself, for an API failure."""


def last_message(text: str) -> str:
    """Return the id of the last message that the agent itself wrote; '' for none."""
    for line in reversed(text.splitlines()):
        if '"assistant"' in line:
            fields = load_object(line.encode(errors="replace"))
            own = fields is not None and text_of(fields, "type") == "assistant"
            if own and fields and not text_of(fields, "parent_tool_use_id"):
                found = text_of(fields, "uuid")
                synthetic = text_of(object_of(fields, "message"), "model") == _SYNTHETIC
                if re.fullmatch(_UUID, found) and not synthetic:
                    return found
    return ""


def parse_line(line: bytes, *, root: str = "") -> tuple[Event, ...]:
    """Return what a line says; nothing for a line that says nothing to a person.

    Paths below `root` are shown relative to it.
    """
    if not line.strip():
        return ()
    fields = load_object(line)
    if fields is None:
        return (Unknown(kind="not JSON", text=printable(line.decode(errors="replace"), 200)),)
    kind = text_of(fields, "type")
    parse = _PARSERS.get(kind)
    if parse is None:
        return (unknown_line(fields, kind),)
    return parse(fields, root)


def summary_of(tool_input: JsonObject, *, root: str = "") -> str:
    """Return a tool's input in one printable line."""
    for key in _TELLING_KEYS:
        text = text_of(tool_input, key)
        if text:
            return printable(_shortened(text, root), SUMMARY_LIMIT)
    asked = [text_of(each, "question") for each in objects_of(tool_input, "questions")]
    if not tool_input or any(asked):
        return printable(" ".join(asked), SUMMARY_LIMIT)
    return printable(json.dumps(tool_input, ensure_ascii=False, default=str), SUMMARY_LIMIT)


def _shortened(text: str, root: str) -> str:
    return text.replace(f"{root.rstrip('/')}/", "") if root.strip("/") else text


def _assistant(fields: JsonObject, root: str) -> tuple[Event, ...]:
    message = object_of(fields, "message")
    child = text_of(fields, "parent_tool_use_id")
    if text_of(message, "model") == _SYNTHETIC:
        return (_synthetic(fields, message),)
    usage = object_of(message, "usage")
    request = Request(
        message_id=text_of(message, "id"),
        model=text_of(message, "model"),
        input_tokens=_input_tokens(usage),
        child=child,
    )
    blocks = objects_of(message, "content")
    return (request, *(event for block in blocks for event in _block(block, child, root)))


def _synthetic(fields: JsonObject, message: JsonObject) -> Event:
    words = words_of(message.get("content"))
    error = text_of(fields, "error")
    if not error:
        return Said(text=words, child=text_of(fields, "parent_tool_use_id"))
    limit = object_of(object_of(fields, "api_error_params"), "rate_limit_info")
    return Failed(
        error=error,
        status=status_of(fields, "api_error_status"),
        text=words,
        resets_at=moment_of(limit, "resetsAt"),
    )


def _block(block: JsonObject, child: str, root: str) -> tuple[Event, ...]:
    match block.get("type"):
        case "text":
            return (Said(text=text_of(block, "text"), child=child),)
        case "thinking" | "redacted_thinking":
            return (Thought(text=text_of(block, "thinking"), child=child),)
        case "tool_use" | "server_tool_use":
            used = ToolUsed(
                id=text_of(block, "id"),
                tool=printable(text_of(block, "name"), 80),
                summary=summary_of(object_of(block, "input"), root=root),
                mark=mark_of(block.get("name"), block.get("input")),
                child=child,
            )
            kept = parse_agenda(used.tool, used.id, object_of(block, "input")) if not child else ()
            return (used, *kept)
        case "tool_result":
            returned = ToolReturned(
                id=text_of(block, "tool_use_id"),
                failed=block.get("is_error") is True,
                text=words_of(block.get("content")),
                child=child,
            )
            return (returned,)
        case kind:
            return (Unknown(kind=printable(f"block {kind}", 60), text=""),)


def _user(fields: JsonObject, root: str) -> tuple[Event, ...]:
    content = object_of(fields, "message").get("content")
    child = text_of(fields, "parent_tool_use_id")
    wire = text_of(fields, "uuid") if fields.get("isReplay") is True else ""
    if isinstance(content, str):
        return (UserSaid(text=content, wire=wire, child=child),)
    blocks = objects_of(object_of(fields, "message"), "content")
    results = [block for block in blocks if block.get("type") == "tool_result"]
    words = words_of(content)
    said = (UserSaid(text=words, wire=wire, child=child),) if words or wire else ()
    return (*(event for block in results for event in _block(block, child, root)), *said)


def _result(fields: JsonObject, root: str) -> tuple[Event, ...]:
    totals = object_of(fields, "modelUsage")
    cost, sent, received = _spent(fields)
    failed = fields.get("is_error") is not False
    ended = TurnEnded(
        failed=failed,
        subtype=text_of(fields, "subtype"),
        terminal_reason=text_of(fields, "terminal_reason"),
        status=status_of(fields, "api_error_status"),
        text=text_of(fields, "result") or "; ".join(texts_of(fields, "errors")),
        requests=whole_of(fields, "num_turns"),
        input_tokens=sent,
        output_tokens=received,
        cost_usd=cost,
        total_cost_usd=number_of(fields, "total_cost_usd") or 0.0,
        windows=tuple((m, whole_of(object_of(totals, m), "contextWindow")) for m in totals),
        denials=tuple(_denial(denial, root) for denial in objects_of(fields, "permission_denials")),
        structured=fields.get("structured_output"),
    )
    return (ended,)


def _denial(fields: JsonObject, root: str) -> Denied:
    return Denied(
        tool_id=text_of(fields, "tool_use_id"),
        tool=printable(text_of(fields, "tool_name"), 80),
        text=summary_of(object_of(fields, "tool_input"), root=root),
    )


def _spent(fields: JsonObject) -> tuple[float | None, int, int]:
    """Return cost, tokens sent and tokens received since the last result.

    `model_usage_since_last_result` counts subagents too; programs without it tell only the main
    thread's tokens and a running total of the cost.
    """
    if "model_usage_since_last_result" not in fields:
        usage = object_of(fields, "usage")
        return None, _input_tokens(usage), whole_of(usage, "output_tokens")
    by_model = object_of(fields, "model_usage_since_last_result")
    shares = [object_of(by_model, model) for model in by_model]
    keys = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    return (
        sum(number_of(share, "costUSD") or 0.0 for share in shares),
        sum(whole_of(share, key) for share in shares for key in keys),
        sum(whole_of(share, "outputTokens") for share in shares),
    )


def _input_tokens(usage: JsonObject) -> int:
    keys = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(whole_of(usage, key) for key in keys)


def _control_request(fields: JsonObject, root: str) -> tuple[Event, ...]:
    request = object_of(fields, "request")
    if text_of(request, "subtype") != "can_use_tool":
        return (unknown_line(fields, f"control_request/{text_of(request, 'subtype')}"),)
    tool_input = object_of(request, "input")
    asked = Asked(
        request_id=text_of(fields, "request_id"),
        tool=printable(text_of(request, "tool_name"), 80),
        summary=summary_of(tool_input, root=root),
        input=tool_input,
        tool_id=text_of(request, "tool_use_id"),
    )
    return (asked,)


def _control_response(fields: JsonObject, _root: str) -> tuple[Event, ...]:
    response = object_of(fields, "response")
    answered = ControlAnswered(
        request_id=text_of(response, "request_id"),
        failed=text_of(response, "subtype") != "success",
        text=text_of(response, "error"),
    )
    return (answered,)


def _control_cancel(fields: JsonObject, _root: str) -> tuple[Event, ...]:
    return (QuestionWithdrawn(request_id=text_of(fields, "request_id")),)


def _lifecycle(fields: JsonObject, _root: str) -> tuple[Event, ...]:
    try:
        stage = MessageStage(text_of(fields, "state"))
    except ValueError:
        return (unknown_line(fields, f"command_lifecycle/{text_of(fields, 'state')}"),)
    return (MessageMoved(wire=text_of(fields, "command_uuid"), stage=stage),)


def _rate_limit(fields: JsonObject, _root: str) -> tuple[Event, ...]:
    info = object_of(fields, "rate_limit_info")
    limited = RateLimited(
        status=text_of(info, "status"),
        limit=text_of(info, "rateLimitType"),
        utilization=number_of(info, "utilization"),
        resets_at=moment_of(info, "resetsAt"),
    )
    return (limited,)


def _partial(_fields: JsonObject, _root: str) -> tuple[Event, ...]:
    return (Partial(),)


_PARSERS: dict[str, Callable[[JsonObject, str], tuple[Event, ...]]] = {
    "assistant": _assistant,
    "user": _user,
    "result": _result,
    "system": parse_system,
    "control_request": _control_request,
    "control_response": _control_response,
    "control_cancel_request": _control_cancel,
    "command_lifecycle": _lifecycle,
    "rate_limit_event": _rate_limit,
    "stream_event": _partial,
}
