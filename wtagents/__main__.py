"""`python -m wtagents` is `wta`."""

from __future__ import annotations

import sys

from wtagents.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
