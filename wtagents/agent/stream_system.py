"""The lines of type `system`: what the program tells about itself rather than about the work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wtagents.agent.events import (
    BackgroundChanged,
    Compacted,
    Compacting,
    Denied,
    Event,
    HookRan,
    ModelChanged,
    Noted,
    Retrying,
    Started,
    Unknown,
)
from wtagents.agent.fields import (
    JsonObject,
    number_of,
    object_of,
    objects_of,
    status_of,
    text_of,
    texts_of,
    whole_of,
)
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

SUMMARY_LIMIT = 160
_QUIET = frozenset(
    {
        "task_started",
        "task_updated",
        "task_progress",
        "hook_started",
        "thinking_tokens",
        "session_title_changed",
    }
)


def parse_system(fields: JsonObject, _root: str) -> tuple[Event, ...]:
    """Return what a system line says."""
    kind = text_of(fields, "subtype")
    if kind in _QUIET:
        return ()
    parse = _PARSERS.get(kind)
    return parse(fields) if parse else (unknown_line(fields, f"system/{kind}"),)


def unknown_line(fields: JsonObject, kind: str) -> Unknown:
    """Return a line of a kind that this version does not know."""
    return Unknown(kind=printable(kind, 60), text=printable(json.dumps(fields, default=str), 200))


def _init(fields: JsonObject) -> tuple[Event, ...]:
    servers = objects_of(fields, "mcp_servers")
    started = Started(
        session_id=text_of(fields, "session_id"),
        model=printable(text_of(fields, "model"), 80),
        permission_mode=printable(text_of(fields, "permissionMode"), 40),
        version=printable(text_of(fields, "claude_code_version"), 40),
        cwd=text_of(fields, "cwd"),
        tools=texts_of(fields, "tools"),
        failed_servers=tuple(
            printable(text_of(server, "name"), 80)
            for server in servers
            if text_of(server, "status") == "failed"
        ),
    )
    return (started,)


def _status(fields: JsonObject) -> tuple[Event, ...]:
    if text_of(fields, "compact_result") == "failed":
        return (Noted(kind="compaction failed", text=text_of(fields, "compact_error")),)
    return (Compacting(),) if text_of(fields, "status") == "compacting" else ()


def _compacted(fields: JsonObject) -> tuple[Event, ...]:
    metadata = object_of(fields, "compact_metadata")
    before, after = whole_of(metadata, "pre_tokens"), whole_of(metadata, "post_tokens")
    return (Compacted(before=before, after=after),)


def _retry(fields: JsonObject) -> tuple[Event, ...]:
    retrying = Retrying(
        attempt=whole_of(fields, "attempt"),
        limit=whole_of(fields, "max_retries"),
        seconds=(number_of(fields, "retry_delay_ms") or 0.0) / 1000,
        error=printable(text_of(fields, "error"), 80),
        status=status_of(fields, "error_status"),
    )
    return (retrying,)


def _fallback(fields: JsonObject) -> tuple[Event, ...]:
    before, after = text_of(fields, "original_model"), text_of(fields, "fallback_model")
    return (ModelChanged(before=printable(before, 80), after=printable(after, 80)),)


def _hook(fields: JsonObject) -> tuple[Event, ...]:
    ran = HookRan(
        name=printable(text_of(fields, "hook_name"), 80),
        exit_code=status_of(fields, "exit_code"),
        text=text_of(fields, "stdout") or text_of(fields, "stderr"),
    )
    return (ran,)


def _denied(fields: JsonObject) -> tuple[Event, ...]:
    denied = Denied(
        tool_id=text_of(fields, "tool_use_id"),
        tool=printable(text_of(fields, "tool_name"), 80),
        text=printable(text_of(fields, "message"), SUMMARY_LIMIT),
    )
    return (denied,)


def _background(fields: JsonObject) -> tuple[Event, ...]:
    tasks = tuple(text_of(task, "task_id") for task in objects_of(fields, "tasks"))
    return (BackgroundChanged(tasks=tasks),)


def _noted(fields: JsonObject) -> tuple[Event, ...]:
    words = (text_of(fields, key) for key in ("summary", "message", "text", "content", "branch"))
    kind = text_of(fields, "subtype").replace("_", " ")
    return (Noted(kind=kind, text=next(filter(None, words), "")),)


_PARSERS: dict[str, Callable[[JsonObject], tuple[Event, ...]]] = {
    "init": _init,
    "status": _status,
    "compact_boundary": _compacted,
    "api_retry": _retry,
    "model_fallback": _fallback,
    "hook_response": _hook,
    "permission_denied": _denied,
    "background_tasks_changed": _background,
    "task_notification": _noted,
    "notification": _noted,
    "informational": _noted,
    "vcs_state_changed": _noted,
}
