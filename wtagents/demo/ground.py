"""Throwaway ground: a folder with its own state and settings, left without a trace.

Every process that is started meanwhile inherits a mark, so that all of them can be found and
stopped: at the end, at Ctrl-C, and by the guard when the demo itself is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.system.command import own_environment
from wtagents.system.process import own_identity, signal_processes, stop_marked
from wtagents.system.programs.detached import start_detached

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from wtagents.core.run import ProcessIdentity
    from wtagents.system.clock import Clock

MARK = "WTA_DEMO"
"""Variable in the environment of every process of the demo; its value is the demo's folder."""
_POLITE_SECONDS = 2.0
_FIRM_SECONDS = 5.0


@record
class Ground:
    """The demo's folder."""

    folder: Path

    @property
    def repository(self) -> Path:
        """The main worktree."""
        return self.folder / "shop"

    @property
    def state(self) -> Path:
        """Where wta keeps its state here: $XDG_STATE_HOME."""
        return self.folder / "state"

    @property
    def keep_mark(self) -> Path:
        """While it exists the folder stays."""
        return self.folder / "keep"

    def keep(self) -> None:
        """Leave the folder when the demo ends."""
        self.keep_mark.touch()

    def environment(self) -> dict[str, str]:
        """Return the variables that make everything happen here."""
        return {
            "XDG_STATE_HOME": str(self.state),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            MARK: str(self.folder),
        }


@contextmanager
def throwaway_ground(clock: Clock) -> Iterator[Ground]:
    """Yield new ground; afterwards no process is left and, unless it is to be kept, no file."""
    ground = Ground(folder=Path(tempfile.mkdtemp(prefix="wta-demo-")).resolve())
    _write_settings(ground)
    guard = _start_guard(ground)
    try:
        with _environment(ground.environment()), _ended_by_signals():
            yield ground
    finally:
        try:
            clear_ground(ground, clock)
        finally:
            signal_processes([guard] if guard else [], signal.SIGTERM)


def _write_settings(ground: Ground) -> None:
    """What is played on this ground is no news for the desktop."""
    file = ground.folder / "config" / "wta" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[notify]\ndesktop = "off"\n', encoding="utf-8")


def clear_ground(ground: Ground, clock: Clock) -> None:
    """Stop every process of the demo, then remove its folder unless it is to be kept."""
    stop_marked(
        MARK,
        str(ground.folder),
        clock=clock,
        polite_seconds=_POLITE_SECONDS,
        firm_seconds=_FIRM_SECONDS,
    )
    if not ground.keep_mark.exists():
        shutil.rmtree(ground.folder, ignore_errors=True)


def _start_guard(ground: Ground) -> ProcessIdentity | None:
    own = own_identity()
    mine = (str(ground.folder), own.boot_id, str(own.pid), str(own.start))
    return start_detached(
        [sys.executable, "-P", "-m", "wtagents.demo.guard", *mine],
        cwd=ground.folder,
        env=own_environment(),
        log=ground.folder / "guard.log",
    )


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables of this process, and so of all that it starts, for the length of a block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, as Ctrl-C does."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
