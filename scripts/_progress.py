"""What a benchmark does now, in one line on a terminal; nothing in a file or a pipe."""

from __future__ import annotations

import sys


def tell(text: str = "") -> None:
    """Put the text in place of the last one; without any the line is empty again."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
