"""Resource profiles: model, budget and concurrency of a task by one word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable


@record
class Profile:
    """What `wta spawn --profile` stands for; None leaves it to the settings."""

    name: str
    model: str | None = None
    budget_usd: float | None = None
    """Of one run."""
    agents: int | None = None
    """How many of it may work at the same time."""


BUILT_IN = (
    Profile(name="light", model="haiku", budget_usd=1.0),
    Profile(name="medium", model="sonnet", budget_usd=5.0, agents=4),
    Profile(name="heavy", model="opus", budget_usd=20.0, agents=2),
)


def lay_over(below: Iterable[Profile], above: Iterable[Profile]) -> tuple[Profile, ...]:
    """Return all of them; of one name the upper one holds, as a whole."""
    return tuple({each.name: each for each in (*below, *above)}.values())


def profile_of(profiles: Iterable[Profile], name: str | None) -> Profile | None:
    """Return the profile of this name; None also when it is not there any more."""
    return next((each for each in profiles if each.name == name), None)
