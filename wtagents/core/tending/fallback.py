"""Which model a run asks for: the wanted one, or the next of a list while that has no room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.run import ExitReason
from wtagents.core.tending.breaker import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wtagents.core.run import Run
    from wtagents.core.tending.breaker import Breaker

_ELSEWHERE = frozenset({ExitReason.OVERLOADED, ExitReason.MODEL_UNKNOWN})
"""Ends that another model may not have."""


def choose_model(models: Sequence[str], last: Run | None, breakers: Iterable[Breaker]) -> str:
    """Return one of the models, the wanted one first; '' leaves it to the program.

    The model that the task's last run found without room, and those that many tasks did, are passed
    over; when all are, the one after the last is tried.
    """
    full = {each.model for each in breakers if each.scope is Scope.MODEL}
    ordered = list(models)
    failed = last is not None and last.exit is not None and last.exit.reason in _ELSEWHERE
    if last is not None and failed and last.model in ordered:
        at = ordered.index(last.model) + 1
        ordered = ordered[at:] + ordered[:at]
        full.add(last.model)
    return next((model for model in ordered if model not in full), ordered[0])


def model_after(models: Sequence[str], model: str) -> str:
    """Return what the program itself may fall back on within a run; '' for nothing."""
    later = models[models.index(model) + 1 :] if model in models else ()
    return later[0] if later else ""
