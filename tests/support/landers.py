"""Landings in processes of their own, which may be killed on their way."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tests.support.warm import Ended, run_text_warm

if TYPE_CHECKING:
    from tests.support.ready_tasks import Fleet

LANDER = """\
import json, sys
from pathlib import Path
from wtagents.core.config.settings import Layer
from wtagents.operations.context import Context
from wtagents.operations.landing.land import land_waiting
values = {"merge": json.loads(sys.argv[2]), "sandbox": {"mode": "none"}}
layer = Layer(source="--test", values=values)
land_waiting(Context(Path(sys.argv[1]), flags=[layer]))
"""


def lander(fleet: Fleet, **settings: object) -> list[str]:
    """Return the command line of a process that lands what waits."""
    return [sys.executable, "-c", LANDER, *_order(fleet, settings)]


def land_apart(fleet: Fleet, **settings: object) -> Ended:
    """Land in a process of its own, and wait for its end."""
    return run_text_warm(LANDER, *_order(fleet, settings))


def _order(fleet: Fleet, settings: dict[str, object]) -> tuple[str, str]:
    return str(fleet.main.path), json.dumps({"resolver": "none", "ladder": ["agent"], **settings})
