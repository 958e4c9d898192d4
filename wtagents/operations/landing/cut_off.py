"""A target that a killed landing or undo was about to move: it says itself whether it did.

The checkouts are settled, and a person is told what of it does not hold any more, or may not.
"""

from __future__ import annotations

import logging
from threading import Event
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.record import record
from wtagents.git.advancing.settle import (
    bring_along,
    edits_beside,
    finish_advance,
    is_advancing,
    took_along,
    unsettled,
)
from wtagents.git.hub import open_hub
from wtagents.git.merging.integrated import lacking
from wtagents.git.refs import contains, ref_value
from wtagents.operations.landing.words import (
    lacking_hint,
    spared_hint,
    took_along_words,
    unsettled_hint,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.ids import Oid
    from wtagents.git.advancing.lock import Mark
    from wtagents.git.advancing.settle import Settled
    from wtagents.operations.context import Context
    from wtagents.operations.landing.words import Speech

logger = logging.getLogger(__name__)

ORPHAN_SECONDS = 45.0
"""How long a git command that outlived who started it is waited for."""
_LOOK_SECONDS = 0.05


@record
class Ended:
    """What became of it."""

    is_done: bool
    """Whether the target has it."""
    settled: tuple[Settled, ...] = ()
    hint: str = ""
    """What a person has to look at; '' when nothing."""


def end_cut_off(
    context: Context, mark: Mark, speech: Speech, *, patience: float, end: Oid | None = None
) -> Ended | None:
    """Settle what was cut off; None when a git command of it is still at work after `patience`.

    `end` is the last commit that was to land with it. The caller holds the repository lock.
    """
    repository = context.repository
    settled = _finish(context, patience)
    if settled is None:
        return None
    settled += bring_along(repository, mark)
    tip = ref_value(repository, mark.target.ref)
    if tip is None or tip == mark.old or not contains(repository, tip, mark.new):
        taken = took_along_words(mark.target, took_along(repository, mark, tip))
        hint = "; ".join(filter(None, (spared_hint(settled, speech), taken)))
        return Ended(is_done=False, settled=tuple(settled), hint=hint)
    settled = settled or edits_beside(repository, mark)
    hints = (
        spared_hint(settled, speech),
        _lacking(context, mark, tip, end or mark.new, speech),
        unsettled_hint((each.path for each in unsettled(repository)), speech),
    )
    return Ended(is_done=True, settled=tuple(settled), hint="; ".join(filter(None, hints)))


def _finish(context: Context, patience: float) -> list[Settled] | None:
    """Settle the checkouts; git commands that outlived who was killed come first."""
    never, deadline = Event(), context.clock.monotonic() + patience
    settled = finish_advance(context.repository)
    while is_advancing(context.repository):
        if context.clock.monotonic() >= deadline:
            return None
        context.clock.wait(never, _LOOK_SECONDS)
        settled += finish_advance(context.repository)
    return settled


def _lacking(context: Context, mark: Mark, tip: Oid, end: Oid, speech: Speech) -> str:
    """Say what of it was taken back before it was finished; it is finished in any case."""
    if tip == end:
        return ""
    try:
        hub = open_hub(context.paths, context.repository)
        hub.fetch(context.repository, tip, end)
        paths: Sequence[str] = lacking(hub, base=mark.old, landed=end, target=tip)
    except (WtaError, OSError):
        logger.exception("looking for what %s lacks", mark.target)
        return ""
    return lacking_hint(mark.target, end, tuple(paths), speech)
