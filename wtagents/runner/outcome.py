"""How a run ended, before it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.run import ExitReason, Usage

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.tending.check import Check

_NONE = Usage()


@record
class Outcome:
    """What is known when the agent is gone, or was never started."""

    reason: ExitReason
    detail: str
    exit_code: int | None = None
    denials: tuple[str, ...] = ()
    retry_at: datetime | None = None
    usage: Usage = _NONE
    checks: tuple[Check, ...] = ()


STOPPED_EARLY = Outcome(reason=ExitReason.STOPPED, detail="stopped before the agent was started")
