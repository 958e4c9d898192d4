"""What a command returns: data, and how to say it to a person. `render` alone prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from wtagents.core.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wtagents.cli.style import Style
    from wtagents.operations.result import OperationResult

Payload = TypeVar("Payload")


class Answer(Generic[Payload]):
    """The answer of one command, not yet printed."""

    __slots__ = ("data", "exit_code", "lines", "live", "messages", "raw")

    def __init__(
        self,
        data: Payload,
        lines: Callable[[Payload, Style], Iterable[str]],
        *,
        messages: tuple[str, ...] = (),
        exit_code: ExitCode = ExitCode.OK,
        raw: Iterable[bytes] | None = None,
        live: bool = False,
    ) -> None:
        self.data = data
        self.lines = lines
        self.messages = messages
        self.exit_code = exit_code
        self.raw = raw
        """Written as it is where stdout is no terminal: a patch, the lines of an agent."""
        self.live = live
        """The data are items that come over time; each is shown at once, as JSON on one line."""

    @classmethod
    def of(
        cls,
        result: OperationResult[Payload],
        lines: Callable[[Payload, Style], Iterable[str]],
    ) -> Answer[Payload]:
        """Return the answer that says an operation's result."""
        return cls(result.data, lines, messages=tuple(result.messages), exit_code=result.exit_code)
