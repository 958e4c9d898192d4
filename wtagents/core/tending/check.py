"""Checks: commands that must pass in the worktree before a task is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.run import Run


@record
class Check:
    """What one command said when the agent called its work done."""

    command: str
    passed: bool
    seconds: float
    timed_out: bool
    log: str
    """Path of its whole output."""
    tail: str
    """The end of its output: text of strangers."""

    @property
    def verdict(self) -> str:
        """Say it in one line; the command itself is text of strangers."""
        if self.passed:
            return f"passed in {self.seconds:.1f} s"
        how = "took too long" if self.timed_out else "failed"
        return f"{how} after {self.seconds:.1f} s"


def failed_check(checks: Sequence[Check]) -> Check | None:
    """Return the one that did not pass; the others were not run after it."""
    return next((check for check in checks if not check.passed), None)


def mended(runs: Sequence[Run]) -> int:
    """Return how many runs in a row, up to the latest, were begun because a check had failed."""
    from wtagents.core.run import Purpose

    count = 0
    for run in reversed(runs):
        if run.purpose is not Purpose.MEND:
            break
        count += 1
    return count
