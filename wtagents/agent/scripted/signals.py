"""Signals of the built-in agent: they break off a wait, never a line or a start of a program."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.agent.scripted.channel import INTERRUPT

if TYPE_CHECKING:
    from collections.abc import Iterator

_TERMINATED = 128 + signal.SIGTERM

_LOOK_SECONDS = 0.25


class InterruptedTurnError(Exception):
    """A person ended the turn."""


class Signals:
    """Remembers what came and raises it where the agent waits. Lives in the main thread."""

    def __init__(self) -> None:
        self._is_waiting = False
        self._is_idle = False
        self._is_interrupted = False
        self._is_terminated = False
        signal.signal(INTERRUPT, self._on_interrupt)
        signal.signal(signal.SIGTERM, self._on_term)
        # A signal that comes just before a blocking call is only seen when another one ends it.
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, _LOOK_SECONDS, _LOOK_SECONDS)

    def forget_interrupt(self) -> None:
        """Forget an interrupt that came between two turns."""
        self._is_interrupted = False

    def require_none(self) -> None:
        """Raise SystemExit or InterruptedTurnError for what came since."""
        if self._is_terminated:
            raise SystemExit(_TERMINATED)
        if self._is_interrupted:
            raise InterruptedTurnError

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let signals break off the block."""
        self._is_waiting = True
        try:
            self.require_none()
            yield
        finally:
            self._is_waiting = False

    @contextmanager
    def idling(self) -> Iterator[None]:
        """Let SIGTERM break off the block; between turns there is nothing to interrupt."""
        self._is_idle = True
        self.forget_interrupt()
        try:
            with self.waiting():
                yield
        finally:
            self._is_idle = False

    def ignore_term(self) -> None:
        """Let SIGTERM do nothing."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def _on_interrupt(self, _number: int, _frame: object) -> None:
        if self._is_idle:
            return
        self._is_interrupted = True
        if self._is_waiting:
            raise InterruptedTurnError

    def _on_term(self, _number: int, _frame: object) -> None:
        self._is_terminated = True
        if self._is_waiting:
            raise SystemExit(_TERMINATED)
