"""`wta` as a program: run to its end, or started and killed."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.support.warm import WTA, run_warm

if TYPE_CHECKING:
    from pathlib import Path

from wtagents.core.record import record

Program: TypeAlias = "subprocess.Popen[bytes]"


@record
class Said:
    """What one call answered."""

    status: int
    stdout: str
    stderr: str

    @property
    def envelope(self) -> dict[str, Any]:
        """Return the whole JSON document."""
        parsed: dict[str, Any] = json.loads(self.stdout)
        return parsed

    @property
    def data(self) -> Any:
        """Return the answer of a call with `--json`."""
        return self.envelope["data"]


def wta(
    repository: Path,
    *arguments: str,
    stdin: bytes = b"",
    seconds: float = 60,
    status: int | None = 0,
) -> Said:
    """Run `wta` on a repository; raise AssertionError where it ends with another status."""
    whole = ["-C", str(repository), *arguments]
    done = run_warm(whole, cwd=repository, stdin=stdin, seconds=seconds)
    said = Said(status=done.returncode, stdout=done.stdout.decode(), stderr=done.stderr.decode())
    assert status is None or said.status == status, said
    return said


def start_wta(repository: Path, *arguments: str) -> Program:
    """Start `wta` and leave it alone; nobody reads what it says."""
    return subprocess.Popen(
        [*WTA, "-C", str(repository), *arguments],
        cwd=repository,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
