"""Grow `wtagents/ladder/choice/forest.json`: `python scripts/_train_choice.py FOLDER OUT [half]`.

FOLDER holds `*.jsonl.gz` with one conflicted file a line: id, path, base, ours, theirs, human. Half
0 or 1 leaves out the other half of the conflicts (by the hash of their commit), to measure on.
Needs scikit-learn, which is no dependency of the project: the forest is evaluated without it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from wtagents.core.landing.diff3 import Agreed, Hunk
from wtagents.core.landing.resolution import ConflictText
from wtagents.ladder.choice.answers import mechanical_answers
from wtagents.ladder.choice.features import file_facts
from wtagents.ladder.choice.forest import LEAF
from wtagents.ladder.hunks import open_draft
from wtagents.ladder.words import normal_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wtagents.ladder.hunks import Part

SHAPE = {"max_iter": 250, "learning_rate": 0.04, "max_leaf_nodes": 8, "min_samples_leaf": 30}
SHAPE |= {"max_features": 0.3, "l2_regularization": 1.0, "random_state": 0}


UNKNOWN = 0.5
"""Weight of a file in which people changed more than its hunks."""


def main(folder: str, out: str, half: str = "") -> None:
    """Grow a forest and write it."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    cases = [case for case in load_cases(Path(folder)) if half in ("", str(half_of(case["id"])))]
    rows = [row for case in cases for row in labelled(case)]
    names = sorted(rows[0][0])
    values = [[features[name] for name in names] for features, _, _ in rows]
    weights = [weight for _, _, weight in rows]
    right = [each for _, each, _ in rows]
    grown = HistGradientBoostingClassifier(**SHAPE).fit(values, right, sample_weight=weights)
    forest = {
        "features": names,
        "start": float(grown._baseline_prediction.ravel()[0]),  # noqa: SLF001 - no public way
        "trees": [tree_of(trees[0].nodes) for trees in grown._predictors],  # noqa: SLF001
    }
    Path(out).write_text(json.dumps(forest, separators=(",", ":")) + "\n", encoding="ascii")
    print(f"{len(cases)} files, {len(rows)} answers, {len(forest['trees'])} trees")


def load_cases(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the conflicts of every file of the folder."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def half_of(identity: str) -> int:
    """Files of one commit are in one half."""
    return hashlib.sha256(identity.partition(":")[0].encode()).digest()[0] % 2


def labelled(case: dict[str, Any]) -> Iterator[tuple[dict[str, float], bool, float]]:
    """Yield every mechanical answer's features, whether people answered so, and its weight.

    Where people also changed what nobody disputed, no answer makes their file.
    """
    draft = open_draft(
        ConflictText(
            path=case["path"], base=case["base"], target=case["ours"], branch=case["theirs"]
        )
    )
    hunks = [part for part in draft.parts if isinstance(part, Hunk)]
    if not hunks:
        return
    human = human_answers(draft.parts, normal_lines(case["human"]))
    is_known = human is not None and len(human) == len(hunks)
    facts = file_facts(draft)
    for place, hunk in enumerate(hunks):
        right = human[place] if human is not None and is_known else None
        for answer in mechanical_answers(facts, hunks, hunk):
            weight = 1.0 if is_known else UNKNOWN
            yield answer.features, normal_lines(answer.text) == right, weight


def human_answers(parts: Sequence[Part], human: list[str]) -> list[list[str]] | None:
    """Return what stands between the agreed parts of the human's file; None if they miss."""
    answers: list[list[str]] = []
    at = 0
    for place, part in enumerate(parts):
        agreed = normal_lines(part.text) if isinstance(part, Agreed) else []
        if not agreed:
            continue
        start = _find(human, agreed, at, last=place == len(parts) - 1)
        if start is None or (place == 0 and start):
            return None
        if place:
            answers.append(human[at:start])
        at = start + len(agreed)
    if not isinstance(parts[-1], Agreed) or not normal_lines(parts[-1].text):
        answers.append(human[at:])
    return answers


def _find(human: list[str], agreed: list[str], at: int, *, last: bool) -> int | None:
    end = len(human) - len(agreed)
    for start in [end] if last else range(at, end + 1):
        if start >= at and human[start : start + len(agreed)] == agreed:
            return start
    return None


def tree_of(nodes: Any) -> list[list[float]]:
    """Return the nodes of a tree in the form of `forest.json`."""
    return [
        [LEAF, round(float(node["value"]), 5), 0, 0]
        if node["is_leaf"]
        else [
            int(node["feature_idx"]),
            float(f"{node['num_threshold']:.7g}"),
            int(node["left"]),
            int(node["right"]),
        ]
        for node in nodes
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
