"""The boundary: every way a command can end becomes a line, a hint and an exit status."""

from __future__ import annotations

import errno
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from inline_snapshot import snapshot

from tests.support.processes import run_to_end, start_apart
from wtagents.cli.answer import Answer
from wtagents.cli.call import Invocation
from wtagents.cli.invocation import GLOBAL_OPTIONS, WtaCommand
from wtagents.cli.main import main
from wtagents.cli.registry import EXIT_CODES, WtaGroup
from wtagents.core.errors import DeadlineError, ExitCode, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.environment import Sandbox

WTA = [sys.executable, "-m", "wtagents"]

SPELLING = """
import sys
from wtagents.cli.answer import Answer
from wtagents.cli.invocation import GLOBAL_OPTIONS, WtaCommand
from wtagents.cli.main import main
from wtagents.cli.registry import WtaGroup
from wtagents.core.errors import ExitCode

group = WtaGroup(name="wta", params=[*GLOBAL_OPTIONS])
"""


def group_of(callback: Callable[[], Any]) -> WtaGroup:
    """Return a `wta` whose command `act` is the callback."""
    group = WtaGroup(name="wta", params=[*GLOBAL_OPTIONS])
    group.add_command(WtaCommand("act", callback=callback))
    return group


def failing(error: BaseException) -> WtaGroup:
    def act() -> None:
        raise error

    return group_of(act)


def test_an_error_is_a_line_with_its_cause_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    error = StateError("fix-login is merged", cause="it landed at 1a2b3c", hint="wta status")
    assert main(["act"], group=failing(error)) == ExitCode.STATE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == snapshot("""\
error: fix-login is merged: it landed at 1a2b3c
hint: wta status
""")


@pytest.mark.parametrize("argv", [["--json", "act"], ["act", "--json"]])
def test_an_error_is_an_envelope_for_a_program(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    error = DeadlineError("nothing happened", cause="it slept", hint="wake it")
    assert main(argv, group=failing(error)) == ExitCode.DEADLINE
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out) == {
        "schema": 1,
        "command": "act",
        "ok": False,
        "data": None,
        "messages": [],
        "errors": [
            {
                "message": "nothing happened",
                "cause": "it slept",
                "hint": "wake it",
                "code": "deadline",
            }
        ],
    }


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["qqq"], "error: no such command: qqq\nhint: wta --help\n"),
        (["ac"], "error: no such command: ac (did you mean act?)\nhint: wta --help\n"),
        (["--jso"], "error: no such option '--jso'. Did you mean '--json'?\nhint: wta --help\n"),
        (["act", "-x"], "error: no such option '-x'\nhint: wta act --help\n"),
        (["act", "a"], "error: got unexpected extra argument (a)\nhint: wta act --help\n"),
        (
            ["-C", "/no/where", "act"],
            (
                "error: invalid value for '-C': Directory '/no/where' does not exist\n"
                "hint: wta --help\n"
            ),
        ),
    ],
)
def test_a_wrong_command_line_names_what_is_wrong_and_where_to_look(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    group = group_of(lambda: None)
    group.commands["act"].params = [*GLOBAL_OPTIONS]
    assert main(argv, group=group) == ExitCode.USAGE
    assert capsys.readouterr().err == said


def test_a_usage_error_is_an_envelope_although_the_line_was_never_parsed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["act", "--wrong", "--json"], group=group_of(lambda: None)) == ExitCode.USAGE
    [error] = json.loads(capsys.readouterr().out)["errors"]
    assert (error["code"], error["hint"]) == ("usage", "wta act --help")


def test_what_stands_behind_two_dashes_belongs_to_another_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["act", "--", "--json"], group=group_of(lambda: None)) == ExitCode.USAGE
    assert capsys.readouterr().out == ""


def test_a_defect_is_one_line_that_names_a_private_report(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["act"], group=failing(ZeroDivisionError("by zero"))) == ExitCode.INTERNAL
    [report] = (sandbox.state / "wta" / "reports").iterdir()
    assert capsys.readouterr().err == (
        "error: this is a defect of wta: ZeroDivisionError: by zero\n"
        f"hint: report it with {report}\n"
    )
    text = report.read_text()
    names = [line.partition(":")[0] for line in text.partition("\n\n")[0].splitlines()]
    assert names == ["wta", "python", "system", "command", "folder", "when"]
    assert "\ncommand: wta act\n" in text
    assert text.endswith("ZeroDivisionError: by zero\n")
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_defect_without_a_disk_is_told_in_full(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.state.parent.mkdir(parents=True)
    sandbox.state.write_text("a file where a folder should be")
    assert main(["act"], group=failing(KeyError("x"))) == ExitCode.INTERNAL
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.endswith(
        "error: this is a defect of wta: KeyError: 'x'\nhint: the traceback stands above\n"
    )


def test_a_command_that_returns_no_answer_is_a_defect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["act"], group=group_of(lambda: "text")) == ExitCode.INTERNAL
    assert "wta act returned 'text' instead of an Answer" in capsys.readouterr().err


