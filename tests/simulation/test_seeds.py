"""The real loop on a machine that crashes, sleeps, reboots and runs out of memory and pids."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.environment import PROJECT
from tests.support.processes import run_to_end
from tests.support.simulation.mutants import MUTANTS, Mutant
from tests.support.simulation.play import Play
from tests.support.simulation.seeds import play_seeds

SEEDS = 300
CHUNK = 25
MENDED = (20663, 41063, 44849, 44863, 100222)
"""Seeds that broke a promise once, beyond those that are always played."""
PATIENCE = 40
"""Seeds that may pass before a mutant is caught."""
LANDINGS, FEW = 4, 5
"""Seeds of landings, which are played with real git; and those that a mutant of theirs has."""
FIXED = (687, 6140)
"""Seeds of landings that broke a promise once."""


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_every_promise_holds_whoever_is_killed_where(first: int) -> None:
    assert play_seeds(range(first, first + CHUNK)) is None


def test_seeds_that_broke_a_promise_once_keep_them_all() -> None:
    assert play_seeds(MENDED) is None


@pytest.mark.parametrize("seed", [*range(1, LANDINGS + 1), *FIXED])
def test_landings_keep_every_promise_whoever_is_killed_and_commits(seed: int) -> None:
    argv = [sys.executable, "-m", "tests.support.simulation", "landings", str(seed)]

    ended = run_to_end(argv, cwd=PROJECT, seconds=300)

    assert (ended.returncode, ended.stdout) == (0, b""), ended


def test_a_seed_tells_the_same_story_again(tmp_path: Path) -> None:
    first, second = (Play(11, tmp_path / name).run() for name in ("first", "second"))

    assert first == second


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_in_the_loop_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "wtagents", tmp_path / "wtagents")
    shutil.copytree(PROJECT / "tests" / "support", tmp_path / "tests" / "support")
    path = tmp_path / mutant.file
    right = path.read_text(encoding="utf-8")
    assert right.count(mutant.line) == 1, f"{mutant.line!r} is not in {mutant.file} once"
    path.write_text(right.replace(mutant.line, mutant.becomes), encoding="utf-8")

    what = ["landings"] if mutant.lands else []
    seeds = (str(mutant.seed), str(mutant.seed + (FEW if mutant.lands else PATIENCE)))
    ended = run_to_end(
        [sys.executable, "-m", "tests.support.simulation", *what, *seeds], cwd=tmp_path, seconds=300
    )

    assert ended.stdout.startswith(b"seed "), ended
