"""The settings of the simulation, with budgets and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.simulation.rules import CAPACITY, RETRIES, ROUNDS
from wtagents.core.config.settings import flag_layer, resolve_settings
from wtagents.operations.surroundings import budget_of

if TYPE_CHECKING:
    from tests.support.simulation.doubts import Doubts
    from tests.support.simulation.purse import Purse
    from wtagents.core.config.settings import Settings

LAYERS = [
    flag_layer("simulation", name, value)
    for name, value in (
        ("agent.kind", "scripted"),
        ("limits.agents", CAPACITY),
        ("limits.retries", RETRIES),
        ("limits.stop_seconds", 5.0),
        ("verify.rounds", ROUNDS),
        ("sandbox.mode", "none"),
    )
]
SETTINGS = resolve_settings(LAYERS)


def settings_with(purse: Purse | None, doubts: Doubts | None) -> Settings:
    """Return the settings of a play; the purse learns what may be used."""
    settings = resolve_settings([*LAYERS, *(each.layer for each in (purse, doubts) if each)])
    if purse is not None:
        purse.budget = budget_of(settings)
    return settings