def test_a_full_disk_is_no_defect(capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/srv/x")
    assert main(["act"], group=failing(error)) == ExitCode.SYSTEM
    assert capsys.readouterr().err == snapshot("""\
error: cannot use /srv/x: no space left on device
hint: free some space, then run the command again
""")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort(), EOFError()])
def test_ctrl_c_says_so(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["act"], group=failing(error)) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "interrupted\n"


def test_options_stand_before_or_after_the_command(tmp_path: Path) -> None:
    seen = []

    @click.pass_obj
    def act(invocation: Invocation) -> None:
        seen.append((invocation.folder, invocation.json, invocation.verbosity, invocation.color))

    def again() -> WtaGroup:
        return group_of(act)

    (tmp_path / "r").mkdir()
    assert main(["-C", "r", "--json", "-v", "--no-color", "act"], group=again()) == 0
    assert main(["act", "-C", "r", "--json", "-v", "--no-color"], group=again()) == 0
    assert main(["-v", "-C", "/", "act", "-C", "r"], group=again()) == 0
    assert seen == [("r", True, 1, False), ("r", True, 1, False), ("r", False, 1, None)]


def test_a_reader_that_leaves_changes_no_verdict() -> None:
    program = SPELLING + (
        "lines = lambda data, style: (str(n) for n in range(100_000))\n"
        "act = lambda: Answer(None, lines, exit_code=ExitCode.UNFULFILLED)\n"
        "group.add_command(WtaCommand('act', callback=act))\n"
        "sys.exit(main(['act'], group=group))\n"
    )
    process = start_apart([sys.executable, "-c", program])
    assert process.stdout is not None
    assert process.stdout.readline() == b"0\n"
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=30) == ExitCode.UNFULFILLED
    assert process.stdin is not None
    process.stdin.close()
    process.stderr.close()


def test_ctrl_c_in_a_real_process_ends_with_130() -> None:
    program = SPELLING + (
        "import signal\n"
        "def act():\n    print('up', flush=True)\n    signal.pause()\n"
        "group.add_command(WtaCommand('act', callback=act))\n"
        "sys.exit(main(['act'], group=group))\n"
    )
    process = start_apart([sys.executable, "-c", program])
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (ExitCode.INTERRUPTED, b"", b"interrupted\n")


def test_a_full_disk_behind_stdout_is_an_error() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    text = run_to_end(["sh", "-c", f"{' '.join(WTA)} --version >/dev/full"])
    program = run_to_end(["sh", "-c", f"{' '.join(WTA)} --version --json >/dev/full"])
    assert (text.returncode, program.returncode) == (ExitCode.SYSTEM, ExitCode.SYSTEM)
    said = "error: cannot write the answer: no space left on device\n"
    assert text.stderr.decode() == f"{said}hint: free some space, then run the command again\n"
    assert program.stderr.decode() == said


def test_names_beyond_the_encoding_of_the_terminal_are_escaped(sandbox: Sandbox) -> None:
    sandbox.set_variable("PYTHONIOENCODING", "ascii")
    program = SPELLING + (
        "act = lambda: Answer(None, lambda *_: ['h\\u00e9 \\udcff'])\n"
        "group.add_command(WtaCommand('act', callback=act))\n"
        "sys.exit(main(['act'], group=group))\n"
    )
    done = run_to_end([sys.executable, "-c", program])
    assert (done.returncode, done.stdout) == (0, b"h\\xe9 \\udcff\n")


def test_every_exit_code_is_explained() -> None:
    assert [int(line.split()[0]) for line in EXIT_CODES] == [int(code) for code in ExitCode]


def test_an_answer_is_remembered_as_the_status() -> None:
    answer = Answer(None, lambda *_: [], exit_code=ExitCode.UNFULFILLED)
    assert main(["act"], group=group_of(lambda: answer)) == ExitCode.UNFULFILLED
