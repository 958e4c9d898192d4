"""Why a run of Claude Code ended.

The order of the evidence (the exit code alone never decides: an interrupted run can exit with 0,
and every API failure calls itself `success`):

  1. what the runner did: timed out, stopped
  2. a turn without a result: the stream was cut, or the program was killed  ->  lost
  3. no output at all: stderr
  4. `is_error` of the last result, then its subtype, its HTTP status, and the error of the message
     that the program made of the failure
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from wtagents.agent.port import Ending, Verdict
from wtagents.core.record import record
from wtagents.core.run import ExitReason
from wtagents.core.text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.agent.events import Denied, Failed, TurnEnded

_DETAIL_LIMIT = 200
_SIGNAL_BASE = 128
"""A shell's and Node's way to tell a signal by an exit status."""

_NO_ROOM = 529
"""HTTP status of an overloaded service."""

_BY_SUBTYPE = {
    "error_max_turns": ExitReason.MAX_TURNS,
    "error_max_budget_usd": ExitReason.BUDGET,
}
_BY_STATUS = {
    401: ExitReason.AUTHENTICATION,
    403: ExitReason.AUTHENTICATION,
    404: ExitReason.MODEL_UNKNOWN,
    413: ExitReason.PROMPT_TOO_LONG,
    429: ExitReason.RATE_LIMITED,
    _NO_ROOM: ExitReason.OVERLOADED,
}
_BY_ERROR = {
    "authentication_failed": ExitReason.AUTHENTICATION,
    "billing_error": ExitReason.BILLING,
    "rate_limit": ExitReason.RATE_LIMITED,
    "model_not_found": ExitReason.MODEL_UNKNOWN,
    "invalid_request": ExitReason.AGENT_ERROR,
    "server_error": ExitReason.API_ERROR,
}
_LOGIN_WORDS = ("Not logged in", "Please run /login", "Invalid API key")
_FULL_CONTEXT = frozenset({"prompt_too_long", "blocking_limit"})
_TOO_LONG = "prompt is too long"
_OVERLOADED = "529 overloaded"
_REFUSALS = (
    "error: unknown option",
    "error: option ",
    "error: invalid",
    "error processing settings",
    "cannot be used with root",
)
"""How the program begins its complaint about its own command line, in lower case."""
_SERVER_ERROR = 500
_NO_CONVERSATION = "No conversation found with session ID"
_UNKNOWN_COMMAND = "Unknown command: "
"""2.1.197 answers a prompt that begins with an unknown `/word` so, as a success without a turn."""


@record
class Evidence:
    """What the stream told about the end."""

    last_turn: TurnEnded | None
    turn_open: bool
    """Whether a turn began and gave no result."""
    failure: Failed | None
    """The failed request of the last turn."""
    denials: tuple[Denied, ...]
    resets_at: datetime | None
    """End of the account's limit."""


def judge(evidence: Evidence, ending: Ending) -> Verdict:
    """Return the verdict."""
    reason, detail = _reason(evidence, ending)
    limited = reason is ExitReason.RATE_LIMITED
    return Verdict(
        reason=reason,
        detail=printable(detail, _DETAIL_LIMIT),
        denials=tuple(
            printable(f"{denied.tool}: {denied.text}" if denied.text else denied.tool, 200)
            for denied in evidence.denials
        ),
        retry_at=_retry_at(evidence) if limited else None,
    )


def _retry_at(evidence: Evidence) -> datetime | None:
    told = evidence.failure.resets_at if evidence.failure else None
    return told or evidence.resets_at


def _reason(evidence: Evidence, ending: Ending) -> tuple[ExitReason, str]:
    if ending.timed_out:
        return ExitReason.TIMED_OUT, "its time was over"
    if ending.stopped:
        return ExitReason.STOPPED, "stopped by a person"
    last = evidence.last_turn
    if evidence.turn_open or last is None:
        return _without_result(ending, began=evidence.turn_open)
    if last.failed and last.text.startswith(_NO_CONVERSATION) and not last.requests:
        return ExitReason.CONVERSATION_LOST, last.text
    if last.failed:
        return _failed_turn(evidence, last)
    if last.text.startswith(_UNKNOWN_COMMAND) and not last.requests:
        return ExitReason.AGENT_ERROR, last.text
    return ExitReason.COMPLETED, last.text


def _without_result(ending: Ending, *, began: bool) -> tuple[ExitReason, str]:
    killer = signal_name(ending.exit_code)
    if killer:
        return ExitReason.LOST, f"killed by {killer} before it reported an end"
    if ending.exit_code is None:
        return ExitReason.LOST, "nobody saw it end"
    if ending.exit_code == 0:
        return ExitReason.LOST, "it ended without reporting a result"
    complaint = _last_line(ending.stderr_tail) or f"exit status {ending.exit_code}"
    if _wants_login(ending.stderr_tail):
        return ExitReason.AUTHENTICATION, complaint
    if not began and any(words in ending.stderr_tail.lower() for words in _REFUSALS):
        return ExitReason.BAD_SETTINGS, complaint
    return ExitReason.AGENT_ERROR, f"it broke off: {complaint}" if began else complaint


def _failed_turn(evidence: Evidence, last: TurnEnded) -> tuple[ExitReason, str]:
    detail = last.text or last.subtype or "it reported an error without words"
    if last.subtype in _BY_SUBTYPE:
        return _BY_SUBTYPE[last.subtype], detail
    if last.terminal_reason.startswith("aborted"):
        return ExitReason.INTERRUPTED, "its turn was interrupted"
    if last.terminal_reason in _FULL_CONTEXT:
        return ExitReason.PROMPT_TOO_LONG, detail
    failure = evidence.failure
    status = last.status or (failure.status if failure else None)
    if failure is not None and failure.error in _BY_ERROR and status != _NO_ROOM:
        words = failure.text or detail
        return _told_by_words(words) or _BY_ERROR[failure.error], words
    if status is not None:
        return _BY_STATUS.get(status, _by_class(status)), detail
    if _wants_login(detail):
        return ExitReason.AUTHENTICATION, detail
    if failure is not None:
        words = failure.text or detail
        return _told_by_words(words) or ExitReason.API_ERROR, words
    return ExitReason.AGENT_ERROR, detail


def _told_by_words(words: str) -> ExitReason | None:
    """Return what only the words tell: 2.1.197 gives a repeated 529 no status."""
    said = words.lower()
    if _TOO_LONG in said:
        return ExitReason.PROMPT_TOO_LONG
    return ExitReason.OVERLOADED if _OVERLOADED in said else None


def _wants_login(words: str) -> bool:
    return any(phrase in words for phrase in _LOGIN_WORDS)


def _by_class(status: int) -> ExitReason:
    return ExitReason.API_ERROR if status >= _SERVER_ERROR else ExitReason.AGENT_ERROR


def signal_name(exit_code: int | None) -> str:
    """Return the signal that an exit code tells of, or ''."""
    if exit_code is None:
        return ""
    number = -exit_code if exit_code < 0 else exit_code - _SIGNAL_BASE
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
