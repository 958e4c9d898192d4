"""List prices of models, for runs that were cut off before the program told their cost."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from wtagents.core.record import record

_FILE = Path(__file__).with_name("prices.toml")
_MILLION = 1_000_000


@record
class Price:
    """US dollars per million tokens."""

    name: str
    """With what the name of a model begins."""
    input: float
    output: float


@record
class PriceList:
    """Prices and the day they were noted."""

    as_of: str
    prices: tuple[Price, ...]

    def cost(self, model: str, *, input_tokens: int, output_tokens: int) -> float | None:
        """Return the cost in US dollars as if nothing came from a cache; None for an unknown model.

        Cache reads cost a tenth, so it is an upper bound.
        """
        for price in self.prices:
            if model.startswith(price.name):
                return (input_tokens * price.input + output_tokens * price.output) / _MILLION
        return None


@cache
def load_prices() -> PriceList:
    """Read the list that comes with wta."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return PriceList(as_of=raw["as_of"], prices=tuple(Price(**each) for each in raw["model"]))
