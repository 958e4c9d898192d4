"""Processes: who they are, whether they live, and how they are proved stopped.

A process is boot id, pid and start time. On Linux the process table is read from /proc, elsewhere
through psutil, which is imported nowhere else.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.record import record
from wtagents.core.run import ProcessIdentity

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wtagents.system.clock import Clock

RUN_MARK = "WTA_RUN"
"""Environment variable that every process of a run inherits; its value is the run id."""
SESSION_MARK = "CLAUDE_CODE_SESSION_ID"
"""Environment variable that Claude Code gives to the commands of its tools."""
DETACHED_MARK = "WTA_DETACHED"
"""Environment variable of programs that were started to outlive whoever started them."""
_PARENT_FIELD = 1
_USER_FIELD = 11
_START_FIELD = 19
"""Indexes of `ppid`, `utime` (before `stime`) and `starttime` in `_stat_fields`."""
_STAT_BYTES = 4096
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_SECONDS = 0.02
_EMPTY_LOOKS = 2
_START_LOOK_SECONDS = 0.0005
_START_LOOKS = 2000


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
    fields = _stat_fields(pid)
    return None if fields is None or fields[0] in (b"Z", b"X") else int(fields[_START_FIELD])


def _stat_fields(pid: int) -> list[bytes] | None:
    """Return what stands behind the command's closing bracket in /proc/<pid>/stat (proc(5))."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        stat = os.read(descriptor, _STAT_BYTES)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return stat[stat.rindex(b")") + 2 :].split()


def _start_by_psutil(pid: int) -> int | None:
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return int(process.create_time() * 1_000_000)
    except psutil.Error:
        return None


def marked_processes(*marks: tuple[str, str]) -> list[ProcessIdentity]:
    """Return the processes whose environment holds one of the variables, this one excepted.

    The environment of a process of another user cannot be read: such a one is not ours.
    """
    return list(marks_of_processes(*marks))


def marks_of_processes(*marks: tuple[str, str]) -> dict[ProcessIdentity, tuple[str, str]]:
    """Return for each of the `marked_processes` the first of the variables that it holds."""
    if sys.platform != "linux":
        return _marks_by_psutil(marks)
    wanted = {os.fsencode(f"{name}={value}"): (name, value) for name, value in marks}
    held = {pid: mark for pid in _pids() if (mark := _mark_of(pid, wanted))}
    return {identity: wanted[mark] for pid, mark in held.items() if (identity := identity_of(pid))}


def works_in(folder: Path, *, program: str) -> bool:
    """Whether a process whose name begins with `program` has its working directory in a folder."""
    place = folder.resolve()
    return any(
        name.startswith(program) and Path(where).is_relative_to(place)
        for _, name, where in _working_folders()
    )


def processes_inside(folder: Path) -> list[str]:
    """Return, as `name (pid N)`, the processes that work in a folder or below it.

    Of a process of another user that cannot be told.
    """
    place = folder.resolve()
    found = []
    for pid, name, where in _working_folders():
        if Path(where).is_relative_to(place):
            found.append(f"{name} (pid {pid})")
    return sorted(found)


@record
class Work:
    """What a process has done since its start."""

    name: str
    seconds: float
    """On the processor."""
    moved: int
    """Bytes read and written, by system calls; 0 where the system does not say."""


def work_of(processes: Iterable[ProcessIdentity]) -> dict[ProcessIdentity, Work]:
    """Return what each of these has done; who is gone is left out."""
    look = _work_by_psutil if sys.platform != "linux" else _work
    found = {identity: look(identity.pid) for identity in processes if is_alive(identity)}
    return {identity: work for identity, work in found.items() if work is not None}


def _work(pid: int) -> Work | None:
    fields = _stat_fields(pid)
    if fields is None:
        return None
    ticks = int(fields[_USER_FIELD]) + int(fields[_USER_FIELD + 1])
    try:
        name = Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    except OSError:
        return None
    moved = sum(int(line.split()[1]) for line in lines if line.startswith(("rchar", "wchar")))
    return Work(name=name, seconds=ticks / os.sysconf("SC_CLK_TCK"), moved=moved)


def _work_by_psutil(pid: int) -> Work | None:
    import psutil

    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        return Work(name=process.name(), seconds=times.user + times.system, moved=0)
    except psutil.Error:
        return None


def descendants() -> list[ProcessIdentity]:
    """Return every process below this one, those adopted from dead parents included.

    What was started by `start_detached` is meant to go on: it is left out with all below it.
    """
    if sys.platform != "linux":
        return _descendants_by_psutil()
    children: dict[int, list[int]] = {}
    for pid in _pids():
        fields = _stat_fields(pid)
        if fields is not None:
            children.setdefault(int(fields[_PARENT_FIELD]), []).append(pid)
    pending = children.get(os.getpid(), [])
    found = []
    while pending:
        pid = pending.pop()
        if not _mark_of(pid, [os.fsencode(f"{DETACHED_MARK}=1")]):
            pending += children.get(pid, [])
            found.append(identity_of(pid))
    return [identity for identity in found if identity is not None]


