"""The real loop on a machine that crashes, sleeps, reboots and runs out of memory and pids."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.forking import end_apart
from tests.support.simulation.landings.play import LandingPlay
from tests.support.simulation.mistaken import make_mistake
from tests.support.simulation.mutants import MUTANTS, Mutant
from tests.support.simulation.play import Play
from tests.support.simulation.seeds import play_seeds

SEEDS = 300
CHUNK = 25
MENDED = (20663, 41063, 44849, 44863, 100222, 403262, 406494)
"""Seeds that broke a promise once, beyond those that are always played."""
PATIENCE = 40
"""Seeds that may pass before a mutant is caught."""
LANDINGS, FEW = 2, 5
"""Seeds of landings, which are played with real git; and those that a mutant of theirs has."""
FIXED = (687, 6140)
"""Seeds of landings that broke a promise once."""


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_every_promise_holds_whoever_is_killed_where(first: int) -> None:
    assert play_seeds(range(first, first + CHUNK)) is None


def test_seeds_that_broke_a_promise_once_keep_them_all() -> None:
    assert play_seeds(MENDED) is None


@pytest.mark.parametrize("seed", [*range(1, LANDINGS + 1), *FIXED])
def test_landings_keep_every_promise_whoever_is_killed_and_commits(
    seed: int, tmp_path: Path
) -> None:
    assert _played_apart(tmp_path, [seed], LandingPlay) == "None"


def test_a_seed_tells_the_same_story_again(tmp_path: Path) -> None:
    first, second = (Play(11, tmp_path / name).run() for name in ("first", "second"))

    assert first == second


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_in_the_loop_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    kind, more = (LandingPlay, FEW) if mutant.lands else (Play, PATIENCE)

    told = _played_apart(tmp_path, range(mutant.seed, mutant.seed + more + 1), kind, mutant)

    assert told.startswith("seed ")


def _played_apart(
    folder: Path, seeds: Iterable[int], kind: type[Play], mutant: Mutant | None = None
) -> str:
    """Play seeds in a process of its own, which may make a mistake; return what that told."""
    told = folder / "told"

    def play() -> None:
        if mutant is not None:
            make_mistake(mutant)
        told.write_text(str(play_seeds(seeds, kind)))

    assert end_apart(play) == 0
    return told.read_text()
