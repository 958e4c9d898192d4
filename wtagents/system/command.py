"""The door to short-lived programs: argv lists, clean environment, closed stdin, a deadline.

Git has a door of its own (`git/repo.py`); agents are started through `system/programs/child.py`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.record import record
from wtagents.system.logs import note_detail
from wtagents.system.programs.intake import Intake
from wtagents.system.programs.listening import Ending, Heard, listen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_DROPPED_PREFIXES = (
    "GIT_",
    "CLAUDECODE",
    "CLAUDE_CODE_SESSION",
    "CLAUDE_CODE_CHILD",
    "CLAUDE_PID",
    "WTA_RUN",
    "WTA_DETACHED",
    "WTA_PYTHONPATH",
    "WTA_TERMINAL",
)
"""Variables that would make a child believe it runs inside another repository or another agent, or
make it stop with the run of the agent that started it."""
_ORIGINAL_PATH = "WTA_PYTHONPATH"
"""Keeps the PYTHONPATH of the person for the agents, where ours is another one."""
_LAST_WORDS_SECONDS = 1.0
"""How long the output of a killed program is read on."""

_LOOK_SECONDS = 0.1
"""Time between two looks at a program whose output is held open by what it started."""
_PARTING_SECONDS = 2.0
"""How long a logged program that was told to end may take to stop what it started."""


@record
class Completed:
    """A program that ended by itself or was ended at its deadline."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool
    flooded: bool = False
    """Whether it said more than was wanted and was ended for that; the rest is lost."""

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.returncode == 0 and not self.timed_out and not self.flooded

    @property
    def text(self) -> str:
        """Its answer without the last newline."""
        return self.stdout.decode(errors="replace").rstrip("\n")

    @property
    def complaint(self) -> str:
        """The last line it wrote to stderr."""
        lines = self.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self.returncode}"


def find_program(name: str) -> str | None:
    """Return where the program lies that a command of this name runs; None where there is none.

    As `shutil.which`, which costs 2 ms of import.
    """
    if "/" in name:
        return name if _is_program(name) else None
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    places = (f"{folder or os.curdir}/{name}" for folder in folders)
    return next((place for place in places if name and _is_program(place)), None)


