"""What the built-in agent writes: the events of Claude Code, with a made-up meter.

Every answer is one request. It costs a tenth of a cent, and the context grows by 400 tokens with
each, from 12,000 on.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wtagents import __version__
from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.agent.scripted.channel import Channel

DOLLARS_A_REQUEST = 0.001
_FIRST_CONTEXT = 12_000
_GROWTH = 400
_OUTPUT = 40
_WINDOW = 200_000


@record
class Outcome:
    """How a turn ended."""

    text: str
    failed: bool = False
    subtype: str = "success"
    terminal_reason: str = "completed"
    status: int | None = None

    @property
    def exit_code(self) -> int:
        """Exit status of a process whose last turn this was."""
        return 1 if self.failed else 0


class Narrator:
    """Writes the events of one process and keeps its meter."""

    def __init__(
        self, channel: Channel, *, model: str, mode: str, requests: int, cost: float
    ) -> None:
        self._channel = channel
        self._model = model
        self._mode = mode
        self.requests = requests
        """Over all processes of the session."""
        self.cost = cost
        self._own_requests = 0
        self._settled_requests = 0
        self._turn_requests = 0
        self._denials: list[dict[str, Any]] = []
        self._results = 0

    @property
    def own_requests(self) -> int:
        """Requests of this process."""
        return self._own_requests

    @property
    def own_cost(self) -> float:
        """Dollars of this process."""
        return self._own_requests * DOLLARS_A_REQUEST

    def begin(self) -> None:
        """Announce a turn."""
        self._turn_requests = 0
        self._denials.clear()
        self._channel.write(
            "system",
            subtype="init",
            cwd=str(Path.cwd()),
            model=self._model,
            permissionMode=self._mode,
            tools=["Bash", "Edit", "Write"],
            mcp_servers=[],
            claude_code_version=f"scripted {__version__}",
        )

    def stage(self, wire: str, state: str) -> None:
        """Report on a message."""
        if wire:
            self._channel.write("command_lifecycle", command_uuid=wire, state=state)

    def echo(self, wire: str, text: str) -> None:
        """Repeat a message that was taken."""
        message = {"role": "user", "content": text}
        self._channel.write("user", message=message, uuid=wire, isReplay=True)

    def say(self, text: str) -> None:
        """Say something: one request."""
        self._answer({"type": "text", "text": text})

    def think(self, text: str) -> None:
        """Show a thought: one request."""
        self._answer({"type": "thinking", "thinking": text})

    def use(self, tool: str, **tool_input: Any) -> str:
        """Begin a tool call; return its id."""
        tool_id = f"toolu_{self.requests + 1:08d}"
        self._answer({"type": "tool_use", "id": tool_id, "name": tool, "input": tool_input})
        return tool_id

    def returned(self, tool_id: str, text: str, *, failed: bool = False) -> None:
        """End a tool call."""
        block = {
            "type": "tool_result",
            "tool_use_id": tool_id,
            "content": text,
            "is_error": failed,
        }
        self._channel.write("user", message={"role": "user", "content": [block]})

    def ask(self, request_id: str, tool: str, tool_id: str, tool_input: dict[str, Any]) -> None:
        """Ask for a permission."""
        request = {
            "subtype": "can_use_tool",
            "tool_name": tool,
            "input": tool_input,
            "tool_use_id": tool_id,
        }
        self._channel.write("control_request", request_id=request_id, request=request)

    def denied(self, tool: str, tool_id: str, tool_input: dict[str, Any]) -> None:
        """Remember a denial for the result."""
        self._denials.append({"tool_name": tool, "tool_use_id": tool_id, "tool_input": tool_input})

    def retry(self, error: str, status: int) -> None:
        """Announce that a request is repeated."""
        self._channel.write(
            "system",
            subtype="api_retry",
            attempt=1,
            max_retries=1,
            retry_delay_ms=10,
            error=error,
            error_status=status,
        )

    def limit(self, resets_at: float) -> None:
        """Tell that the account's limit is reached."""
        info = {"status": "rejected", "resetsAt": resets_at, "rateLimitType": "five_hour"}
        self._channel.write("rate_limit_event", rate_limit_info=info)

    def fail(self, error: str, status: int, text: str) -> None:
        """Make a message of a failed request."""
        message = {
            "id": f"msg_failed_{self.requests:06d}",
            "model": "<synthetic>",
            "role": "assistant",
            "content": [{"type": "text", "text": text}],
        }
        self._channel.write("assistant", message=message, error=error, api_error_status=status)

    def end(self, outcome: Outcome) -> None:
        """Give the account of a turn."""
        share = self._own_requests - self._settled_requests
        self._settled_requests = self._own_requests
        words = (
            {"errors": [outcome.text]} if "error" in outcome.subtype else {"result": outcome.text}
        )
        self._channel.write(
            "result",
            subtype=outcome.subtype,
            is_error=outcome.failed,
            terminal_reason=outcome.terminal_reason,
            api_error_status=outcome.status,
            num_turns=self._turn_requests,
            total_cost_usd=self.cost,
            usage=self._usage(),
            modelUsage={self._model: self._meter(self.requests)},
            model_usage_since_last_result={self._model: self._meter(share)},
            permission_denials=self._denials,
            result_index=self._results,
            **words,
        )
        self._results += 1

    def _answer(self, block: dict[str, Any]) -> None:
        self.requests += 1
        self._own_requests += 1
        self._turn_requests += 1
        self.cost += DOLLARS_A_REQUEST
        message = {
            "id": f"msg_{self.requests:06d}",
            "model": self._model,
            "role": "assistant",
            "content": [block],
            "usage": self._usage(),
        }
        self._channel.write("assistant", message=message, parent_tool_use_id=None)

    def _usage(self) -> dict[str, int]:
        context = _FIRST_CONTEXT + _GROWTH * self.requests
        return {"input_tokens": 5, "cache_read_input_tokens": context, "output_tokens": 1}

    def _meter(self, requests: int) -> dict[str, Any]:
        return {
            "inputTokens": 5 * requests,
            "cacheReadInputTokens": _FIRST_CONTEXT * requests,
            "outputTokens": _OUTPUT * requests,
            "costUSD": requests * DOLLARS_A_REQUEST,
            "contextWindow": _WINDOW,
        }
