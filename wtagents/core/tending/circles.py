"""How an agent that is alive goes in circles: what shows it, in words. Pure.

    calls     the same tool call with the same outcome, again and again, whatever is done between:
              there and back with two edits, and tests that fail in the same way
    files     they come back to what they were, and nothing new lies on the way
    context   it is nearly full, and since then nothing came of many requests

None of them depends on how long anything takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.run import Pulse
    from wtagents.core.tending.liveness import Thresholds
    from wtagents.core.tending.trail import Trail


@record
class Sign:
    """One thing that shows it."""

    words: str
    proves: bool
    """Whether it is enough; otherwise it is worth mentioning."""


def signs_of_circles(pulse: Pulse, trail: Trail, thresholds: Thresholds) -> Iterator[Sign]:
    """Return what shows that an agent goes in circles, or begins to."""
    if _is_worth_mentioning(pulse.repeats, thresholds.loop_calls):
        words = f"the same outcome {pulse.repeats} times: {pulse.repeated}"
        yield Sign(words=words, proves=pulse.repeats >= thresholds.loop_calls)
    circle = trail.circle
    if circle is not None and _is_worth_mentioning(circle.times, thresholds.loop_returns):
        since = f"{circle.since.astimezone():%H:%M}"
        words = f"the files went back to what they were at {since} {circle.times} times"
        proves = circle.times >= thresholds.loop_returns
        yield Sign(words=f"{words}, {circle.way}", proves=proves)
    if pulse.usage.is_full:
        yield _sign_of_full_context(pulse, trail, thresholds.full_requests)


def _sign_of_full_context(pulse: Pulse, trail: Trail, enough: int) -> Sign:
    """A look must have come after the requests that count: what nobody looked at may be work."""
    usage = pulse.usage
    words = f"its context is {100 * usage.context_tokens // usage.context_window} % full"
    idle = trail.turn - max(pulse.full_turn, trail.moved) if pulse.full_turn else 0
    if not _is_worth_mentioning(idle, enough):
        return Sign(words=words, proves=False)
    nothing = f"{idle} requests brought no new file, commit or step of its list"
    return Sign(words=f"{words}, and {nothing}", proves=idle >= enough)


def _is_worth_mentioning(times: int, enough: int) -> bool:
    return times >= enough // 2 + 1
