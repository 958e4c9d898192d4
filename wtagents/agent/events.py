"""What one line of an agent's stream says.

Texts are the agent's own: printable only through `core/text.printable`. `child` is the id of the
tool call whose subagent speaks; '' is the main thread.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.agenda import Todo, TodoState


@record
class Started:
    """A turn begins; the first one also tells what the program is."""

    session_id: str
    model: str
    permission_mode: str
    version: str
    cwd: str
    tools: tuple[str, ...]
    failed_servers: tuple[str, ...]
    """MCP servers that could not be started."""


@record
class Request:
    """The model answered a request: its id and what was sent to it."""

    message_id: str
    model: str
    input_tokens: int
    """Cache reads and writes included."""
    child: str


@record
class Said:
    """Text of the agent."""

    text: str
    child: str = ""


@record
class Thought:
    """Reasoning that the agent showed."""

    text: str
    child: str = ""


@record
class ToolUsed:
    """A tool call begins."""

    id: str
    tool: str
    summary: str
    """The input in one printable line."""
    mark: str = ""
    """Digest of tool and whole input: equal for equal calls."""
    child: str = ""


@record
class ToolReturned:
    """A tool call ended."""

    id: str
    failed: bool
    text: str
    child: str = ""


@record
class TodosWritten:
    """The whole list of what the agent will do."""

    todos: tuple[Todo, ...]


@record
class TodoAdded:
    """One more thing to do; the result of the tool call tells its number."""

    tool_id: str
    text: str


@record
class TodoMoved:
    """One thing to do is further, or called otherwise."""

    number: str
    state: TodoState | None
    """None where it stays."""
    text: str
    """'' where it stays."""
    is_gone: bool


@record
class PlanMade:
    """What the agent wants to do, before it begins."""

    text: str


@record
class Asked:
    """The agent asks whether it may use a tool, and waits."""

    request_id: str
    tool: str
    summary: str
    """The input in one printable line."""
    input: dict[str, Any]
    tool_id: str


@record
class QuestionWithdrawn:
    """The agent no longer waits for an answer."""

    request_id: str


@record
class ControlAnswered:
    """The agent's answer to a control request of ours."""

    request_id: str
    failed: bool
    text: str


class MessageStage(StrEnum):
    """How far a message of ours is."""

    QUEUED = "queued"
    """The program has it."""
    STARTED = "started"
    """It went into a request: delivered."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    """Its turn was interrupted."""


@record
class MessageMoved:
    """A message of ours, known by its wire id, got a stage further."""

    wire: str
    stage: MessageStage


@record
class UserSaid:
    """Words on the user's side: an echo of ours, or text that the program put in."""

    text: str
    wire: str
    """Wire id of the message that is echoed, or ''."""
    child: str = ""


@record
class Denied:
    """A tool was refused without a person."""

    tool_id: str
    tool: str
    text: str


@record
class Retrying:
    """A request failed and will be repeated."""

    attempt: int
    limit: int
    seconds: float
    error: str
    status: int | None


@record
class RateLimited:
    """How near the account is to its limit."""

    status: str
    """`allowed`, `allowed_warning` or `rejected`."""
    limit: str
    utilization: float | None
    resets_at: datetime | None


@record
class Failed:
    """A request failed for good; the program made a message of it."""

    error: str
    status: int | None
    text: str
    resets_at: datetime | None


@record
class Compacting:
    """The history is being replaced by a summary."""


@record
class Compacted:
    """The history was replaced by a summary."""

    before: int
    """Tokens of context before it."""
    after: int


@record
class HookRan:
    """A hook of the user's configuration ended."""

    name: str
    exit_code: int | None
    text: str


@record
class BackgroundChanged:
    """Which tasks run behind the turns."""

    tasks: tuple[str, ...]
    """Ids."""


@record
class ModelChanged:
    """Another model took over because the first one was not available."""

    before: str
    after: str


@record
class Noted:
    """Something the program tells about itself."""

    kind: str
    text: str


@record
class TurnEnded:
    """The program's own account of a turn."""

    failed: bool
    """Its `is_error`: the only field that tells success from failure."""
    subtype: str
    terminal_reason: str
    status: int | None
    """HTTP status of an API failure."""
    text: str
    """Last words, or the errors."""
    requests: int
    input_tokens: int
    """Of this turn, over all requests, cache included."""
    output_tokens: int
    cost_usd: float | None
    """Of this turn; None when the program only tells a running total."""
    total_cost_usd: float
    """Running total; a resumed session may go on from its earlier runs."""
    windows: tuple[tuple[str, int], ...]
    """Context window of each model used."""
    denials: tuple[Denied, ...]
    structured: Any
    """Answer to a JSON schema, or None."""


@record
class Partial:
    """Part of an answer that is still being written; complete in a later line."""


@record
class Unknown:
    """A line that this version cannot read; never a failure."""

    kind: str
    text: str


Event: TypeAlias = (
    Started
    | Request
    | Said
    | Thought
    | ToolUsed
    | ToolReturned
    | TodosWritten
    | TodoAdded
    | TodoMoved
    | PlanMade
    | Asked
    | QuestionWithdrawn
    | ControlAnswered
    | MessageMoved
    | UserSaid
    | Denied
    | Retrying
    | RateLimited
    | Failed
    | Compacting
    | Compacted
    | HookRan
    | BackgroundChanged
    | ModelChanged
    | Noted
    | TurnEnded
    | Partial
    | Unknown
)
