"""Programs that outlive whoever started them: supervisors, runners, whoever tells a person."""

from __future__ import annotations

import atexit
import os
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.system.process import DETACHED_MARK, await_environment, identity_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wtagents.core.run import ProcessIdentity


def start_detached(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path
) -> ProcessIdentity | None:
    """Start a program in a session of its own that outlives this process; output goes to `log`.

    A closed terminal does not reach it, and it holds none of this process's files but those that
    were made inheritable. Returns its identity, or None when it has already ended.
    Raises SystemFault when it cannot start.
    """
    import subprocess

    try:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env={**env, DETACHED_MARK: "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            os.close(output)
    except OSError as error:
        raise SystemFault(
            f"cannot run {argv[0]}", cause=(error.strerror or str(error)).lower(), hint="wta doctor"
        ) from error
    await_environment(process.pid)
    identity = identity_of(process.pid)
    _started[:] = [*(earlier for earlier in _started if earlier.poll() is None), process]
    return identity


_started: list[subprocess.Popen[bytes]] = []
"""Detached programs whose end this process has not collected yet.

Init takes over what is left when this process ends; one that lives long (the supervisor) would
otherwise gather zombies.
"""


@atexit.register
def _forget_started() -> None:
    """Keep Popen from warning about programs that are meant to go on."""
    for process in _started:
        process.returncode = process.poll() or 0
