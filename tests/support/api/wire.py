"""The Messages API on the wire: a reply as server-sent events, as one JSON message, and errors.

Shapes follow the public API reference (streaming: `message_start`, blocks, `message_delta`,
`message_stop`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from tests.support.api.request import ApiRequest
from tests.support.api.script import Block, Failure, JsonObject, Reply, Text, Tool

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
_PIECE = 40


def resolved_blocks(reply: Reply, request: ApiRequest) -> list[JsonObject]:
    """The content of a reply as API blocks, callables asked and tool ids made."""
    content: Sequence[Block] = reply.content(request) if callable(reply.content) else reply.content
    return [_block(block, request, index) for index, block in enumerate(content)]


def _block(block: Block, request: ApiRequest, index: int) -> JsonObject:
    match block:
        case Text(text=words):
            return {"type": "text", "text": words}
        case Tool(name=name, input=arguments, id=given):
            asked = arguments(request) if callable(arguments) else arguments
            made = given or f"toolu_{request.order:06d}{index:02d}"
            return {"type": "tool_use", "id": made, "name": name, "input": dict(asked)}


def message(reply: Reply, request: ApiRequest) -> JsonObject:
    """The whole message: the answer to a request that is not streamed."""
    blocks = resolved_blocks(reply, request)
    has_tool = any(block["type"] == "tool_use" for block in blocks)
    return {
        "id": f"msg_{request.order:06d}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": blocks,
        "stop_reason": reply.stop_reason or ("tool_use" if has_tool else "end_turn"),
        "stop_sequence": None,
        "usage": asdict(reply.usage),
    }


def stream(whole: JsonObject) -> Iterator[bytes]:
    """The message as server-sent events, one item per event."""
    opening = {
        **whole,
        "content": [],
        "stop_reason": None,
        "usage": {**whole["usage"], "output_tokens": 1},
    }
    yield event("message_start", message=opening)
    yield event("ping")
    for index, block in enumerate(whole["content"]):
        yield from _block_events(index, block)
    ending = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield event(
        "message_delta", delta=ending, usage={"output_tokens": whole["usage"]["output_tokens"]}
    )
    yield event("message_stop")


def _block_events(index: int, block: JsonObject) -> Iterator[bytes]:
    if block["type"] == "text":
        empty, field, kind, words = {**block, "text": ""}, "text", "text_delta", block["text"]
    else:
        empty, field, kind = {**block, "input": {}}, "partial_json", "input_json_delta"
        words = json.dumps(block["input"])
    yield event("content_block_start", index=index, content_block=empty)
    for start in range(0, len(words), _PIECE):
        delta = {"type": kind, field: words[start : start + _PIECE]}
        yield event("content_block_delta", index=index, delta=delta)
    yield event("content_block_stop", index=index)


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def error_body(failure: Failure) -> JsonObject:
    kind = failure.kind or _KINDS.get(failure.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": failure.message}}
