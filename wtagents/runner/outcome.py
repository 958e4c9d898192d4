"""How a run ended, before it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record, replace
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


def with_walls(outcome: Outcome, *, refused: tuple[str, ...], mended: tuple[str, ...]) -> Outcome:
    """Return an outcome that also tells which hosts were refused, and which links replaced."""
    told = (*(f"network {host} (sandbox.network)" for host in refused), *mended)
    return replace(outcome, denials=(*outcome.denials, *told)) if told else outcome


STOPPED_EARLY = Outcome(reason=ExitReason.STOPPED, detail="stopped before the agent was started")
