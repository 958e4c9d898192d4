"""What is held back, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Tone
from wtagents.core.figures import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.operations.steering.pause import Held


def held_lines(held: Held, style: Style) -> Iterator[str]:
    """Say what is held back, how it goes on, and what works and waits."""
    if held.frozen:
        yield f"{style.paint('frozen', Tone.NOTICE)}: nobody works; go on: wta thaw"
    elif held.starts:
        yield f"{style.paint('paused', Tone.NOTICE)}: nobody starts; go on: wta resume"
    for name in held.tasks:
        yield f"{style.paint(name, Tone.STRONG)} is paused; go on: wta resume {name}"
    if not (held.frozen or held.starts or held.tasks):
        yield "nothing is held back"
    working, waiting = plural(held.working, "agent"), plural(held.waiting, "task")
    yield f"{working} at work, {waiting} in the queue"
