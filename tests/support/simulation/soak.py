"""`python -m tests.support.simulation.soak KIND COUNT FIRST`: many seeds on all processors."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.support.environment import PROJECT
from tests.support.processes import run_to_end

CHUNK = 20
SEED_SECONDS = 60.0
"""What a seed may take on a busy machine before something hangs."""


def play_chunk(kind: str, first: int, last: int) -> tuple[Counter[str], list[str]]:
    """Play seeds, also those behind one that breaks a promise; return counts and stories."""
    counts: Counter[str] = Counter()
    stories: list[str] = []
    while first <= last:
        argv = [sys.executable, "-m", "tests.support.simulation", kind, str(first), str(last)]
        ended = run_to_end(argv, cwd=PROJECT, seconds=SEED_SECONDS * (last - first + 1))
        if ended.returncode == 0:
            return counts + Counter(json.loads(ended.stderr.splitlines()[-1])), stories
        story = ended.stdout.decode() or ended.stderr.decode()
        if not story.startswith("seed "):
            return counts, [*stories, f"seeds {first} to {last}: {story}"]
        stories.append(story)
        first = int(story.split()[1].rstrip(":")) + 1
    return counts, stories


def main(arguments: list[str]) -> int:
    """Play COUNT seeds from FIRST on; return 1 when one of them breaks a promise."""
    kind, count, first = arguments[0], int(arguments[1]), int(arguments[2])
    starts = range(first, first + count, CHUNK)
    counts: Counter[str] = Counter()
    broken, began = 0, time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        chunks = [
            threads.submit(play_chunk, kind, start, min(start + CHUNK, first + count) - 1)
            for start in starts
        ]
        for done, chunk in enumerate(as_completed(chunks), 1):
            found, stories = chunk.result()
            counts += found
            broken += len(stories)
            for story in stories:
                print(story, flush=True)  # noqa: T201 - a program of the tests
            played = min(done * CHUNK, count)
            rate = played / (time.monotonic() - began)
            print(f"{played} of {count} seeds, {rate:.1f} per second, {broken} broken", flush=True)  # noqa: T201
    for name, times in sorted(counts.items()):
        print(f"{times:9} {name}")  # noqa: T201 - a program of the tests
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
