"""Landing many branches: batches against one by one, and the price of a landing without gates.

Gates sleep for a fixed time and fail where a bad branch is in the tree, so a makespan is counted in
gates. The plain way is one by one, in the checkout: rebase, the gate where there is one, and
`git merge --ff-only` where it is green. All in one run on one machine.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _bench_cli import Ground
from _progress import tell

from wtagents.core.config.settings import Layer
from wtagents.core.ids import BranchName, TaskName
from wtagents.core.landing.merge import MergeState
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.git.refs import require_branch
from wtagents.git.worktrees import add_worktree, fill_worktree
from wtagents.operations.context import Context
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.tripwire import lay_tripwire
from wtagents.store.tasks import add_task, move_task

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from wtagents.operations.landing.outcome import MergeOutcome

BRANCHES = 16, 40
BAD_ONES = 0, 1, 3
SLOTS = 2
FILES, SMALL = 5000, 500
LARGEST = 1.5
"""Gates that 16 green branches may take, and 2 s."""


class Night:
    """One repository with ready tasks."""

    def __init__(self, ground: Ground, name: str, *, files: int, branches: int, bad: int) -> None:
        self.path = ground.repository(name, files=files)
        self.ground = ground
        every = max(1, branches // (bad + 1))
        self.bad = {every * (number + 1) - 1 for number in range(bad)}
        self.names = [f"task-{number:02d}" for number in range(branches)]
        self.context = self.open()
        lay_tripwire(self.context)
        for number, task in enumerate(self.names):
            self._add(task, number)
        self.context.close()

    def open(self, **settings: object) -> Context:
        """Return a context with settings of `[merge]`."""
        values = {"merge": {"resolver": "none", **settings}}
        return Context(self.path, flags=[Layer(source="--bench", values=values)])

    def _add(self, name: str, number: int) -> None:
        """Add a ready task with one commit that changes two files of its own."""
        context, target = self.context, BranchName("main")
        base = require_branch(context.repository, target)
        place, branch = (
            self.ground.folder / "trees" / self.path.name / name,
            BranchName(f"wta/{name}"),
        )
        owner = context.paths.root.name
        repository = context.repository
        add_worktree(repository, place, branch=branch, base=base, task=TaskName(name), owner=owner)
        fill_worktree(repository, place)
        with context.database.write() as db:
            at = context.clock.now()
            task = add_task(
                db, name=TaskName(name), prompt=f"do {name}", base=base, target=target,
                branch=branch, worktree=place, agent=AgentSpec(kind=AgentKind.SCRIPTED),
                merge_when_ready=False, at=at,
            )  # fmt: skip
            move_task(db, task.id, TaskState.ACTIVE, at=at)
            move_task(db, task.id, TaskState.READY, at=at)
        folder = place / f"package{number:03d}"
        folder.mkdir(exist_ok=True)
        with (folder / f"module{number * 50:05d}.py").open("a") as stream:
            stream.write(f"by_{number} = 1\n")
        (folder / f"new{number}.py").write_text("x = 1\n")
        if number in self.bad:
            (place / f"broken-{number}").write_text("x\n")
        self.ground.run("git", "-C", place, "add", "--all")
        self.ground.run("git", "-C", place, "commit", "--quiet", "--message", f"Do {name}")

    def land(self, *, one_by_one: bool, **settings: object) -> tuple[float, list[MergeOutcome]]:
        """Land everything and return the seconds it took."""
        outcomes: list[MergeOutcome] = []
        context = self.open(**settings)
        tell(f"{len(self.names)} branches, {'one by one' if one_by_one else 'in batches'}")
        begun = time.perf_counter()
        if one_by_one:
            for name in self.names:
                outcomes += merge(context, MergeRequestOptions(names=(name,))).data
        else:
            outcomes += merge(context, MergeRequestOptions(ready=True)).data
        seconds = time.perf_counter() - begun
        tell()
        context.close()
        self._require_right(outcomes)
        return seconds, outcomes

    def _require_right(self, outcomes: Sequence[MergeOutcome]) -> None:
        """Nothing bad has landed, and everything else has."""
        landed = {each.task for each in outcomes if each.state is MergeState.MERGED}
        good = {name for number, name in enumerate(self.names) if number not in self.bad}
        if landed != good:
            wrong = sorted(landed ^ good)
            raise SystemExit(f"bench: wrong landings: {', '.join(wrong)}")

    def land_plainly(self, gate: str = "true") -> float:
        """Rebase, verify and fast-forward each branch in the checkout, as a person would."""
        begun = time.perf_counter()
        for name in self.names:
            self.ground.run(
                "git", "-C", self.path, "checkout", "--quiet", "--detach", f"wta/{name}"
            )
            self.ground.run("git", "-C", self.path, "rebase", "--quiet", "main")
            self.ground.run("git", "-C", self.path, "branch", "--force", "plain")
            green = self._is_green(gate)
            self.ground.run("git", "-C", self.path, "checkout", "--quiet", "main")
            if green:
                self.ground.run("git", "-C", self.path, "merge", "--quiet", "--ff-only", "plain")
        seconds = time.perf_counter() - begun
        count = self.ground.run("git", "-C", self.path, "rev-list", "--count", "main")
        if int(count) != 1 + len(self.names) - len(self.bad):
            raise SystemExit(f"bench: the plain way has landed {int(count) - 1} branches")
        return seconds

    def _is_green(self, gate: str) -> bool:
        argv = ["sh", "-c", gate]
        return subprocess.run(argv, cwd=self.path, check=False).returncode == 0


@contextlib.contextmanager
def counted_processes(ground: Ground) -> Iterator[Path]:
    """Let every git process of ours leave a line in a file."""
    folder, log = ground.folder / "counting", ground.folder / "git-processes"
    folder.mkdir(exist_ok=True)
    log.write_text("")
    real = shutil.which("git")
    (folder / "git").write_text(f'#!/bin/sh\necho "$1" >>{log}\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}:{before}"
    try:
        yield log
    finally:
        os.environ["PATH"] = before


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the makespans, and what a landing costs without gates."""
    with tempfile.TemporaryDirectory(prefix="wta-bench-") as folder:
        ground = Ground(Path(folder))
        os.environ.update(ground.environment)
        costs = _measure_landings(ground)
        nights = [
            _measure_night(ground, branches, bad, options.gate)
            for branches in BRANCHES
            for bad in BAD_ONES
        ]
    green = next(night for night in nights if (night["branches"], night["bad"]) == (BRANCHES[0], 0))
    limit = LARGEST * options.gate + 2
    return {
        "gate": options.gate,
        "slots": SLOTS,
        "nights": nights,
        "costs": costs,
        "limit": limit,
        "met": green["batches"] <= limit,
    }


