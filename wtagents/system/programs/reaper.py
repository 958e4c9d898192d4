"""Reaper: the parent of one command that leaves no process behind, whatever the command started.

A mark in the environment finds a process that nobody waits for, but not one that cleaned its
environment and left its session. The reaper adopts every orphan below it, so all of them are found
as its descendants. It is started by the path of this file and imports nothing of wta: 20 ms.

At the end of the command, and when it is told to end by SIGTERM, everything below it is stopped;
then it ends with the status of the command. Killed itself, only what is marked is found later.
"""

from __future__ import annotations

import os
import signal
import sys
import time

POLITE_SECONDS = 0.3
_FIRM_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_EMPTY_LOOKS = 2
"""One empty look proves nothing: a process may be born behind the eye that reads the list."""
_PR_SET_CHILD_SUBREAPER = 36
_BY_SIGNAL = 128


class _Told(Exception):
    """Somebody wants an end."""


def reaped(*argv: str) -> tuple[str, ...]:
    """Return the command that runs another one below a reaper; on other systems it stays bare."""
    if sys.platform != "linux":
        return argv
    return (sys.executable, "-I", "-S", os.path.abspath(__file__), *argv)


def main(argv: list[str]) -> int:
    """Run a command; return its status, as a shell words it."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        signal.signal(signal.SIGTERM, _tell)
        # Python ignores these, and what is ignored stays ignored in a child.
        usual = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM)
        pid = os.posix_spawnp(argv[0], argv, os.environ, setsigdef=usual)
        status = _wait_for(pid)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except _Told:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        status = _BY_SIGNAL + signal.SIGTERM
    except OSError as error:
        os.write(2, f"cannot run {argv[0]}: {error.strerror}\n".encode())
        return _BY_SIGNAL - 1
    _stop_all()
    return status


def _tell(_number: int, _frame: object) -> None:
    raise _Told


def _wait_for(wanted: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == wanted:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else _BY_SIGNAL - code


def _stop_all() -> None:
    """Stop everything below, politely, then firmly; what survives even that is left."""
    begun, empty, asked = time.monotonic(), 0, set[int]()
    while empty < _EMPTY_LOOKS:
        left = _below()
        passed = time.monotonic() - begun
        if passed > POLITE_SECONDS + _FIRM_SECONDS:
            return
        number = signal.SIGTERM if passed < POLITE_SECONDS else signal.SIGKILL
        for pid in left if number == signal.SIGKILL else left - asked:
            try:
                os.kill(pid, number)
            except OSError:
                continue
        asked |= left
        empty = 0 if left else empty + 1
        time.sleep(_LOOK_SECONDS if left else 0)
        _collect()


def _below() -> set[int]:
    """Return every living process below this one."""
    children: dict[int, list[int]] = {}
    dead = set[int]()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stream:
                    fields = stream.read().rpartition(b")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(name))
            if fields[0] in (b"Z", b"X"):
                dead.add(int(name))
    pending, found = [os.getpid()], set[int]()
    while pending:
        below = children.get(pending.pop(), [])
        found.update(below)
        pending += below
    return found - dead


def _collect() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
