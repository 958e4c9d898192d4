"""Settings of how much: at once, how often again, how long, for how much money."""

from __future__ import annotations

from wtagents.core.record import record
from wtagents.core.tending.liveness import Thresholds
from wtagents.core.tending.suspicion import Response

_DAY = 86400.0


@record
class LimitSettings:
    """How much at once, how often again, how long. Times in seconds, sizes in bytes."""

    agents: int = 8
    agents_min: int | None = None
    per_model: int | None = None
    load: float | None = None
    memory_floor: int = 500 * 10**6
    retries: int = 2
    retry_pause: float = 10.0
    patience: float = _DAY
    breaker: int = 3
    disk_floor: int = 2 * 10**9
    stop_seconds: float = 10.0
    quiet_after: float = 180.0
    stuck_after: float = 900.0
    loop_calls: int = 6
    loop_returns: int = 3
    full_requests: int = 25
    response: Response = Response.NOTIFY
    commit_request: bool = True

    @property
    def thresholds(self) -> Thresholds:
        """From when on a run is called quiet, stuck or looping."""
        return Thresholds(
            quiet_seconds=self.quiet_after,
            stuck_seconds=self.stuck_after,
            loop_calls=self.loop_calls,
            loop_returns=self.loop_returns,
            full_requests=self.full_requests,
        )


@record
class BudgetSettings:
    """What may be used in all, beside agent.budget_usd of one run."""

    run_tokens: int | None = None
    task_usd: float | None = None
    task_tokens: int | None = None
    day_usd: float | None = None
    day_tokens: int | None = None
    repository_usd: float | None = None
    repository_tokens: int | None = None
    warn: float = 0.8
    """A share of each of them."""
