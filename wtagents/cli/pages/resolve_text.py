"""What a person has to decide, and what became of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wtagents.cli.pages.landing_text import outcome_lines
from wtagents.cli.style import Tone
from wtagents.core.figures import plural
from wtagents.core.text import printable
from wtagents.operations.resolve import Resolving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.operations.resolve import OpenConflict, ResolveOutcome


def resolve_lines(outcome: ResolveOutcome, style: Style) -> Iterator[str]:
    """Say what is open and the next command, or how the landing went."""
    name = style.heading(outcome.task)
    if outcome.landing is not None:
        yield from outcome_lines((outcome.landing,), style)
        if not outcome.landing.landed:
            yield f"  the decisions are kept; change them: wta resolve {outcome.task}"
        return
    if outcome.state is not Resolving.OPEN:
        yield f"{name} {outcome.state}{_where(outcome)}"
        if outcome.hint:
            yield f"  next: {style.paint(printable(outcome.hint), Tone.ACCENT)}"
        return
    count = plural(len(outcome.conflicts), "conflict")
    yield f"{name} {style.paint(f'{count} with {outcome.target}', Tone.NOTICE)}"
    if outcome.folder is not None:
        yield f"  in {printable(shlex.quote(str(outcome.folder)))}"
    for each in outcome.conflicts:
        yield from _conflict(outcome, each)
    for fault in outcome.faults:
        yield f"  {style.paint(printable(fault), Tone.BAD)}"
    yield f"  next: {style.paint(printable(outcome.hint), Tone.ACCENT)}"


def _conflict(outcome: ResolveOutcome, each: OpenConflict) -> Iterator[str]:
    path = printable(shlex.quote(each.path))
    said = " (a side is taken)" if each.decided else ""
    yield f"  {path}: {each.kind}{said}"
    yield f"    {each.by_target}: wta resolve {outcome.task} --from-target {path}"
    yield f"    {each.by_branch}: wta resolve {outcome.task} --from-branch {path}"
    yield f"    {each.edit}"


def _where(outcome: ResolveOutcome) -> str:
    return f": {outcome.target} takes it as it is" if outcome.state is Resolving.CLEAN else ""
