"""The one place that prints: text for a person or a versioned envelope for a program.

stdout is the answer, stderr the narration. What agents, prompts and repositories wrote reaches a
terminal only without control characters: the layouts pass it through `printable`, and the last net
here lets through no escape sequence but the colours of `style.Tone`.

    {"schema": 1, "command": "status", "ok": true, "data": …, "messages": […], "errors": […]}
    an error: {"message", "cause", "hint", "code"}; code is the name of the exit code
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from wtagents.cli.style import RESET, Style, Tone, decide_color
from wtagents.core.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from wtagents.cli.answer import Answer
    from wtagents.cli.call import Invocation
    from wtagents.core.errors import WtaError

SCHEMA = 1
"""Version of the envelope; it grows when a key changes its meaning or goes."""

_COLUMNS = 80
"""Of a screen that does not say."""


def show(answer: Answer[Any], invocation: Invocation) -> None:
    """Print an answer."""
    for text in _said(answer, invocation):
        sys.stdout.write(text)
        if answer.live:
            sys.stdout.flush()
    sys.stdout.flush()
    if not invocation.json:
        for message in answer.messages:
            narrate(message)


def show_page(text: str) -> None:
    """Print a text of ours as it is: the help."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _said(answer: Answer[Any], invocation: Invocation) -> Iterator[str]:
    if invocation.json and answer.live:
        for item in answer.data:
            yield envelope(invocation.command, ok=True, data=item, indent=None) + "\n"
    elif invocation.json:
        yield envelope(
            invocation.command,
            data=answer.data,
            messages=answer.messages,
            ok=answer.exit_code is ExitCode.OK,
        )
        yield "\n"
    elif answer.raw is not None and not sys.stdout.isatty():
        for chunk in answer.raw:
            sys.stdout.buffer.write(chunk)
            yield ""
    else:
        for line in answer.lines(answer.data, screen_style(invocation)):
            yield safe_line(line) + "\n"


def show_error(error: WtaError, invocation: Invocation) -> None:
    """Print what prevented an answer."""
    if invocation.json:
        code = error.exit_code.name.lower()
        fault = {
            "message": error.message,
            "cause": error.cause,
            "hint": error.hint,
            "code": code,
        }
        sys.stdout.write(envelope(invocation.command, ok=False, errors=(fault,)) + "\n")
        sys.stdout.flush()
        return
    style = screen_style(invocation, sys.stderr)
    cause = f": {error.cause}" if error.cause else ""
    narrate(f"{style.paint('error:', Tone.BAD)} {error.message}{cause}")
    if error.hint:
        narrate(f"{style.paint('hint:', Tone.ACCENT)} {error.hint}")


def narrate(line: str) -> None:
    """Say something that is not the answer."""
    sys.stderr.write(safe_line(line) + "\n")
    sys.stderr.flush()


class Board:
    """Narration that is drawn again in place; for a terminal only."""

    def __init__(self) -> None:
        self._height = 0

    def draw(self, lines: Sequence[str]) -> None:
        """Replace what was drawn before. No line may be wider than the screen."""
        back = f"\x1b[{self._height}A" if self._height else ""
        text = "".join(f"{safe_line(line)}\x1b[K\n" for line in lines)
        sys.stderr.write(f"{back}{text}\x1b[J")
        sys.stderr.flush()
        self._height = len(lines)


def ask(question: str, *, about: Iterable[str] = ()) -> bool:
    """Ask a person on the terminal, after what it is about; an empty line means no."""
    from click import confirm

    for line in about:
        narrate(line)
    return confirm(safe_line(question), default=False, err=True)


def ask_line(question: str, *, about: Iterable[str] = ()) -> str:
    """Ask a person on the terminal for one line, after what it is about."""
    from click import prompt

    for line in about:
        narrate(line)
    return str(prompt(safe_line(question), err=True))


def narrate_log(verbosity: int) -> None:
    """Say on stderr what is done: 1 for what matters, 2 for every program that is run."""
    import logging

    class SafeFormatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return "\n".join(map(safe_line, super().format(record).splitlines()))

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter("%(relativeCreated)6d ms  %(message)s"))
    logger = logging.getLogger("wtagents")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbosity > 1 else logging.INFO)


def screen_style(invocation: Invocation, stream: TextIO | None = None) -> Style:
    """Return what the screen behind a stream (default stdout) can show."""
    tty = (stream or sys.stdout).isatty()
    return Style(color=decide_color(choice=invocation.color, tty=tty), width=_columns())


def _columns() -> int:
    """As `shutil.get_terminal_size`, which costs 2 ms of import."""
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    try:
        return os.get_terminal_size(1).columns or _COLUMNS
    except OSError:
        return _COLUMNS


def safe_line(line: str) -> str:
    """Return the line without anything that could steer a terminal, our own colours excepted."""
    if line.isascii() and line.isprintable():
        return line
    return _unsafe().sub(lambda found: found[1] or " ", line)


@cache
def _unsafe() -> re.Pattern[str]:
    """Control characters and those that turn the direction of text; group 1 is a colour of ours."""
    ours = "|".join(re.escape(code) for code in [RESET, *(t.value for t in Tone if t.value)])
    return re.compile(
        rf"({ours})|[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    )


def envelope(
    command: str,
    *,
    ok: bool,
    data: Any = None,
    messages: Iterable[str] = (),
    errors: Iterable[dict[str, str]] = (),
    indent: int | None = 2,
) -> str:
    """Return the JSON document of an answer, pure ASCII and so safe on any terminal."""
    import json

    document = {
        "schema": SCHEMA,
        "command": command,
        "ok": ok,
        "data": plain(data),
        "messages": list(messages),
        "errors": list(errors),
    }
    return json.dumps(document, indent=indent, allow_nan=False)


def plain(value: Any) -> Any:
    """Return a record as JSON has it: enums by value, paths and times as text, tuples as lists.

    Durations are seconds, sets are sorted; bytes are text with what is not UTF-8 replaced.
    Raises TypeError for what is no data.
    """
    from enum import Enum

    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return _plain_scalar(value)
    if isinstance(value, dict):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(each) for each in value), key=str)
    return _plain_record(value)


def _plain_scalar(value: float | str | bytes | None) -> Any:
    """JSON has no infinity; subclasses of str become str."""
    from math import isfinite

    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value) if isinstance(value, str) else value


def _plain_record(value: Any) -> Any:
    from datetime import datetime, timedelta
    from pathlib import PurePath

    from wtagents.core.record import is_record, values_of

    if is_record(value):
        return {name: plain(each) for name, each in values_of(value).items()}
    match value:
        case PurePath():
            return str(value)
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case _:
            raise TypeError(f"{type(value).__name__} is no data for a JSON answer")
