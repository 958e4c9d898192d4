"""The program begins light and leaves at once, with all that it said written."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from wtagents import __version__

WTA = (sys.executable, "-m", "wtagents")


@pytest.mark.parametrize(
    ("arguments", "status"), [(("--version",), 0), (("no-such-command",), 2), (("status",), 4)]
)
def test_the_exit_status_is_that_of_the_command(arguments: tuple[str, ...], status: int) -> None:
    assert run_to_end((*WTA, *arguments)).returncode == status


def test_all_that_was_said_is_written_before_it_leaves() -> None:
    program = (
        "import sys\n"
        "from wtagents.system.interpreter import leave\n"
        "sys.stdout.write('x' * 300_000)\n"
        "sys.stderr.write('y')\n"
        "leave(7)\n"
    )
    done = run_to_end([sys.executable, "-c", program])
    assert (done.returncode, len(done.stdout), done.stderr) == (7, 300_000, b"y")


def test_it_leaves_although_nobody_reads_any_more() -> None:
    program = (
        "import os, sys\n"
        "from wtagents.system.interpreter import leave\n"
        "sys.stdout.write('x')\n"
        "os.close(1)\n"
        "leave(3)\n"
    )
    done = run_to_end([sys.executable, "-c", program])
    assert (done.returncode, done.stderr) == (3, b"")


def test_it_leaves_although_a_thread_goes_on() -> None:
    program = (
        "import threading\n"
        "from wtagents.system.interpreter import leave\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "leave(0)\n"
    )
    assert run_to_end([sys.executable, "-c", program], seconds=20).returncode == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_leads_nowhere(closed: str) -> None:
    done = run_to_end(["sh", "-c", f"{' '.join(WTA)} --version {closed}"])
    out = b"" if ">&-" in closed.split() else f"wta {__version__}\n".encode()
    assert (done.returncode, done.stdout, done.stderr) == (0, out, b"")


def test_no_file_takes_the_number_of_a_closed_stream() -> None:
    program = (
        "import os\n"
        "from wtagents.cli.entry import open_closed_streams\n"
        "[os.close(number) for number in (0, 1)]\n"
        "open_closed_streams()\n"
        "os.write(2, str(os.open('/dev/null', os.O_RDONLY) > 2).encode())\n"
    )
    assert run_to_end([sys.executable, "-c", program]).stderr == b"True"


@pytest.mark.parametrize("early", ["click", "sqlite3"])
def test_ctrl_c_while_it_loads_is_no_defect(
    early: str, repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert run_to_end([*WTA, "spawn", "a", " "], cwd=repository.path).returncode == 2
    ctrl_c = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / f"{early}.py").write_text(ctrl_c)
    sandbox.set_variable("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}")

    done = run_to_end([*WTA, "wait", "a"], cwd=repository.path)

    assert (done.returncode, done.stdout) == (130, b"")
    assert done.stderr in (b"", b"interrupted\n")


def test_ctrl_c_at_a_program_in_the_background_is_ignored(tmp_path: Path) -> None:
    script = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit(4)\n"
    (tmp_path / "click.py").write_text(script)
    argv = ["env", f"PYTHONPATH={tmp_path}:{os.environ['PYTHONPATH']}", *WTA, "--version"]
    done = run_to_end(["sh", "-c", 'trap "" INT; "$@"', "sh", *argv])
    assert (done.returncode, done.stderr) == (4, b"")
