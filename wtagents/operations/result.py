"""What an operation returns: data for a renderer or a program, never printed text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from wtagents.core.errors import ExitCode
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

Payload = TypeVar("Payload")
Count: TypeAlias = "Callable[[int, int, str], None]"
"""Is told before each of many: how many are done, of how many, and which comes now."""


def uncounted(_done: int, _all: int, _which: str) -> None:
    """Tell nobody."""


@record
class OperationResult(Generic[Payload]):
    """The answer of one verb."""

    data: Payload
    messages: tuple[str, ...] = ()
    """Narration, one sentence each; never needed to understand the data."""
    exit_code: ExitCode = ExitCode.OK
