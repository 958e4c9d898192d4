"""Whoever is killed in whatever it does: the same again, and the end is as if nothing had been.

`scripts/soak kills` goes on for longer, and repeats a choice of verbs and moments; with
`WTA_TEST_VERB` it is about one of them.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.dying import Ended, Mortal, Victim
from tests.support.environment import Sandbox
from tests.support.fleet import configure
from tests.support.processes import survivors
from tests.support.verbs import BEFORE, VERBS, World, act
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("WTA_TEST_KILLS", "6"))
SEED = int(os.environ.get("WTA_TEST_SEED", "4"))
ONLY = os.environ.get("WTA_TEST_VERB", "")
PATIENCE = 60
KEPT = {"archive", "checkpoints"}


@pytest.fixture
def world(tmp_path: Path, template: Path, sandbox: Sandbox) -> World:
    state = tmp_path / "world" / "state"
    sandbox.set_variable("XDG_STATE_HOME", str(state))
    configure(sandbox)
    built = World(place=tmp_path / "world", state=state)
    built.build(template)
    return built


def test_verbs_killed_at_random(world: World, sandbox: Sandbox) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a seed that can be repeated
    names = sorted(VERBS) if not ONLY else [ONLY]
    chance.shuffle(names)
    with Mortal() as mortal:
        trial = Trial(world, mortal, sandbox)
        for number in range(KILLS):
            trial.require_same_end(names[number % len(names)], chance)
    assert trial.struck > KILLS // 2


class Trial:
    """Kills verbs, and compares their ends with those of verbs that were left in peace."""

    def __init__(self, world: World, mortal: Mortal, sandbox: Sandbox) -> None:
        self._world = world
        self._mortal = mortal
        self._sandbox = sandbox
        self._ends: dict[str, tuple[Ended, dict[str, Any]]] = {}
        self.struck = 0
        """How many kills were in time: a verb that waits has not always as many effects."""

    def require_same_end(self, verb: str, chance: random.Random) -> None:
        if verb not in self._ends:
            self._ends[verb] = self._begin(verb, at=0), self._end()
            assert self._ends[verb][0].fault == "", verb
        whole, wanted = self._ends[verb]
        victim = chance.choice(list(Victim) if whole.starts else [Victim.CALLER])
        moments = whole.moments if victim is Victim.CALLER else whole.starts
        at, seconds = chance.randint(1, moments), chance.choice((0.0, 0.002, 0.01))
        said = f"{verb}: {victim} killed {seconds} s after {at} of {moments}"
        struck = self._begin(verb, at=at, victim=victim, seconds=seconds)
        self.struck += struck.struck
        self._world.age()
        again = self._call(verb)
        found = self._end()
        # What was archived before the kill stays archived, beside what the second time found.
        lacking = [each for key in KEPT for each in wanted[key] - found[key]]
        keys = sorted((found.keys() | wanted.keys()) - KEPT)
        changed = [key for key in keys if found.get(key) != wanted.get(key)]
        told = [f"{key}: {found.get(key)} instead of {wanted.get(key)}" for key in changed]
        assert [*lacking, *told] == [], f"{said}, {struck}; again: {again}"
        self._world.require_whole()

    def _begin(self, verb: str, **death: Any) -> Ended:
        self._world.begin_again()
        if verb in BEFORE:
            self._call(BEFORE[verb])
        return self._call(verb, **death)

    def _call(self, verb: str, **death: Any) -> Ended:
        return self._mortal.call(act, f"{verb} at {self._world.repository.path}", **death)

    def _end(self) -> dict[str, Any]:
        wait_until(self._world.settle, what=self._world.picture, timeout=PATIENCE)
        wait_until(self._is_quiet, what=lambda: survivors(self._sandbox.mark), timeout=PATIENCE)
        return self._world.picture()

    def _is_quiet(self) -> bool:
        """Whether nobody is at work but the program that calls."""
        return all("tests.support.dying" in each.argv for each in survivors(self._sandbox.mark))
