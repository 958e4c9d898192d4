"""What is known of models before the program tells it: their list prices and context windows."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from wtagents.core.record import record

_FILE = Path(__file__).with_name("models.toml")
_MILLION = 1_000_000
_LONG = "[1m]"
"""How the program names a model whose window is a million tokens."""


@record
class Model:
    """One that is known."""

    name: str
    """With what its full names begin."""
    input: float
    """US dollars per million tokens sent."""
    output: float
    """US dollars per million tokens received."""
    window: int
    """Tokens."""


@record
class ModelList:
    """Models, and the day they were noted."""

    as_of: str
    models: tuple[Model, ...]

    def find(self, name: str) -> Model | None:
        """Return the model of that name, None for an unknown one."""
        return next((each for each in self.models if name.startswith(each.name)), None)

    def cost(self, name: str, *, input_tokens: int, output_tokens: int) -> float | None:
        """Return the cost in US dollars as if nothing came from a cache; None for an unknown model.

        Cache reads cost a tenth, so it is an upper bound.
        """
        model = self.find(name)
        if model is None:
            return None
        return (input_tokens * model.input + output_tokens * model.output) / _MILLION

    def window(self, name: str) -> int:
        """Return the context window of a model in tokens, 0 for an unknown one."""
        if name.endswith(_LONG):
            return _MILLION
        model = self.find(name)
        return model.window if model is not None else 0


@cache
def load_models() -> ModelList:
    """Read the list that comes with wta."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return ModelList(as_of=raw["as_of"], models=tuple(Model(**each) for each in raw["model"]))
