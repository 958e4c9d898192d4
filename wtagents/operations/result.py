"""What an operation returns: data for a renderer or a program, never printed text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from wtagents.core.errors import ExitCode

Payload = TypeVar("Payload")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationResult(Generic[Payload]):
    """The answer of one verb."""

    data: Payload
    messages: tuple[str, ...] = ()
    """Narration, one sentence each; never needed to understand the data."""
    exit_code: ExitCode = ExitCode.OK
