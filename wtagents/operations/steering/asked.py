"""asked: all of what an agent asks: the whole command, the whole edit, every option."""

from __future__ import annotations

import difflib
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wtagents.agent.events import Asked
from wtagents.agent.stream import parse_line
from wtagents.core.errors import StateError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.text import visible
from wtagents.operations.result import OperationResult
from wtagents.store.runs import latest_run
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.inquiry import Inquiry, Option
    from wtagents.core.run import Question, Run
    from wtagents.operations.context import Context

_LOOKED_AT = 8 << 20
"""Bytes of the end of a stream in which the question is looked for."""
_MOST_LINES = 2000
_MOST_COMPARED = 1000
"""Lines up to which both sides of an edit are compared: it takes their product."""


class Part(StrEnum):
    """What a line of a question is."""

    NAME = "name"
    """Which file, which argument."""
    TEXT = "text"
    ADDED = "added"
    REMOVED = "removed"


@record
class AskedLine:
    """One line that a person decides about; what would not show is written as its escape."""

    part: Part
    text: str


@record
class AskedWhole:
    """A question in full."""

    request_id: str
    tool: str
    lines: tuple[AskedLine, ...]
    inquiries: tuple[Inquiry, ...] = ()
    """What is to be chosen; none where it is allowed or denied."""


def asked(context: Context, name: str) -> OperationResult[AskedWhole]:
    """Return what the task's agent asks now. Raises StateError when it asks nothing."""
    from wtagents.operations.steering.answer import open_question

    with context.records.read() as db:
        run = latest_run(db, require_task(db, name).id)
    question = open_question(context, run)
    if run is None or question is None or run.state not in LIVE_RUN_STATES:
        raise StateError(f"the agent of {name} asks nothing", hint=f"wta status {name}")
    whole = AskedWhole(
        request_id=question.request_id,
        tool=question.tool,
        lines=_bounded(tuple(_lines(context, run, question)), name),
        inquiries=question.inquiries,
    )
    return OperationResult(data=whole)


def _lines(context: Context, run: Run, question: Question) -> Iterator[AskedLine]:
    if question.inquiries:
        for place, inquiry in enumerate(question.inquiries):
            yield from [_line(Part.TEXT, "")] * min(place, 1)
            yield from inquiry_lines(inquiry)
        return
    found = _find(context.paths.run(run.id).stream, question.request_id)
    if found is None:
        yield _line(Part.TEXT, question.summary)
    else:
        yield from question_lines(found.tool, found.input)


def _bounded(lines: tuple[AskedLine, ...], name: str) -> tuple[AskedLine, ...]:
    """Leave out what nobody reads, and say so: what is not shown is decided about, too."""
    if len(lines) <= _MOST_LINES:
        return lines
    rest = f"{len(lines) - _MOST_LINES} more lines: wta logs {name} --raw"
    return (*lines[:_MOST_LINES], _line(Part.NAME, rest))


def question_lines(tool: str, given: dict[str, Any]) -> Iterator[AskedLine]:
    """Say the input of a tool line by line: an edit as a diff, anything else by its arguments."""
    path = given.get("file_path")
    if isinstance(path, str):
        yield _line(Part.NAME, path)
        yield from _edits(given)
        return
    for key, value in given.items():
        text = value if isinstance(value, str) else json.dumps(value, indent=2)
        if key != "command" or tool != "Bash":
            yield _line(Part.NAME, key)
        yield from (_line(Part.TEXT, line) for line in text.split("\n"))


def _edits(given: dict[str, Any]) -> Iterator[AskedLine]:
    edits = given.get("edits")
    for each in edits if isinstance(edits, list) else [given]:
        fields = each if isinstance(each, dict) else {}
        old = str(fields.get("old_string", "")).splitlines()
        new = str(fields.get("new_string", fields.get("content", ""))).splitlines()
        yield from _difference(old, new)


def inquiry_lines(inquiry: Inquiry) -> Iterator[AskedLine]:
    """Say what is to be chosen, and the options with their numbers."""
    yield _line(Part.NAME, inquiry.text + (" (several may be chosen)" if inquiry.many else ""))
    for number, option in enumerate(inquiry.options, 1):
        yield _line(Part.TEXT, option_line(number, option))
        if option.preview:
            yield from (_line(Part.TEXT, f"     {line}") for line in option.preview.split("\n"))


def option_line(number: int, option: Option) -> str:
    """Say one option, with the number by which it is chosen."""
    return f"{number}  {option.label}{f': {option.about}' if option.about else ''}"


def _difference(old: list[str], new: list[str]) -> Iterator[AskedLine]:
    if len(old) + len(new) > _MOST_COMPARED:
        yield from (_line(Part.REMOVED, text) for text in old)
        yield from (_line(Part.ADDED, text) for text in new)
        return
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for step, first, end, new_first, new_end in steps:
        if step == "equal":
            yield from (_line(Part.TEXT, text) for text in old[first:end])
        else:
            yield from (_line(Part.REMOVED, text) for text in old[first:end])
            yield from (_line(Part.ADDED, text) for text in new[new_first:new_end])


def _line(part: Part, text: str) -> AskedLine:
    return AskedLine(part=part, text=visible(text.expandtabs(4)))


def _find(stream: Path, request_id: str) -> Asked | None:
    try:
        with stream.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _LOOKED_AT))
            lines = file.read().split(b"\n")
    except OSError:
        return None
    for line in reversed(lines):
        if request_id.encode() in line:
            for event in parse_line(line):
                if isinstance(event, Asked) and event.request_id == request_id:
                    return event
    return None
