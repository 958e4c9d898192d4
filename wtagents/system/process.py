"""Processes: who they are, whether they live, how they start and how they are proved stopped.

A process is boot id, pid and start time. psutil is imported only to walk the process table.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.run import ProcessIdentity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wtagents.system.clock import Clock

RUN_MARK = "WTA_RUN"
"""Environment variable that every process of a run inherits; its value is the run id."""
_START_FIELD = 19
"""Index of `starttime` behind the command's closing bracket in /proc/<pid>/stat (proc(5))."""


@cache
def boot_id() -> str:
    """Return an id that changes with every boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        import psutil

        return f"boot-{int(psutil.boot_time())}"


def identity_of(pid: int) -> ProcessIdentity | None:
    """Return who has this pid now, or None. A zombie is nobody."""
    start = _start_of(pid)
    return None if start is None else ProcessIdentity(boot_id=boot_id(), pid=pid, start=start)


def own_identity() -> ProcessIdentity:
    """Return who this process is."""
    identity = identity_of(os.getpid())
    if identity is None:
        raise ProcessLookupError(os.getpid())
    return identity


def is_alive(identity: ProcessIdentity) -> bool:
    """Whether exactly this process still runs."""
    return identity.boot_id == boot_id() and _start_of(identity.pid) == identity.start


def _start_of(pid: int) -> int | None:
    if sys.platform != "linux":
        return _start_by_psutil(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[_START_FIELD])


def _start_by_psutil(pid: int) -> int | None:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return int(process.create_time() * 1_000_000)
    except psutil.Error:
        return None


def start_detached(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path
) -> ProcessIdentity | None:
    """Start a program in a session of its own that outlives this process; output goes to `log`.

    Returns its identity, or None when it has already ended. Raises OSError when it cannot start.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    identity = identity_of(process.pid)
    # Init reaps a detached child after this process ends; Popen must not warn before.
    process.returncode = 0
    return identity


def marked_processes(mark: str, value: str) -> list[ProcessIdentity]:
    """Return the processes whose environment holds `mark=value`, this one excepted.

    The environment of a process of another user cannot be read: such a one is not ours.
    """
    import psutil

    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.environ().get(mark) != value:
                continue
        except (psutil.Error, OSError):
            continue
        identity = identity_of(process.pid)
        if identity is not None:
            found.append(identity)
    return found


def signal_processes(identities: Iterable[ProcessIdentity], number: signal.Signals) -> None:
    """Send a signal to exactly these processes; who is gone is passed over."""
    for identity in identities:
        if is_alive(identity):
            try:
                os.kill(identity.pid, number)
            except (ProcessLookupError, PermissionError):
                continue


def stop_marked(
    mark: str, value: str, *, clock: Clock, polite_seconds: float, firm_seconds: float
) -> int:
    """Stop every process that carries the mark: TERM, then KILL, looking again until none is left.

    Returns how many were found at the first look. Raises SystemFault when one survives KILL for
    `firm_seconds`.
    """
    from threading import Event

    from wtagents.core.errors import SystemFault

    never = Event()
    first = marked_processes(mark, value)
    signal_processes(first, signal.SIGTERM)
    deadline = clock.monotonic() + polite_seconds
    left = first
    while left and clock.monotonic() < deadline:
        clock.wait(never, 0.05)
        left = marked_processes(mark, value)
    deadline = clock.monotonic() + firm_seconds
    while left:
        signal_processes(left, signal.SIGKILL)
        clock.wait(never, 0.05)
        left = marked_processes(mark, value)
        if left and clock.monotonic() > deadline:
            pids = ", ".join(str(identity.pid) for identity in left)
            raise SystemFault(
                f"processes {pids} survive SIGKILL",
                hint=f"ps -o pid,stat,wchan -p {pids}",
            )
    return len(first)