def _is_program(path: str) -> bool:
    return os.access(path, os.X_OK) and not os.path.isdir(path)


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without what must not reach a child, plus `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_DROPPED_PREFIXES)}
    if _ORIGINAL_PATH in os.environ:
        kept["PYTHONPATH"] = os.environ[_ORIGINAL_PATH]
    return kept | dict(extra or {})


def own_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a Python program of ours that is started in another folder.

    What the program starts itself gets the person's PYTHONPATH again.
    """
    environment, ours = clean_environment(extra), import_path()
    original = {_ORIGINAL_PATH: environment["PYTHONPATH"]} if ours else {}
    return environment | ours | original


def import_path() -> dict[str, str]:
    """Return PYTHONPATH as a program of ours needs it elsewhere, where that is another one.

    A relative entry would name a folder there, whose files would come before Python's own modules.
    """
    original = clean_environment().get("PYTHONPATH", "")
    kept = [entry for entry in original.split(os.pathsep) if os.path.isabs(entry)]
    if not original or os.pathsep.join(kept) == original:
        return {}
    home = __file__.rsplit(os.sep, 3)[0]
    present = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if home not in kept and home in map(os.path.abspath, present):
        kept.append(home)
    return {"PYTHONPATH": os.pathsep.join(kept)}


class RunningCommand:
    """A program that was started in a process group of its own and must be finished."""

    def __init__(self, process: subprocess.Popen[bytes], argv: Sequence[str], stdin: bytes) -> None:
        self._process = process
        self._argv = tuple(argv)
        self._stdin = stdin

    def finish(self, *, timeout: float, limit: int | None = None) -> Completed:
        """Wait for its end; at the deadline, or when this wait is broken off, kill its group.

        The same when it says more than `limit` bytes.
        """
        timed_out = flooded = False
        try:
            if limit is None:
                stdout, stderr = self._process.communicate(self._stdin or None, timeout=timeout)
            else:
                heard = self._hear(timeout, limit)
                stdout, stderr = heard.stdout, heard.stderr
                timed_out, flooded = heard.ending is Ending.LATE, heard.ending is Ending.FLOODED
        except subprocess.TimeoutExpired:
            timed_out = True
            stdout, stderr = self._end()
        except BaseException:
            self.kill()
            raise
        note_detail(__name__, "ran %s: %s", self._argv, self._process.returncode)
        return Completed(
            argv=self._argv,
            returncode=self._process.returncode,
            stdout=stdout,
            stderr=stderr,
            timed_out=timed_out,
            flooded=flooded,
        )

    def _hear(self, timeout: float, limit: int) -> Heard:
        """Listen, and see to it that it has ended: who closes all pipes gets no more time."""
        heard = listen(self._process, self._stdin, seconds=timeout, limit=limit)
        if heard.ending is Ending.CLOSED:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_WORDS_SECONDS)
        if self._process.poll() is None:
            _kill_group(self._process.pid)
            self._process.wait()
        self._close_pipes()
        return heard

    def kill(self) -> None:
        """Kill its group, if it has not ended; nobody reads what it said."""
        if self._process.poll() is None:
            self._end()
        self._close_pipes()

    def _end(self) -> tuple[bytes, bytes]:
        """Kill its group and return what it said.

        A process that left the group may hold the pipes open for ever: it is not waited for.
        """
        _kill_group(self._process.pid)
        try:
            return self._process.communicate(timeout=_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired as late:
            self._process.wait()
            self._close_pipes()
            return late.output or b"", late.stderr or b""

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def start_command(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    inherited: Sequence[int] = (),
) -> RunningCommand:
    """Start a program. `env` replaces the environment (default: `clean_environment()`).

    It and its children keep the `inherited` descriptors open, and so the locks on them held.

    Raises SystemFault when it cannot be started.
    """
    try:
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env) if env is not None else clean_environment(),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=inherited,
        )
    except OSError as error:
        raise _start_fault(argv[0], error) from error
    return RunningCommand(process, argv, stdin)


def run_command(
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    inherited: Sequence[int] = (),
    limit: int | None = None,
) -> Completed:
    """Run a program to its end or its deadline; at the deadline its whole group is killed.

    The same when it says more than `limit` bytes: None is for programs that are trusted to stop.

    Raises SystemFault when it cannot be started.
    """
    running = start_command(argv, cwd=cwd, env=env, stdin=stdin, inherited=inherited)
    return running.finish(timeout=timeout, limit=limit)


def run_logged(
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout: float,
    env: Mapping[str, str],
    log: Path,
    inherited: Sequence[int] = (),
) -> int | None:
    """Run a program; its output is added to a file, without credentials. Return its exit status.

    None at the deadline: then it is told to end, and soon its whole group is killed. What it leaves
    behind otherwise is the caller's to find: mark the environment, or let a reaper run it. It keeps
    the `inherited` descriptors open.

    Raises SystemFault when it cannot be started.
    """
    with contextlib.closing(Intake(log)) as intake:
        try:
            with intake.entry() as output:
                process = subprocess.Popen(
                    list(argv),
                    cwd=cwd,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    pass_fds=inherited,
                )
        except OSError as error:
            raise _start_fault(argv[0], error) from error
        return _hear_to_end(process, intake, timeout)


def _hear_to_end(process: subprocess.Popen[bytes], intake: Intake, timeout: float) -> int | None:
    end = time.monotonic() + timeout
    try:
        while process.poll() is None and time.monotonic() < end:
            intake.wait(min(_LOOK_SECONDS, max(0.0, end - time.monotonic())))
            intake.pour()
            if intake.is_over:
                process.wait(max(0.0, end - time.monotonic()))
        return process.returncode
    except subprocess.TimeoutExpired:
        return None
    finally:
        # Only while it is not collected: its number may belong to somebody else afterwards.
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PARTING_SECONDS)
        if process.returncode is None:
            _kill_group(process.pid)
            process.wait()


def _start_fault(program: str, error: OSError) -> SystemFault:
    missing = isinstance(error, FileNotFoundError)
    return SystemFault(
        f"cannot run {program}",
        cause=(error.strerror or str(error)).lower(),
        hint=f"install it, or add its folder to PATH: {program}" if missing else "wta doctor",
    )


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, 9)
    except ProcessLookupError:
        return


def run_in_terminal(argv: Sequence[str], *, cwd: Path) -> int:
    """Hand the terminal to a program until it ends; Ctrl-C is the program's own meanwhile.

    Returns its exit status. Raises SystemFault when it cannot be started.
    """
    # A handler is reset in the child, an ignored signal would stay ignored there.
    ours = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(argv, cwd=cwd, env=clean_environment(), check=False).returncode
    except OSError as error:
        raise SystemFault(
            f"cannot run {argv[0]}", cause=(error.strerror or str(error)).lower(), hint="wta doctor"
        ) from error
    finally:
        signal.signal(signal.SIGINT, ours)
