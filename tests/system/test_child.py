from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from wtagents.core.errors import SystemFault
from wtagents.system.command import clean_environment
from wtagents.system.programs.child import Child, start_child

SHELL = "/bin/sh"


def start(
    place: Path,
    *argv: str,
    speaks: bool = False,
    cwd: Path | None = None,
    environment: dict[str, str] | None = None,
) -> Child:
    with (place / "out").open("ab") as out, (place / "err").open("ab") as err:
        return start_child(
            argv,
            cwd=cwd or place,
            env=environment or clean_environment(),
            stdout=out.fileno(),
            stderr=err.fileno(),
            speaks=speaks,
        )


def end_of(child: Child) -> int:
    def ended() -> bool:
        child.flush()
        return child.poll() is not None

    wait_until(ended)
    assert child.exit_code is not None
    return child.exit_code


def test_output_is_added_to_files_and_the_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("before\n")
    child = start(tmp_path, SHELL, "-c", "cat; echo out; echo err >&2; exit 7")
    assert end_of(child) == 7
    assert (tmp_path / "out").read_text() == "before\nout\n"
    assert (tmp_path / "err").read_text() == "err\n"


def test_a_signal_is_a_negative_code(tmp_path: Path) -> None:
    child = start(tmp_path, SHELL, "-c", "sleep 600 & wait")
    assert child.identity is not None
    child.signal_group(signal.SIGKILL)
    assert end_of(child) == -9
    child.signal_group(signal.SIGKILL)


def test_a_program_that_does_not_read_never_blocks_its_parent(tmp_path: Path) -> None:
    read_at_last = "until [ -e go ]; do sleep 0.02; done; read line; cat | wc -c"
    child = start(tmp_path, SHELL, "-c", read_at_last, speaks=True)
    data = b"x\n" + b"y" * 3_000_000
    child.write(data[:1_000_000])
    assert child.backlog > 0
    child.write(data[1_000_000:])
    child.end_stdin()
    assert not child.listens
    child.write(b"too late")
    (tmp_path / "go").touch()
    assert end_of(child) == 0
    assert (tmp_path / "out").read_text().strip() == "3000000"
    assert child.stdin is None


def test_a_program_that_closed_its_stdin_gets_no_more(tmp_path: Path) -> None:
    child = start(tmp_path, SHELL, "-c", "exec <&-; echo closed; sleep 600", speaks=True)
    wait_until((tmp_path / "out").read_text)
    child.write(b"anybody there?\n")
    assert (child.stdin, child.backlog, child.listens) == (None, 0, False)
    child.signal_group(signal.SIGKILL)
    assert end_of(child) == -9


def test_the_program_has_normal_signals_and_no_file_of_its_parent(tmp_path: Path) -> None:
    held = os.open(tmp_path / "held", os.O_CREAT | os.O_RDWR)
    script = (
        "lines = open('/proc/self/status').read().splitlines()\n"
        "print([line.split()[1] for line in lines if line.startswith('SigBlk')])\n"
        "import os; print(sorted(os.listdir('/proc/self/fd')))\n"
    )
    if sys.platform == "linux":
        child = start(tmp_path, sys.executable, "-S", "-c", script)
        assert end_of(child) == 0
        assert (tmp_path / "out").read_text() == f"['{0:016x}']\n['0', '1', '2', '3']\n"
    os.close(held)


@pytest.mark.parametrize(
    ("argv", "message", "cause"),
    [
        (("no-such-program",), "no-such-program was not found on PATH", ""),
        (("/no/such",), "cannot run /no/such", "no such file or directory"),
        (("{place}/plain",), "cannot run {place}/plain", "it may not be executed"),
        (
            ("{place}/garbage",),
            "cannot run {place}/garbage",
            "it is no program, or its first line names no interpreter",
        ),
        (
            (SHELL, "-c", "x" * 140_000),
            "cannot run /bin/sh",
            "its command line or environment is longer than the system allows",
        ),
    ],
)
def test_what_cannot_start_is_said_in_words(
    tmp_path: Path, argv: tuple[str, ...], message: str, cause: str
) -> None:
    (tmp_path / "plain").write_text("x")
    (tmp_path / "garbage").write_text("not a program")
    (tmp_path / "garbage").chmod(0o755)
    with pytest.raises(SystemFault) as caught:
        start(tmp_path, *(word.replace("{place}", str(tmp_path)) for word in argv))
    assert caught.value.message == message.replace("{place}", str(tmp_path))
    assert caught.value.cause == cause


def test_a_working_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemFault) as caught:
        start(tmp_path, SHELL, "-c", "true", cwd=tmp_path / "gone")
    assert caught.value.cause == f"{tmp_path / 'gone'} is not there"


def test_no_file_of_the_working_folder_takes_the_place_of_a_program(tmp_path: Path) -> None:
    for name in ("sh", "evil"):
        (tmp_path / name).write_text("#!/bin/sh\necho planted\n")
        (tmp_path / name).chmod(0o755)
    environment = clean_environment({"PATH": f".::{tmp_path.name}:/bin:/usr/bin"})

    def start_here(*argv: str) -> Child:
        return start(tmp_path, *argv, environment=environment)

    child = start_here("sh", "-c", "echo real")
    assert end_of(child) == 0
    assert (tmp_path / "out").read_text() == "real\n"
    with pytest.raises(SystemFault):
        start_here("evil")
