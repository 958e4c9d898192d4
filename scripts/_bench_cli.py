"""How much slower `wta` is than the plain way: starting, listing 50 tasks, spawning.

Each pair is measured in turns, in one run on one machine, so the ratios hold although the machine
is noisy. Times are wall time; a spawn is measured up to the moment when the agent's program runs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from _progress import tell

WTA = Path(sys.executable).with_name("wta")
CLICK = (sys.executable, "-c", "import click")
TASKS = 50
LIVE_TASKS = 4
FILES = 5000
_PATIENCE = 120.0
_LAST_BREATH = 0.05
_SURE = 4
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Measure = Callable[[int], float]
"""Does it once and returns the seconds it took; the number makes names unique."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Our way and the plain way to the same end."""

    name: str
    ours: Measure
    plain: Measure
    plain_name: str
    target: float
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The times of a pair."""

    pair: Pair
    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return statistics.median(self.ours) / statistics.median(self.plain)

    @property
    def is_met(self) -> bool:
        """Whether the ratio is within the target."""
        return self.ratio <= self.pair.target


class Ground:
    """A temporary folder with an environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = ("PATH", "LANG", "TMPDIR", "PYTHONPATH")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ} | {
            "HOME": str(folder / "home"),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        (folder / "home").mkdir()
        identity = "[user]\n\tname = bench\n\temail = bench@example.invalid\n"
        (folder / "home" / ".gitconfig").write_text(identity)
        (folder / "config" / "wta").mkdir(parents=True)
        limits = f'[limits]\nagents = {TASKS + 1}\ndisk_floor = "100MB"\nretries = 0\n'
        (folder / "config" / "wta" / "config.toml").write_text(limits)
        self.program = folder / "stamp"
        self.program.write_text('#!/bin/sh\nexec date +%s.%N >"$1"\n')
        self.program.chmod(0o755)

    def run(self, *argv: str | Path, cwd: Path | None = None) -> str:
        """Run a program to its end. Raises CalledProcessError with what it said."""
        done = subprocess.run(
            [str(word) for word in argv],
            cwd=cwd or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"bench: {' '.join(map(str, argv))}: {done.stderr.strip()}")
        return done.stdout

    def timed(self, *argv: str | Path) -> float:
        """Run a program to its end and return how long it took."""
        begun = time.perf_counter()
        self.run(*argv)
        return time.perf_counter() - begun

    def repository(self, name: str, *, files: int) -> Path:
        """Make a repository with so many small files."""
        path = self.folder / name
        self.run("git", "init", "--quiet", "--initial-branch=main", path)
        for number in range(files):
            folder = path / f"package{number // 50:03d}"
            folder.mkdir(exist_ok=True)
            text = "".join(f"value_{line} = {number * line}\n" for line in range(1 + number % 120))
            (folder / f"module{number:05d}.py").write_text(text)
        self.run("git", "-C", path, "add", "--all")
        self.run("git", "-C", path, "commit", "--quiet", "--message", "files")
        return path


def help_pair(ground: Ground, rounds: int) -> Pair:
    """Return the price of starting at all."""
    return Pair(
        name="wta --help",
        ours=lambda _: ground.timed(WTA, "--help"),
        plain=lambda _: ground.timed(*CLICK),
        plain_name="python -c 'import click'",
        target=1.3,
        rounds=rounds,
    )


def status_pair(ground: Ground, rounds: int) -> Pair:
    """Return the price of a list of 50 tasks: most have ended with a commit, some still work."""
    repository = ground.repository("listed", files=20)
    work = "echo done >result.txt && git add result.txt && git commit -q -m Done"
    names = []
    for number in range(TASKS):
        names.append(f"task-{number:02d}")
        script = "sleep 3600" if number < LIVE_TASKS else work
        agent = ("--agent", "command", "--", "sh", "-c", script)
        ground.run(WTA, "-C", repository, "spawn", names[-1], "work", *agent)
    ended = names[LIVE_TASKS:]
    ground.run(WTA, "-C", repository, "wait", *ended, "--for", "ready", "--timeout", "300")
    ground.run(WTA, "-C", repository, "status")
    return Pair(
        name=f"wta status, {TASKS} tasks",
        ours=lambda _: ground.timed(WTA, "-C", repository, "status"),
        plain=lambda _: ground.timed(*CLICK),
        plain_name="python -c 'import click'",
        target=1.5,
        rounds=rounds,
    )


def spawn_pair(ground: Ground, rounds: int) -> Pair:
    """Return the price of a task in a worktree of its own, until its program runs."""
    return spawn_pair_in(ground, ground.repository("large", files=FILES), rounds)


def spawn_pair_in(ground: Ground, repository: Path, rounds: int) -> Pair:
    """Return that price in a repository that is there."""

    def ours(number: int) -> float:
        stamp = ground.folder / f"ours-{number}"
        agent = ("--agent", "command", "--", ground.program, stamp)
        begun = time.time()
        ground.run(WTA, "-C", repository, "spawn", f"new-{number}", "work", *agent)
        seconds = _stamped(stamp) - begun
        # What follows a run belongs to none of the measurements.
        rest = ("wait", f"new-{number}", "--for", "attention", "--timeout", "60s")
        ground.run(WTA, "-C", repository, *rest)
        return seconds

    def plain(number: int) -> float:
        stamp = ground.folder / f"plain-{number}"
        path = ground.folder / f"plain-tree-{number}"
        add = f"git worktree add --quiet -b plain-{number} {path} HEAD"
        begun = time.time()
        ground.run(
            "sh", "-c", f"{add} && cd {path} && exec {ground.program} {stamp}", cwd=repository
        )
        return _stamped(stamp) - begun

    return Pair(
        name=f"wta spawn, {FILES:,} files",
        ours=ours,
        plain=plain,
        plain_name="git worktree add && exec",
        target=1.15,
        rounds=rounds,
    )


def _stamped(path: Path) -> float:
    """Return when the program ran, as it said itself."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        text = path.read_text() if path.exists() else ""
        if text.endswith("\n"):
            return float(text)
        time.sleep(0.002)
    raise SystemExit(f"bench: {path.name} did not run within {_PATIENCE:g} s")


PAIRS: dict[str, Callable[[Ground, int], Pair]] = {
    "help": help_pair,
    "status": status_pair,
    "spawn": spawn_pair,
}
ROUNDS = {"help": 25, "status": 25, "spawn": 15}


def measure(pair: Pair) -> Outcome:
    """Measure both ways in turns, beginning with one and the other; the first round is practice."""
    ours: list[float] = []
    plain: list[float] = []
    for number in range(pair.rounds + 1):
        tell(f"{pair.name}: round {number} of {pair.rounds}")
        ways = [(pair.ours, ours), (pair.plain, plain)]
        for way, times in ways if number % 2 else reversed(ways):
            times.append(way(number))
    tell()
    return Outcome(pair=pair, ours=tuple(ours[1:]), plain=tuple(plain[1:]))


def shown(times: tuple[float, ...]) -> str:
    """Return median and the middle half of the times, in milliseconds."""
    low, middle, high = (1000 * each for each in statistics.quantiles(times, n=4))
    return f"{middle:6.1f} ms ({low:.0f}-{high:.0f})"


def table(outcomes: list[Outcome]) -> list[str]:
    """Return the outcomes as lines."""
    head = ("", "wta", "plain", "ratio", "target")
    rows = [
        (
            outcome.pair.name,
            shown(outcome.ours),
            f"{shown(outcome.plain)}  {outcome.pair.plain_name}",
            f"{outcome.ratio:.2f}",
            f"<= {outcome.pair.target:.2f} {'met' if outcome.is_met else 'MISSED'}",
        )
        for outcome in outcomes
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    ]


@contextlib.contextmanager
def lent_ground() -> Iterator[Ground]:
    """Lend a ground; of it and of what was started on it nothing is left, however the block ends.

    SIGTERM and SIGHUP end the program as ctrl+c does. Who is impatient does not interrupt the end.
    """
    handled = {number: signal.signal(number, _leave) for number in _ENDS}
    folder = Path(tempfile.mkdtemp(prefix="wta-bench-"))
    try:
        yield Ground(folder)
    finally:
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)
        _stop_everything(str(folder / "state"))
        tell("removes the files")
        shutil.rmtree(folder, ignore_errors=True)
        tell()
        for number, handler in handled.items():
            signal.signal(number, handler)


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _stop_everything(state_home: str) -> None:
    """Stop agents, runners and supervisors, and what they start meanwhile.

    The environment of a process cannot be read while it becomes another program: nobody is left
    when several looks have found nobody.
    """
    end, empty_looks = time.monotonic() + _PATIENCE, 0
    while empty_looks < _SURE and time.monotonic() < end:
        left = _processes_of(state_home)
        empty_looks = 0 if left else empty_looks + 1
        if left:
            tell(f"stops {len(left)} processes")
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        time.sleep(_LAST_BREATH)


def _processes_of(state_home: str) -> list[psutil.Process]:
    """Return who keeps state in this folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("XDG_STATE_HOME") == state_home:
                found.append(process)
    return found


def main() -> int:
    """Measure, print the table; with --strict a missed target is a failure."""
    parser = argparse.ArgumentParser(prog="scripts/bench cli", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--rounds", type=int, help="repetitions of each measurement")
    parser.add_argument("--only", choices=tuple(PAIRS), action="append", help="measure only this")
    options = parser.parse_args()
    outcomes = []
    for name in options.only or PAIRS:
        with lent_ground() as ground:
            outcomes.append(measure(PAIRS[name](ground, options.rounds or ROUNDS[name])))
    print("\n".join(table(outcomes)))
    print("median (middle half of the times); ratio of the medians; measured in turns")
    return 1 if options.strict and not all(outcome.is_met for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
