"""`python -m tests.support.simulation FIRST [LAST]`: play seeds; say which breaks a promise."""

from __future__ import annotations

import sys

from tests.support.simulation.play import play_seeds


def main(arguments: list[str]) -> int:
    """Play the seeds from FIRST to LAST; return 1 when one breaks a promise."""
    first, last = int(arguments[0]), int(arguments[-1])
    broken = play_seeds(range(first, last + 1))
    if broken is not None:
        print(broken)  # noqa: T201 - a program of the tests
    return int(broken is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
