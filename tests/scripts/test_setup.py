"""scripts/_setup: quick when ready, and one clear line when the machine lacks something."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.environment import PROJECT, Sandbox
from tests.support.processes import run_to_end

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ("bash", "cat", "cksum", "dirname", "sed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout with just what the set-up reads."""
    root = tmp_path / "check out"
    (root / "scripts").mkdir(parents=True)
    for name in ("scripts/_setup", "scripts/_environment.py", "requirements.lock"):
        shutil.copy(PROJECT / name, root / name)
    shutil.copy(PROJECT / "pyproject.toml", root)
    return root


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Path:
    """Return the only folder on PATH: a shell and its tools, neither git nor Python."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, name
        (programs / name).symlink_to(found)
    sandbox.set_variable("PATH", str(programs))
    return programs


def install(machine: Path, name: str, script: str) -> None:
    """Put a program on the machine."""
    (machine / name).write_text(f"#!{machine}/bash\n{script}\n", encoding="utf-8")
    (machine / name).chmod(0o755)


def set_up(checkout: Path, *, seconds: float = 50) -> tuple[int, str, str]:
    done = run_to_end([str(checkout / "scripts" / "_setup")], seconds=seconds)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def make_ready(checkout: Path, machine: Path) -> None:
    """Pretend that .venv was built from what the checkout holds now."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    content = f"{checkout}\n".encode()
    for name in ("requirements.lock", "pyproject.toml"):
        content += (checkout / name).read_bytes()
    wish = run_to_end([str(machine / "cksum")], stdin=content).stdout
    (checkout / ".venv" / "ready").write_bytes(wish)


def test_a_ready_environment_is_left_alone_in_silence(checkout: Path, machine: Path) -> None:
    install(machine, "git", "echo git version 2.50.1 '(Apple Git-155)'")
    make_ready(checkout, machine)
    assert set_up(checkout) == (0, "", "")


def test_a_changed_lock_is_noticed(checkout: Path, machine: Path) -> None:
    install(machine, "git", "echo git version 2.38.0")
    make_ready(checkout, machine)
    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    status, _, said = set_up(checkout)
    assert (status, said.split(" on PATH")[0]) == (1, "setup: no Python 3.11 or newer")


@pytest.mark.parametrize(
    ("git", "python", "line"),
    [
        (None, None, "git is not installed; install git 2.38 or newer"),
        ("git version 2.37.9", None, "git 2.37 is too old; install git 2.38 or newer"),
        ("git version 1.8.3.1", None, "git 1.8 is too old; install git 2.38 or newer"),
        ("gibberish", None, "cannot read the version of git from 'gibberish'"),
        (
            "git version 3.0.0",
            None,
            "no Python 3.11 or newer on PATH (python3 is missing); install one or set WTA_PYTHON",
        ),
        (
            "git version 2.38.0",
            '[ "$1" = -V ] || exit 1; echo Python 3.9.18',
            (
                "no Python 3.11 or newer on PATH (python3 is Python 3.9.18); "
                "install one or set WTA_PYTHON"
            ),
        ),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    checkout: Path, machine: Path, git: str | None, python: str | None, line: str
) -> None:
    if git is not None:
        install(machine, "git", f"echo '{git}'")
    if python is not None:
        install(machine, "python3", python)
    assert set_up(checkout) == (1, "", f"setup: {line}\n")
    assert not (checkout / ".venv").exists()


def test_a_python_that_was_asked_for_is_not_replaced(
    checkout: Path, machine: Path, sandbox: Sandbox
) -> None:
    install(machine, "git", "echo git version 2.38.0")
    (machine / "python3").symlink_to(sys.executable)
    sandbox.set_variable("WTA_PYTHON", "python0")
    line = "setup: WTA_PYTHON=python0 is not a working Python 3.11 or newer\n"
    assert set_up(checkout) == (1, "", line)


@pytest.mark.timeout(300)
def test_without_a_network_nothing_is_called_ready(
    checkout: Path, machine: Path, sandbox: Sandbox
) -> None:
    install(machine, "git", "echo git version 2.38.0")
    install(machine, "python3", f"exec '{sys.executable}' \"$@\"")
    sandbox.set_variable("PIP_NO_INDEX", "1")
    sandbox.set_variable("PIP_CONFIG_FILE", "/dev/null")
    # unpacking pip takes ten seconds of a processor of its own
    status, said, complained = set_up(checkout, seconds=270)
    assert (status, said) == (1, "")
    first, second = complained.splitlines()
    assert first == "setup: making .venv (once, about half a minute)"
    assert second.startswith(
        "setup: the dependencies could not be installed, is there a network? ("
    )
    assert second.endswith("; all of it: .cache/setup.log")
    assert not (checkout / ".venv" / "ready").exists()
