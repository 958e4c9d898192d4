"""Whether anything changed since the last look: one PRAGMA and a few stats while nothing did."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.store.faults import gone_fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wtagents.core.ids import RunId
    from wtagents.operations.context import Context
    from wtagents.operations.telling.overview import Overview

LIVE_SECONDS = 2.0
"""Between two looks while agents work: silence is what becomes of them without any change."""
REST_SECONDS = 15.0


class Watch:
    """Compares the store and the folders of live runs with what they were."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._opened: object = None
        self._was_there = False
        self._live: tuple[RunId, ...] = ()
        self._mark: object = None
        self._looked = float("-inf")

    def is_due(self) -> bool:
        """Whether it is time to look. Raises SystemFault when the store cannot be read."""
        rest = LIVE_SECONDS if self._live else REST_SECONDS
        if self._context.clock.monotonic() - self._looked >= rest:
            return True
        return self._current() != self._mark

    def look_begins(self) -> None:
        """Note how things stand: what changes from now on is found by the next look.

        Raises SystemFault when the store cannot be read, is gone, or a newer wta has changed it.
        """
        self._mark = self._current()
        if self._context.reader is not None:
            self._context.reader.require_known()
            self._was_there = True
        elif self._was_there:
            raise gone_fault(self._context.paths.database)
        self._looked = self._context.clock.monotonic()

    def saw(self, seen: Overview) -> None:
        """Watch the runs that live."""
        runs = [each.run for each in seen.items if each.run is not None]
        live = tuple(run.id for run in runs if run.state in LIVE_RUN_STATES)
        if live != self._live:
            self._live = live
            self._mark = self._current()

    def begin_again(self) -> None:
        """Open the store anew at the next look."""
        self._context.close()
        self._mark, self._looked = None, float("-inf")

    def _current(self) -> object:
        """Return what differs after a change; a database that was exchanged is opened anew."""
        there = _identity(self._context.paths.database)
        if there != self._opened:
            self._context.close()
            self._opened = there
        reader = self._context.reader
        version = reader.data_version() if reader is not None else None
        return there, version, _runs(self._context, self._live)


def _runs(context: Context, live: Sequence[RunId]) -> list[object]:
    folders = [context.paths.run(each) for each in live]
    return [_stamp(path) for each in folders for path in (each.pulse, each.exit)]


def _identity(path: Path) -> object:
    """Return which file it is, not how it is; None where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _stamp(path: Path) -> object:
    try:
        stat = os.stat(path)  # noqa: PTH116 - asked for each live run four times a second
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
