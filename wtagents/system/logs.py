"""What is said to whoever listens: the supervisor's log, or a person who asked for it with `-v`.

Whoever listens has loaded `logging`, which takes 3 ms; where nobody has, nothing is said.
"""

from __future__ import annotations

import sys

_DETAIL, _STEP = 10, 20
"""As `logging` counts what matters: DEBUG and INFO."""


def note(source: str, text: str, *values: object) -> None:
    """Say what matters to a person; `source` is the name of the module that says it."""
    _say(_STEP, source, text, values)


def note_detail(source: str, text: str, *values: object) -> None:
    """Say what matters to whoever looks for a fault."""
    _say(_DETAIL, source, text, values)


def _say(weight: int, source: str, text: str, values: tuple[object, ...]) -> None:
    logging = sys.modules.get("logging")
    if logging is not None:
        logging.getLogger(source).log(weight, text, *values)
