"""What an operation returns: data for a renderer or a program, never printed text."""

from __future__ import annotations

from typing import Generic, TypeVar

from wtagents.core.errors import ExitCode
from wtagents.core.record import record

Payload = TypeVar("Payload")


@record
class OperationResult(Generic[Payload]):
    """The answer of one verb."""

    data: Payload
    messages: tuple[str, ...] = ()
    """Narration, one sentence each; never needed to understand the data."""
    exit_code: ExitCode = ExitCode.OK
