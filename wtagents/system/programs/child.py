"""Programs that run beside their parent for long.

Each has a session of its own, and a stdin that never blocks the parent.
"""

from __future__ import annotations

import errno
import os
import subprocess
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.system.process import descendants, identity_of, signal_processes

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wtagents.core.run import ProcessIdentity

_CAUSES = {
    errno.E2BIG: "its command line or environment is longer than the system allows",
    errno.ENOEXEC: "it is no program, or its first line names no interpreter",
    errno.EACCES: "it may not be executed",
}


class Child:
    """A started program. Its end is collected by `poll`, never by anybody else."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: int | None) -> None:
        self.pid = process.pid
        self.exit_code: int | None = None
        """None while it runs; negative for a signal."""
        self.stdin = stdin
        """File descriptor to select on while `backlog` is not 0; None when closed."""
        self._unwritten = bytearray()
        self._ending = False
        # The status is collected by `poll` together with that of adopted processes.
        process.returncode = 0

    @property
    def identity(self) -> ProcessIdentity | None:
        """Who it is, or None when it has ended already."""
        return identity_of(self.pid)

    @property
    def backlog(self) -> int:
        """Bytes for its stdin that it did not take yet."""
        return len(self._unwritten)

    def poll(self) -> int | None:
        """Collect every ended child of this process; return this one's exit code if it ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == self.pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code

    def write(self, data: bytes) -> None:
        """Hand over bytes for its stdin, in order; what does not fit now goes with `flush`."""
        if self.listens:
            self._unwritten += data
            self.flush()

    def flush(self) -> None:
        """Write what the pipe takes now. A program that closed its stdin gets no more."""
        while self._unwritten and self.stdin is not None:
            try:
                written = os.write(self.stdin, self._unwritten[:65536])
            except BlockingIOError:
                return
            except OSError:
                self._close_stdin()
                return
            del self._unwritten[:written]
        if self._ending:
            self._close_stdin()

    def end_stdin(self) -> None:
        """Say that nothing more will come, as soon as it took what was written so far."""
        self._ending = True
        self.flush()

    @property
    def listens(self) -> bool:
        """Whether what is written now can still reach it."""
        return self.stdin is not None and not self._ending

    def _close_stdin(self) -> None:
        if self.stdin is not None:
            os.close(self.stdin)
            self.stdin = None
        self._unwritten.clear()

    def signal_group(self, number: signal.Signals, *, spare_itself: bool = False) -> None:
        """Send a signal to the program and to what stayed in its process group.

        Or only to the others: a program that waits for the agent must be there to tell its end.
        """
        if self.exit_code is not None:
            return
        if spare_itself:
            others = [each for each in descendants() if self._has_in_group(each.pid)]
            if others:
                signal_processes(others, number)
                return
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _has_in_group(self, pid: int) -> bool:
        try:
            return pid != self.pid and os.getpgid(pid) == self.pid
        except ProcessLookupError:
            return False


def start_child(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdout: int,
    stderr: int,
    speaks: bool = False,
    inherited: Sequence[int] = (),
) -> Child:
    """Start a program that writes to descriptors; with `speaks` its stdin is a pipe.

    It keeps the `inherited` ones open, too.

    A name without a slash is looked up in the absolute folders of `env`'s PATH only, so that no
    file of the working folder can take its place.

    Raises SystemFault when it cannot be started.
    """
    program = require_program(argv[0], env)
    read_end: int | None = None
    pipe_end: int | None = None
    try:
        if speaks:
            read_end, pipe_end = os.pipe()
            os.set_blocking(pipe_end, False)
        process = subprocess.Popen(
            [program, *argv[1:]],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL if read_end is None else read_end,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            pass_fds=inherited,
        )
    except (OSError, ValueError) as error:
        if pipe_end is not None:
            os.close(pipe_end)
        raise _start_fault(error, program, cwd) from error
    finally:
        if read_end is not None:
            os.close(read_end)
    return Child(process, pipe_end)


def require_program(name: str, env: Mapping[str, str]) -> str:
    """Return the path of a program. Raises SystemFault when it is not on `env`'s PATH."""
    program = find_program(name, env.get("PATH", os.defpath))
    if program is None:
        raise SystemFault(f"{name} was not found on PATH", hint="wta doctor")
    return program


def find_program(name: str, search: str) -> str | None:
    """Return the path of a program; a name with a slash is left as it is."""
    if "/" in name:
        return name
    for folder in search.split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def _start_fault(error: OSError | ValueError, program: str, cwd: Path) -> SystemFault:
    if not cwd.is_dir():
        return SystemFault(f"cannot run {program}", cause=f"{cwd} is not there", hint="wta doctor")
    if isinstance(error, ValueError):
        return SystemFault(f"cannot run {program!r}", cause=str(error))
    cause = _CAUSES.get(error.errno or 0) or (error.strerror or str(error)).lower()
    return SystemFault(f"cannot run {program}", cause=cause, hint="wta doctor")
