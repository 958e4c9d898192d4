"""The events of an agent's stream as lines of the story."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from wtagents.agent import agenda
from wtagents.agent.events import (
    Asked,
    Compacted,
    Denied,
    Failed,
    HookRan,
    ModelChanged,
    PlanMade,
    RateLimited,
    Retrying,
    Said,
    Started,
    Thought,
    ToolReturned,
    ToolUsed,
    TurnEnded,
    UserSaid,
)
from wtagents.agent.inquiries import parse_inquiries
from wtagents.core.record import replace
from wtagents.core.story import StoryLine, Voice
from wtagents.core.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.agent.events import Event

_RESULT_LIMIT = 160
_ERROR_LIMIT = 600
_WHOLE_LIMIT = 4000


class Teller:
    """Tells the runs of one task, in their order."""

    def __init__(self) -> None:
        self._keeper = agenda.AgendaKeeper()

    def lines(self, event: Event) -> Iterator[StoryLine]:
        """Return what a person should read of an event."""
        told, changed = tell(event), self._keeper.take(event)
        now = self._keeper.agenda if changed else None
        if told is not None and isinstance(event, PlanMade):
            yield replace(told, agenda=now)
            return
        if told is not None:
            yield told
        if now is not None:
            text = now.words or "nothing is to be done any more"
            yield StoryLine(voice=Voice.AGENDA, text=text, child=False, agenda=now)


@singledispatch
def tell(event: Any) -> StoryLine | None:
    """Return what a person should read of an event; None for what is of no interest."""
    del event
    return None


@tell.register
def _(event: Started) -> StoryLine:
    what = " ".join(part for part in (event.version, event.model, event.permission_mode) if part)
    return _line(Voice.NOTE, f"turn begins ({what})")


@tell.register
def _(event: Said) -> StoryLine:
    return _line(Voice.AGENT, _paragraph(event.text), event.child)


@tell.register
def _(event: Thought) -> StoryLine:
    return _line(Voice.THOUGHT, _paragraph(event.text), event.child)


@tell.register
def _(event: UserSaid) -> StoryLine:
    return _line(Voice.USER, _paragraph(event.text), event.child)


@tell.register
def _(event: ToolUsed) -> StoryLine | None:
    if event.tool in agenda.TOOLS:
        return None  # the list itself is told where it changes
    text = f"{event.tool}: {event.summary}"
    return StoryLine(voice=Voice.TOOL, text=text, child=bool(event.child), call=event.id)


@tell.register
def _(event: ToolReturned) -> StoryLine:
    voice, limit = (Voice.ERROR, _ERROR_LIMIT) if event.failed else (Voice.RESULT, _RESULT_LIMIT)
    text, whole = printable(event.text, limit), _paragraph(event.text[:_WHOLE_LIMIT])
    return StoryLine(
        voice=voice,
        text=text,
        child=bool(event.child),
        call=event.id,
        whole=whole if whole.strip() != text else "",
    )


@tell.register
def _(event: PlanMade) -> StoryLine:
    return _line(Voice.AGENT, event.text)


@tell.register
def _(event: Asked) -> StoryLine:
    asks = "asks" if parse_inquiries(event) else f"asks to use {event.tool}"
    return _line(Voice.QUESTION, f"{asks}: {event.summary}")


@tell.register
def _(event: Denied) -> StoryLine:
    return _line(Voice.ERROR, f"denied {event.tool}: {printable(event.text, _RESULT_LIMIT)}")


@tell.register
def _(event: Retrying) -> StoryLine:
    return _line(
        Voice.NOTE,
        f"request failed ({event.error}), attempt {event.attempt} of {event.limit}"
        f" in {event.seconds:.1f} s",
    )


@tell.register
def _(event: RateLimited) -> StoryLine | None:
    if event.status == "allowed":
        return None
    return _line(Voice.NOTE, f"rate limit {event.limit}: {event.status}")


@tell.register
def _(event: Failed) -> StoryLine:
    return _line(Voice.ERROR, printable(event.text or event.error, _ERROR_LIMIT))


@tell.register
def _(event: Compacted) -> StoryLine:
    return _line(Voice.NOTE, f"history summarised: {event.before} to {event.after} tokens")


@tell.register
def _(event: HookRan) -> StoryLine | None:
    if not event.exit_code and not event.text:
        return None
    return _line(Voice.NOTE, f"hook {event.name}: {printable(event.text, _RESULT_LIMIT)}")


@tell.register
def _(event: ModelChanged) -> StoryLine:
    return _line(Voice.NOTE, f"model {event.before} is not available, going on with {event.after}")


@tell.register
def _(event: TurnEnded) -> StoryLine:
    if event.failed:
        return _line(Voice.ERROR, f"turn failed: {printable(event.text, _ERROR_LIMIT)}")
    return _line(
        Voice.NOTE, f"turn ended, {event.requests} requests, {event.total_cost_usd:.4f} USD so far"
    )


def _line(voice: Voice, text: str, child: str = "") -> StoryLine:
    return StoryLine(voice=voice, text=text, child=bool(child))


def _paragraph(text: str) -> str:
    return "\n".join(printable_lines(text))
