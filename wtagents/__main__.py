"""`python -m wtagents` is `wta`."""

from __future__ import annotations

from wtagents.cli.entry import run

if __name__ == "__main__":
    run()
