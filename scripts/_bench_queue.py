"""Landing many branches: batches against one by one, and the price of a landing without gates.

`scripts/bench queue [--gate SECONDS] [--files N] [--branches 16,40] [--bad 0,1,3] [--slots N]`

Gates sleep for a fixed time and fail where a bad branch is in the tree, so a makespan is counted in
gates. One by one is `wta merge NAME` for each branch. The plain way is checkout, rebase, checkout
and `git merge --ff-only` for each branch, which verifies nothing. All in one run on one machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from _bench_cli import Ground

from wtagents.core.ids import BranchName, TaskName
from wtagents.core.merge import MergeState
from wtagents.core.settings import Layer
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.git.refs import require_branch
from wtagents.git.worktrees import add_worktree, fill_worktree
from wtagents.operations.context import Context
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.tripwire import lay_tripwire
from wtagents.store.tasks import add_task, move_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wtagents.operations.landing.outcome import MergeOutcome

LARGEST = 1.5
"""Gates that 16 green branches may take, and 2 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was asked for."""

    gate: float
    files: int
    branches: tuple[int, ...]
    bad: tuple[int, ...]
    slots: int


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
        begun = time.perf_counter()
        if one_by_one:
            for name in self.names:
                outcomes += merge(context, MergeRequestOptions(names=(name,))).data
        else:
            outcomes += merge(context, MergeRequestOptions(ready=True)).data
        seconds = time.perf_counter() - begun
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

    def land_plainly(self) -> float:
        """Rebase and fast-forward each branch in the checkout, as a person would."""
        begun = time.perf_counter()
        for name in self.names:
            self.ground.run(
                "git", "-C", self.path, "checkout", "--quiet", "--detach", f"wta/{name}"
            )
            self.ground.run("git", "-C", self.path, "rebase", "--quiet", "main")
            self.ground.run("git", "-C", self.path, "branch", "--force", "plain")
            self.ground.run("git", "-C", self.path, "checkout", "--quiet", "main")
            self.ground.run("git", "-C", self.path, "merge", "--quiet", "--ff-only", "plain")
        return time.perf_counter() - begun


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


def measure_makespans(ground: Ground, choice: Choice) -> bool:
    """Print the makespan of batches and of one by one; return whether the target is met."""
    met = True
    print(f"gate of {choice.gate:g} s, {choice.slots} slots; seconds, and gates in brackets")
    for branches in choice.branches:
        for bad in choice.bad:
            gate = [f"sleep {choice.gate:g}; ! ls | grep -q ^broken-"]
            times = []
            for one_by_one in (False, True):
                name = f"night-{branches}-{bad}-{int(one_by_one)}"
                night = Night(ground, name, files=500, branches=branches, bad=bad)
                seconds, _ = night.land(one_by_one=one_by_one, gate=gate, slots=choice.slots)
                times.append(seconds)
            batches, serial = times
            said = ""
            if branches == 16 and not bad:  # noqa: PLR2004
                limit = LARGEST * choice.gate + 2
                met = batches <= limit
                said = f"  target {limit:.1f} s: {'met' if met else 'MISSED'}"
            print(
                f"{branches:3d} branches, {bad} bad: {batches:6.1f} ({batches / choice.gate:4.1f})"
                f"   one by one {serial:6.1f} ({serial / choice.gate:4.1f})"
                f"   {serial / batches:4.1f} times{said}",
                flush=True,
            )
    return met


def measure_landings(ground: Ground, choice: Choice) -> None:
    """Print what a landing costs without gates, against the plain way."""
    branches = choice.branches[0]
    print(f"without gates, {branches} branches, {choice.files:,} files; seconds for each branch")
    plain = Night(ground, "plain", files=choice.files, branches=branches, bad=0).land_plainly()
    print(f"  rebase and merge --ff-only   {plain / branches:6.3f}")
    for one_by_one, words in ((False, "in batches"), (True, "one by one")):
        name = f"free-{int(one_by_one)}"
        night = Night(ground, name, files=choice.files, branches=branches, bad=0)
        seconds, _ = night.land(one_by_one=one_by_one)
        counted = Night(ground, f"{name}-counted", files=200, branches=branches, bad=0)
        with counted_processes(ground) as log:
            counted.land(one_by_one=one_by_one)
        processes = len(log.read_text().splitlines()) / branches
        print(
            f"  {words:28} {seconds / branches:6.3f}   {seconds / plain:4.2f} of the plain way,"
            f" {processes:.1f} git processes",
            flush=True,
        )


def main(words: Sequence[str]) -> int:
    """Measure, print, and say by the exit status whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--gate", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--files", type=int, default=5000, metavar="N")
    parser.add_argument("--branches", default="16,40", metavar="N,N")
    parser.add_argument("--bad", default="0,1,3", metavar="N,N")
    parser.add_argument("--slots", type=int, default=2, metavar="N")
    parser.add_argument("--only", choices=("makespan", "cost"))
    found = parser.parse_args(words)
    choice = Choice(
        gate=found.gate,
        files=found.files,
        branches=tuple(map(int, found.branches.split(","))),
        bad=tuple(map(int, found.bad.split(","))),
        slots=found.slots,
    )
    with tempfile.TemporaryDirectory(prefix="wta-bench-") as folder:
        ground = Ground(Path(folder))
        os.environ.update(ground.environment)
        if found.only != "makespan":
            measure_landings(ground, choice)
        met = True if found.only == "cost" else measure_makespans(ground, choice)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
