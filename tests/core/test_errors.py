from __future__ import annotations

from wtagents.core import errors
from wtagents.core.errors import ExitCode, WtaError


def family(kind: type[WtaError] = WtaError) -> dict[str, int]:
    """Name every kind of error with its exit status."""
    found = {kind.__name__: int(kind.exit_code)}
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            found |= family(child)
    return found


def test_each_kind_of_error_has_its_exit_status() -> None:
    assert family() == {
        "WtaError": 5,
        "UsageError": 2,
        "ConfigError": 3,
        "StateError": 4,
        "NotFoundError": 4,
        "SystemFault": 5,
        "DeadlineError": 6,
    }


def test_the_drawing_says_the_same() -> None:
    statuses = {
        line.split("── ")[1].split()[0]: int(line.split("── ")[1].split()[1])
        for line in str(errors.__doc__).splitlines()
        if "── " in line
    }
    assert statuses == {name: status for name, status in family().items() if name != "WtaError"}


def test_exit_statuses_are_a_promise() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "UNFULFILLED": 1,
        "USAGE": 2,
        "CONFIG": 3,
        "STATE": 4,
        "SYSTEM": 5,
        "DEADLINE": 6,
        "INTERNAL": 70,
        "INTERRUPTED": 130,
    }


def test_an_error_has_a_line_a_cause_and_a_hint() -> None:
    error = WtaError("cannot spawn", cause="the disk is full", hint="df .")
    assert (str(error), error.message) == ("cannot spawn", "cannot spawn")
    assert (error.cause, error.hint) == ("the disk is full", "df .")
    assert (WtaError("x").cause, WtaError("x").hint) == ("", "")
