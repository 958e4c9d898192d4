"""What reaches a screen and what reaches a program."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from wtagents.cli.answer import Answer
from wtagents.cli.call import Invocation
from wtagents.cli.render import envelope, plain, safe_line, show
from wtagents.cli.style import Tone
from wtagents.core.errors import ExitCode
from wtagents.core.ids import TaskName
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.operations.result import OperationResult


class Direction(Enum):
    LEFT = "left"


@record
class Record:
    name: TaskName
    state: TaskState
    path: Path
    at: datetime
    inner: Record | None = None


AT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)


def invocation(*, json_wanted: bool = False) -> Invocation:
    called = Invocation()
    called.command = "act"
    called.json = json_wanted
    return called


def test_the_envelope_has_these_keys() -> None:
    assert list(json.loads(envelope("status", ok=True))) == [
        "schema",
        "command",
        "ok",
        "data",
        "messages",
        "errors",
    ]


def test_a_record_becomes_json() -> None:
    inner = Record(name=TaskName("b"), state=TaskState.READY, path=Path("/b"), at=AT)
    record = Record(name=TaskName("a"), state=TaskState.ACTIVE, path=Path("/a"), at=AT, inner=inner)
    assert plain((record,)) == [
        {
            "name": "a",
            "state": "active",
            "path": "/a",
            "at": "2026-01-02T03:04:05.678Z",
            "inner": {
                "name": "b",
                "state": "ready",
                "path": "/b",
                "at": "2026-01-02T03:04:05.678Z",
                "inner": None,
            },
        }
    ]
    assert type(plain(TaskName("a"))) is str


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Direction.LEFT, "left"),
        (ExitCode.STATE, 4),
        ({Direction.LEFT: (1, 2)}, {"left": [1, 2]}),
        (frozenset({"b", "a"}), ["a", "b"]),
        (timedelta(minutes=1.5), 90.0),
        (b"a\xff", "a�"),
        (math.inf, None),
        (math.nan, None),
        (True, True),
        (None, None),
    ],
)
def test_values_of_other_kinds_become_json(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no data for a JSON answer"):
        plain(object())


def test_json_is_ascii_and_so_harmless_on_a_terminal() -> None:
    document = envelope("act", ok=True, data="\x1b]0;x\x07 \u202e é \udcff")
    assert document.isascii()
    assert document.replace("\n", "").isprintable()
    assert json.loads(document)["data"] == "\x1b]0;x\x07 \u202e é \udcff"


def test_an_answer_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    result = OperationResult(data=("a", "b"), messages=("both were there",))
    show(Answer.of(result, lambda data, _: (f"- {each}" for each in data)), invocation())
    assert capsys.readouterr() == ("- a\n- b\n", "both were there\n")


def test_an_answer_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    result = OperationResult(
        data=("a",), messages=("one was missing",), exit_code=ExitCode.UNFULFILLED
    )
    show(Answer.of(result, lambda *_: ["never shown"]), invocation(json_wanted=True))
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out == snapshot("""\
{
  "schema": 1,
  "command": "act",
  "ok": false,
  "data": [
    "a"
  ],
  "messages": [
    "one was missing"
  ],
  "errors": []
}
""")


def test_raw_bytes_reach_a_pipe_as_they_are(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    patch = b"+\xff\x1b[31m\r\n"
    show(Answer("x", lambda *_: ["never shown"], raw=[patch]), invocation())
    assert capfdbinary.readouterr().out == patch


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain\ttext é 漢", "plain\ttext é 漢"),
        (f"{Tone.BAD.value}red\x1b[0m", f"{Tone.BAD.value}red\x1b[0m"),
        ("\x1b[8mhidden", " [8mhidden"),
        ("\x1b]52;c;aGk=\x07", " ]52;c;aGk= "),
        ("\x9b31mC1", " 31mC1"),
        ("right\u202eleft\u2066", "right left "),
        ("a\nb\rc\x00d\x7f", "a b c d "),
    ],
)
def test_no_line_can_steer_the_terminal(line: str, shown: str) -> None:
    assert safe_line(line) == shown
