"""`python -m wtagents.runner RUN_FOLDER`; everything else is loaded behind a collector at rest."""

from __future__ import annotations

import sys

from wtagents.system.interpreter import leave, rest_collector

if __name__ == "__main__":
    rest_collector()

    from wtagents.runner.life import main

    leave(main(sys.argv[1:]))