def show(found: dict[str, Any]) -> list[str]:
    """Return the figures as lines."""
    costs, gate = found["costs"], found["gate"]
    lines = [f"without gates, {BRANCHES[0]} branches, {FILES:,} files; seconds for each branch"]
    lines.append(f"  {'rebase and merge --ff-only':28} {costs['plain']:6.3f}")
    lines += [
        f"  {way:28} {costs[way]:6.3f}   {costs[way] / costs['plain']:4.2f} of the plain way,"
        f" {costs[f'{way}, git processes']:.1f} git processes"
        for way in ("in batches", "one by one")
    ]
    lines.append(f"gate of {gate:g} s, {found['slots']} slots; seconds, and gates in brackets")
    for night in found["nights"]:
        batches, serial = night["batches"], night["plain"]
        lines.append(
            f"  {night['branches']:3d} branches, {night['bad']} bad: {batches:6.1f}"
            f" ({batches / gate:4.1f})   the plain way {serial:6.1f} ({serial / gate:4.1f})"
            f"   {serial / batches:4.1f} times"
        )
    verdict = "met" if found["met"] else "MISSED"
    lines.append(f"{BRANCHES[0]} green ones within {found['limit']:.1f} s: {verdict}")
    return lines


def _measure_night(ground: Ground, branches: int, bad: int, seconds: float) -> dict[str, Any]:
    """Land everything in batches, then all the same one by one the plain way."""
    gate = f"sleep {seconds:g}; ! ls | grep -q ^broken-"
    night = Night(ground, f"night-{branches}-{bad}", files=SMALL, branches=branches, bad=bad)
    batches, _ = night.land(one_by_one=False, gate=[gate], slots=SLOTS)
    same = Night(ground, f"plain-{branches}-{bad}", files=SMALL, branches=branches, bad=bad)
    plain = same.land_plainly(gate)
    return {"branches": branches, "bad": bad, "batches": batches, "plain": plain}


def _measure_landings(ground: Ground) -> dict[str, float]:
    """Return seconds and git processes for each branch, without gates."""
    branches = BRANCHES[0]
    plain = Night(ground, "plain", files=FILES, branches=branches, bad=0).land_plainly()
    found = {"plain": plain / branches}
    for one_by_one, way in ((False, "in batches"), (True, "one by one")):
        night = Night(ground, f"free-{int(one_by_one)}", files=FILES, branches=branches, bad=0)
        found[way] = night.land(one_by_one=one_by_one)[0] / branches
        counted = Night(ground, f"counted-{int(one_by_one)}", files=SMALL, branches=branches, bad=0)
        with counted_processes(ground) as log:
            counted.land(one_by_one=one_by_one)
        found[f"{way}, git processes"] = len(log.read_text().splitlines()) / branches
    return found
