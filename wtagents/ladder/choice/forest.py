"""A forest of decision trees: what `forest.json` says about an answer's features.

Grown by `scripts/_train_choice.py` from conflicts whose resolution by people is known.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Node: TypeAlias = "tuple[int, float, int, int]"
"""Feature, threshold, node up to it, node above it; or LEAF and its weight."""
LEAF = -1


@record
class Forest:
    """Weights add up to the logarithm of the odds that an answer is the right one."""

    features: tuple[str, ...]
    start: float
    trees: tuple[tuple[Node, ...], ...]

    def chance(self, features: Mapping[str, float]) -> float:
        """Return how likely it is that people would have answered so; between 0 and 1."""
        values = [features[name] for name in self.features]
        return 1 / (1 + exp(-self.start - sum(_weight(tree, values) for tree in self.trees)))


def load_forest() -> Forest:
    """Read the forest that lies beside this file."""
    import json
    from importlib.resources import files

    return parse_forest(json.loads(files(__package__).joinpath("forest.json").read_text("ascii")))


def parse_forest(found: Mapping[str, object]) -> Forest:
    """Return the forest of its JSON document."""
    features, start, trees = found["features"], found["start"], found["trees"]
    assert isinstance(features, list)  # noqa: S101 - shipped with the code
    assert isinstance(start, float)  # noqa: S101
    assert isinstance(trees, list)  # noqa: S101
    grown = tuple(tuple((node[0], node[1], node[2], node[3]) for node in tree) for tree in trees)
    return Forest(features=tuple(features), start=start, trees=grown)


def _weight(tree: Sequence[Node], values: Sequence[float]) -> float:
    feature, threshold, low, high = tree[0]
    while feature != LEAF:
        feature, threshold, low, high = tree[low if values[feature] <= threshold else high]
    return threshold
