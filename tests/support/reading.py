"""A reader of Claude Code's stream that is fed line by line, and some of the lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from wtagents.agent.events import MessageMoved
from wtagents.agent.port import Ending, Verdict
from wtagents.agent.reader import ClaudeReader
from wtagents.core.run import Phase

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
INIT = {"type": "system", "subtype": "init", "session_id": "s", "cwd": "/w", "model": "m"}
DONE = {"type": "result", "subtype": "success", "is_error": False, "result": "Done."}


class Reading:
    """A reader that is fed with objects."""

    def __init__(self, *lines: dict[str, Any]) -> None:
        self.reader = ClaudeReader()
        self.feed(*lines)

    def feed(self, *lines: dict[str, Any]) -> list[MessageMoved]:
        """Take lines; return what became of messages."""
        events = [
            event for line in lines for event in self.reader.feed(json.dumps(line).encode(), at=AT)
        ]
        return [event for event in events if isinstance(event, MessageMoved)]

    def judge(self, exit_code: int | None = 0, stderr: str = "", **flags: bool) -> Verdict:
        """How the run ended."""
        return self.reader.verdict(Ending(exit_code=exit_code, stderr_tail=stderr, **flags))

    def rests(self) -> bool:
        """Whether nothing is left to do."""
        return self.reader.state.at_rest

    @property
    def doing(self) -> tuple[Phase, str]:
        """The phase, and the line beside it."""
        return self.reader.state.phase, self.reader.state.doing


def answer(
    *blocks: dict[str, Any], tokens: int = 100, number: int = 1, model: str = "m", **fields: Any
) -> Any:
    """The line of a request that the model answered."""
    usage = {"input_tokens": 1, "cache_read_input_tokens": tokens - 1, "output_tokens": 1}
    message = {"id": f"msg_{number}", "model": model, "content": blocks, "usage": usage}
    return {"type": "assistant", "message": message, **fields}
