"""What the scripted model answers: a scenario is scripts, a script is steps, a step is one answer.

All of it is data; the two places that take a callable (`Tool.input`, `Reply.content`) see the
recorded request, so that an answer can depend on what the agent sent. Steps are used up in order,
one per request; `times` repeats a step, `Script.then` answers every request after the last step.

    Step = Reply      a message: blocks, usage, stop reason; may be held, slowed or cut
         | Failure    an HTTP error with the error body of the Messages API
         | Reset      the connection is reset before a header is sent
         | Silence    nothing, or nothing but headers, comes back until a gate opens
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from tests.support.api.request import ApiRequest

JsonObject: TypeAlias = dict[str, Any]

FOREVER = 1_000_000
"""A value of `times` that no test reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text block."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool call. Without `id` the server makes one that is unique in the scenario."""

    name: str
    input: Mapping[str, Any] | Callable[[ApiRequest], Mapping[str, Any]]
    id: str = ""


Block: TypeAlias = Text | Tool
Content: TypeAlias = Sequence[Block] | Callable[["ApiRequest"], Sequence[Block]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the API reports them; occupancy is the sum of the three input numbers."""

    input_tokens: int = 1_000
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    output_tokens: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message of the model.

    `hold` names a gate: the answer waits there (before the first byte, or after `hold_after` stream
    events) until the test opens it. `cut_after` closes the connection after that many stream
    events. `pace` is the pause between stream events in seconds. `expects` are texts that the
    request body must contain; a missing one is reported when the server closes.
    """

    content: Content
    usage: Usage = field(default_factory=Usage)
    stop_reason: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expects: Sequence[str] = ()
    hold: str | None = None
    hold_after: int = 0
    cut_after: int | None = None
    pace: float = 0.0
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An HTTP error; `kind` and `message` fill its body, `headers` may carry `retry-after`."""

    status: int
    kind: str = ""
    message: str = "scripted failure"
    headers: Mapping[str, str] = field(default_factory=dict)
    expects: Sequence[str] = ()
    hold: str | None = None
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The connection is reset (RST) after the request was read."""

    expects: Sequence[str] = ()
    hold: str | None = None
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing comes until the gate `hold` opens, then the connection closes. `headers` sends the
    status line first.
    """

    hold: str
    headers: bool = False
    expects: Sequence[str] = ()
    times: int = 1


Step: TypeAlias = Reply | Failure | Reset | Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The answers of one conversation.

    A request belongs to the first script whose `match` occurs in its system or user text; else to
    the script that the last marker `[[script:NAME]]` in the words of the user names; else to the
    script its session used before.
    """

    steps: Sequence[Step]
    match: str | None = None
    then: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Scripts by name."""

    scripts: Mapping[str, Script]


def text(words: str, **reply: Any) -> Reply:
    """A reply of one text block; keyword arguments are those of `Reply`."""
    return Reply(content=(Text(text=words),), **reply)


def tool(name: str, /, **arguments: Any) -> Reply:
    """A reply that calls one tool with these arguments."""
    return Reply(content=(Tool(name=name, input=arguments),))


def bash(command: str, **arguments: Any) -> Reply:
    """A reply that calls the Bash tool."""
    return tool("Bash", command=command, description="scripted", **arguments)


def write(path: str, content: str) -> Reply:
    """A reply that calls the Write tool."""
    return tool("Write", file_path=path, content=content)


def script(*steps: Step, then: Step | None = None, match: str | None = None) -> Script:
    return Script(steps=steps, then=then, match=match)


def marker(name: str) -> str:
    """The token that sends a conversation to the script `name`; put it into the prompt."""
    return f"[[script:{name}]]"
