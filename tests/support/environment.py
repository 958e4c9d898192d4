"""The sealed environment: what a test may see of the machine, and nothing else."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout that is tested."""

MARK = "WTA_TEST_MARK"
"""Environment variable that every process of a test inherits; its value is unique to the test."""

LET_THROUGH = (
    "PATH",
    "TMPDIR",  # macOS has no other place for sockets
    "WTA_TEST_CLAUDE",
    "WTA_REQUIRE_CHROMIUM",
    "WTA_TEST_PICTURES",
    "PYTEST_VERSION",
    "PYTEST_CURRENT_TEST",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
    "PYTEST_XDIST_TESTRUNUID",
    "COVERAGE_PROCESS_CONFIG",
    "COVERAGE_PROCESS_START",
)

GIT_CONFIG = """\
[user]
    name = Ada Tester
    email = ada@example.invalid
[init]
    defaultBranch = main
[core]
    fsync = none
[advice]
    detachedHead = false
[maintenance]
    auto = false
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """The places of one test and the mark of its processes."""

    home: Path
    work: Path
    """Working directory; empty at the start."""
    mark: str

    @property
    def state(self) -> Path:
        """Where XDG_STATE_HOME points to."""
        return self.home / ".local" / "state"

    @property
    def config(self) -> Path:
        """Where XDG_CONFIG_HOME points to."""
        return self.home / ".config"

    def set_variable(self, name: str, value: str | None) -> None:
        """Set an environment variable, or with None unset it, until the test ends."""
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

    def enter(self, folder: Path) -> None:
        """Make the folder the working directory until the test ends."""
        os.chdir(folder)


def sealed_variables(home: Path, mark: str) -> dict[str, str]:
    """Return the whole environment of a test: no GIT_*, ANTHROPIC_* or CLAUDE_* from outside."""
    kept = {name: os.environ[name] for name in LET_THROUGH if name in os.environ}
    programs = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": os.pathsep.join([programs, kept.get("PATH", os.defpath)]),
        "PYTHONPATH": str(PROJECT),
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_EDITOR": "false",
        "GIT_TERMINAL_PROMPT": "0",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "TZ": "UTC",
        "USER": "ada",
        MARK: mark,
    }


@contextlib.contextmanager
def sealed_environment(home: Path, work: Path) -> Iterator[Sandbox]:
    """Replace environment, working directory and umask; put all of them back at the end."""
    before, place, mask = dict(os.environ), Path.cwd(), os.umask(0o022)
    sandbox = Sandbox(home=home, work=work, mark=str(uuid.uuid4()))
    (home / ".gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    variables = sealed_variables(home, sandbox.mark)
    try:
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(work)
        yield sandbox
    finally:
        # pytest writes this one while the test runs
        current = {k: v for k, v in os.environ.items() if k == "PYTEST_CURRENT_TEST"}
        os.environ.clear()
        os.environ.update(before | current)
        os.chdir(place)
        os.umask(mask)
        shutil.rmtree(home, ignore_errors=True)
