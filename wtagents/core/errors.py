"""Errors: what prevents an answer.

An expected outcome (a conflict, a red gate, a moved target) is a value, never one of these.

    WtaError
    ├── UsageError        2   an argument that cannot be right
    ├── ConfigError       3   a setting, or commands that are not trusted
    ├── StateError        4   the repository or the task does not allow it now
    │   └── NotFoundError 4   no such task, run or repository
    ├── SystemFault       5   git, the agent program, the disk or the state folder
    └── DeadlineError     6   it did not happen in time
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a `wta` process says with its exit status."""

    OK = 0
    """Done, or answered."""
    UNFULFILLED = 1
    """Carried out, and the outcome is a no: rejected, undelivered, a check that failed."""
    USAGE = 2
    """The command line cannot be right."""
    CONFIG = 3
    """A setting is wrong, or commands of the repository are not trusted."""
    STATE = 4
    """The repository or the task does not allow it now; nothing was changed."""
    SYSTEM = 5
    """Git, the agent program, the disk or the state folder is missing, too old, full or broken."""
    DEADLINE = 6
    """It did not happen in the time given."""
    INTERNAL = 70
    """A defect of wta; a report file was written and is named."""
    INTERRUPTED = 130
    """Ctrl-C."""


class WtaError(Exception):
    """One line for a person: what, why, and the next command."""

    exit_code = ExitCode.SYSTEM

    def __init__(self, message: str, *, cause: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.hint = hint


class UsageError(WtaError):
    """An argument that cannot be right."""

    exit_code = ExitCode.USAGE


class ConfigError(WtaError):
    """A setting that is wrong, or commands that nobody has trusted."""

    exit_code = ExitCode.CONFIG


class StateError(WtaError):
    """The repository or the task does not allow it now."""

    exit_code = ExitCode.STATE


class NotFoundError(StateError):
    """No such task, run or repository."""


class SystemFault(WtaError):
    """A program, the disk or the state folder cannot do its part."""

    exit_code = ExitCode.SYSTEM


class DeadlineError(WtaError):
    """It did not happen in the time given."""

    exit_code = ExitCode.DEADLINE
