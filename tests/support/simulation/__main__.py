"""`python -m tests.support.simulation [landings] FIRST [LAST]`: which seed breaks a promise?

Its story goes to stdout, and how often each fault has happened, as JSON, to stderr.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.support.environment import sealed_environment
from tests.support.quick import rest_collector
from tests.support.simulation.landings.play import LandingPlay
from tests.support.simulation.play import Play
from tests.support.simulation.seeds import play_seeds


def main(arguments: list[str]) -> int:
    """Play the seeds from FIRST to LAST; return 1 when one breaks a promise."""
    kind = LandingPlay if arguments[0] == "landings" else Play
    numbers = [int(each) for each in arguments if each.isdigit()]
    counts: Counter[str] = Counter()
    rest_collector()
    with tempfile.TemporaryDirectory() as home, sealed_environment(Path(home), Path(home)):
        broken = play_seeds(range(numbers[0], numbers[-1] + 1), kind, counts)
    print(json.dumps(counts), file=sys.stderr)  # noqa: T201 - a program of the tests
    if broken is not None:
        print(broken)  # noqa: T201 - a program of the tests
    return int(broken is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