def await_environment(pid: int) -> None:
    """Wait until the kernel shows the environment of a program that was started right now.

    It does some tenths of a millisecond after the start has succeeded; until then the process
    carries no mark, and whoever looks would take it for one of his own.
    """
    if sys.platform != "linux":
        return
    from threading import Event

    never = Event()
    for _ in range(_START_LOOKS):
        if _start_of(pid) is None or _shows_environment(pid):
            return
        never.wait(_START_LOOK_SECONDS)


def _shows_environment(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
            return bool(file.read(1))
    except OSError:
        return False


def adopt_orphans() -> bool:
    """Become the parent of every later orphan below this process; return whether that is possible.

    So also a process that has cleaned its environment is found by `descendants`.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    failed: int = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return not failed


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
    """Stop every process that carries the mark, as `stop_found` does."""
    return stop_found(
        lambda: marked_processes((mark, value)),
        clock=clock,
        polite_seconds=polite_seconds,
        firm_seconds=firm_seconds,
    )


def stop_found(
    find: Callable[[], list[ProcessIdentity]],
    *,
    clock: Clock,
    polite_seconds: float,
    firm_seconds: float,
    pause: Callable[[float], bool] | None = None,
) -> int:
    """Stop processes by TERM, then KILL, looking again until `find` finds none twice in a row.

    Once proves nothing: a process in the middle of an exec has no environment to look at.
    A process born in between is asked politely as well, and killed at the same deadline. `pause`
    waits so many seconds between two looks and returns whether to be firm from now on.

    Returns how many were found in all. Raises SystemFault when some survive KILL for
    `firm_seconds`.
    """
    from signal import SIGKILL, SIGTERM

    seen: set[ProcessIdentity] = set()
    polite_end = clock.monotonic() + polite_seconds
    firm_end = polite_end + firm_seconds
    wait = pause or _plain_pause(clock)
    empty_looks = 0
    while True:
        left = find()
        empty_looks = 0 if left else empty_looks + 1
        if empty_looks == _EMPTY_LOOKS:
            return len(seen)
        now = clock.monotonic()
        if left and now >= firm_end:
            pids = ", ".join(str(identity.pid) for identity in left)
            raise SystemFault(
                f"processes {pids} survive SIGKILL", hint=f"ps -o pid,stat,wchan -p {pids}"
            )
        if now >= polite_end:
            signal_processes(left, SIGKILL)
        else:
            signal_processes([one for one in left if one not in seen], SIGTERM)
        seen.update(left)
        if wait(_LOOK_SECONDS) and now < polite_end:
            polite_end, firm_end = now, now + firm_seconds


def _plain_pause(clock: Clock) -> Callable[[float], bool]:
    from threading import Event

    never = Event()
    return lambda seconds: clock.wait(never, seconds)


def _pids() -> list[int]:
    return [
        int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()
    ]


def _working_folders() -> Iterator[tuple[int, str, str]]:
    """Yield pid, name and working folder of every process that lets us look."""
    if sys.platform != "linux":
        yield from _working_folders_by_psutil()
        return
    for pid in [*_pids(), os.getpid()]:
        try:
            where = os.readlink(f"/proc/{pid}/cwd")
            yield pid, Path(f"/proc/{pid}/comm").read_text(errors="replace").strip(), where
        except OSError:
            continue


def _working_folders_by_psutil() -> Iterator[tuple[int, str, str]]:
    import psutil

    for process in psutil.process_iter():
        try:
            yield process.pid, process.name(), process.cwd()
        except (psutil.Error, OSError):
            continue


def open_names_by_psutil() -> Iterator[str]:
    """Yield the files that are open, where the system has no /proc; see `open_files.py`."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            yield from (each.path for each in process.open_files())


def _mark_of(pid: int, wanted: Iterable[bytes]) -> bytes | None:
    try:
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
            environment = file.read()
    except OSError:
        return None
    likely = [mark for mark in wanted if mark in environment]
    if not likely:
        return None
    entries = environment.split(b"\0")
    return next((mark for mark in likely if mark in entries), None)


def _marks_by_psutil(
    marks: Sequence[tuple[str, str]],
) -> dict[ProcessIdentity, tuple[str, str]]:
    import psutil

    found = {}
    for process in psutil.process_iter():
        try:
            environment = process.environ() if process.pid != os.getpid() else {}
        except (psutil.Error, OSError):
            continue
        held = [mark for mark in marks if environment.get(mark[0]) == mark[1]]
        identity = identity_of(process.pid) if held else None
        if identity is not None:
            found[identity] = held[0]
    return found


def _descendants_by_psutil() -> list[ProcessIdentity]:
    import psutil

    below = psutil.Process().children(recursive=True)
    found = [identity_of(process.pid) for process in below]
    return [identity for identity in found if identity is not None]
