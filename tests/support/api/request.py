"""A recorded request of the agent program, with the questions that tests ask of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MARKER = re.compile(r"\[\[script:([A-Za-z0-9_.-]+)\]\]")
_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What the agent program told the model about one tool call."""

    tool_use_id: str
    text: str
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One HTTP request. `order` counts all requests of the server from 0, `script` is "" when none
    claimed it.
    """

    order: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    script: str = ""
    step: int = -1

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def is_streamed(self) -> bool:
        return bool(self.body.get("stream", False))

    @property
    def session_id(self) -> str:
        """The session id of the agent program, "" when it sent none."""
        return self.headers.get("x-claude-code-session-id", "")

    @property
    def tool_names(self) -> tuple[str, ...]:
        return tuple(str(tool.get("name", "")) for tool in self.body.get("tools", ()))

    @property
    def system_text(self) -> str:
        system = self.body.get("system", "")
        return "\n".join(_texts(system))

    @property
    def user_texts(self) -> tuple[str, ...]:
        """Every text block of the user role, tool results left out, in order."""
        return tuple(
            words
            for message in self.body.get("messages", ())
            if message.get("role") == "user"
            for words in _texts(message.get("content", ""))
        )

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """Every tool result of the conversation, in order."""
        return tuple(
            ToolResult(
                tool_use_id=block["tool_use_id"],
                text="\n".join(_texts(block.get("content", ""))),
                is_error=bool(block.get("is_error", False)),
            )
            for message in self.body.get("messages", ())
            for block in _blocks(message.get("content", ""))
            if block.get("type") == "tool_result"
        )

    @property
    def marked_script(self) -> str:
        """The script that the last marker names.

        Only the words of the user count, then the system prompt: a memory file arrives inside a
        `system-reminder`, and may quote the prompt of another task.
        """
        words = _REMINDER.sub("", "\n".join(self.user_texts))
        found = _MARKER.findall(words) or _MARKER.findall(self.system_text)
        return found[-1] if found else ""

    def contains(self, words: str) -> bool:
        """Whether any string anywhere in the body contains `words`."""
        return any(words in value for value in _strings(self.body))

    def to_json(self) -> str:
        return json.dumps(
            {
                "order": self.order,
                "method": self.method,
                "path": self.path,
                "script": self.script,
                "step": self.step,
                "headers": dict(self.headers),
                "body": self.body,
            },
        )


def _blocks(content: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, list):
        yield from (block for block in content if isinstance(block, dict))


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    else:
        yield from (str(block["text"]) for block in _blocks(content) if block.get("type") == "text")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
