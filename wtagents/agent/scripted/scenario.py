"""From the text of a prompt to steps. The language is described in the package's docstring."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.errors import UsageError
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "scenario:"
"""The line behind which the steps stand."""


class Verb(StrEnum):
    """What a step does."""

    SAY = "say"
    THINK = "think"
    WRITE = "write"
    APPEND = "append"
    REPLACE = "replace"
    DELETE = "delete"
    RUN = "run"
    COMMIT = "commit"
    WAIT = "wait"
    LISTEN = "listen"
    ASK = "ask"
    CHOOSE = "choose"
    STUBBORN = "stubborn"
    FAIL = "fail"
    CRASH = "crash"
    EXIT = "exit"
    NO_RESULT = "no-result"
    HANG = "hang"
    IGNORE_TERM = "ignore-term"
    LEAVE_CHILD = "leave-child"
    FLOOD = "flood"
    GARBAGE = "garbage"


@record
class Step:
    """One step and its arguments, as texts."""

    verb: Verb
    arguments: tuple[str, ...] = ()

    def number(self, index: int = 0, default: float = 0.0) -> float:
        """Return an argument as a number."""
        return float(self.arguments[index]) if index < len(self.arguments) else default


def parse_scenario(text: str) -> tuple[Step, ...]:
    """Return the steps behind the mark, none without one. Raises UsageError naming the line."""
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines) if line.strip() == MARK]
    if not marks:
        return ()
    return tuple(_steps(enumerate(lines[marks[0] + 1 :], marks[0] + 2)))


def _steps(lines: Iterator[tuple[int, str]]) -> Iterator[Step]:
    for number, line in lines:
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        try:
            verb = Verb(word)
            yield Step(verb=verb, arguments=_SHAPES.get(verb, _nothing)(rest.strip(), lines))
        except ValueError as error:
            raise UsageError(
                f"line {number} of the scenario is no step: {line.strip()[:80]!r}",
                cause=str(error),
                hint="python -c 'import wtagents.agent.scripted as s; print(s.__doc__)'",
            ) from None


_Lines: TypeAlias = "Iterator[tuple[int, str]]"


def _nothing(rest: str, _lines: _Lines) -> tuple[str, ...]:
    if rest:
        raise ValueError("nothing may follow")
    return ()


def _rest(rest: str, _lines: _Lines) -> tuple[str, ...]:
    if not rest:
        raise ValueError("something must follow")
    return (rest,)


def _text(rest: str, _lines: _Lines) -> tuple[str, ...]:
    return tuple(_strings(rest, count=1))


def _json(rest: str, _lines: _Lines) -> tuple[str, ...]:
    json.loads(rest)
    return (rest,)


def _number(rest: str, _lines: _Lines) -> tuple[str, ...]:
    float(rest)
    return (rest,)


def _word_and_number(rest: str, lines: _Lines) -> tuple[str, ...]:
    word, _, number = rest.partition(" ")
    return (word, *(_number(number, lines) if number else ()))


def _word_and_text(rest: str, _lines: _Lines) -> tuple[str, ...]:
    word, _, text = rest.partition(" ")
    return (word, *_strings(text, count=1))


def _path_and_two_texts(rest: str, _lines: _Lines) -> tuple[str, ...]:
    path, _, texts = rest.partition(" ")
    return (path, *_strings(texts, count=2))


def _path_and_body(rest: str, lines: _Lines) -> tuple[str, ...]:
    path, _, end = rest.partition(" <<")
    if not path or not end.strip():
        raise ValueError("a path and <<END must follow")
    body: list[str] = []
    for _, line in lines:
        if line.strip() == end.strip():
            return (path.strip(), "".join(f"{each}\n" for each in body))
        body.append(line)
    raise ValueError(f"the line {end.strip()} is missing")


def _strings(text: str, *, count: int) -> list[str]:
    decoder = json.JSONDecoder()
    found: list[str] = []
    rest = text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found += [value] if isinstance(value, str) else []
        rest = rest[end:].strip()
    if len(found) != count:
        raise ValueError(f"{count} text in double quotes must follow")
    return found


_SHAPES: dict[Verb, Callable[[str, _Lines], tuple[str, ...]]] = {
    Verb.SAY: _text,
    Verb.THINK: _text,
    Verb.COMMIT: _text,
    Verb.WRITE: _path_and_body,
    Verb.APPEND: _path_and_body,
    Verb.REPLACE: _path_and_two_texts,
    Verb.DELETE: _rest,
    Verb.RUN: _rest,
    Verb.ASK: _word_and_text,
    Verb.CHOOSE: _json,
    Verb.FAIL: _word_and_number,
    Verb.WAIT: _number,
    Verb.LISTEN: _number,
    Verb.EXIT: _number,
    Verb.LEAVE_CHILD: _number,
    Verb.FLOOD: _number,
}
