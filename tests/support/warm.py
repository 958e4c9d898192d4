"""`wta` without its start: a process of its own, forked from one that has loaded the program.

Arguments, environment, folder, streams and end are those of the program; spared is only a tenth of
a second of imports each time. What is about the start itself runs the program, and so does this
where the environment says how Python starts.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from tests.support.environment import MARK, PROJECT
from tests.support.processes import run_to_end
from wtagents.system.interpreter import leave
from wtagents.system.process import DETACHED_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

Ended: TypeAlias = "subprocess.CompletedProcess[bytes]"
LOADED = ("core", "system", "git", "store", "agent", "ladder", "operations", "cli")
"""Floors that commands import while they run; none that is run to its end shows a screen."""
STRANGERS = ("filelock", "git", "psutil")
WTA = (sys.executable, "-m", "wtagents")
_STARTS = ("PYTHON", "COVERAGE")
_NUMBER = struct.Struct("!i")
_TURN = threading.Lock()


def run_warm(
    arguments: Sequence[str], *, cwd: Path, stdin: bytes = b"", seconds: float = 30
) -> Ended:
    """Run `wta` to its end, one at a time; raise TimeoutExpired after killing one that lasts."""
    if _starts_otherwise():
        return run_to_end([*WTA, *arguments], cwd=cwd, stdin=stdin, seconds=seconds)
    return _run({"argv": list(arguments), "cwd": str(cwd)}, stdin=stdin, seconds=seconds)


def run_text_warm(text: str, *arguments: str, seconds: float = 30) -> Ended:
    """Run a program of a test to its end, as `python -c` does."""
    if _starts_otherwise():
        return run_to_end([sys.executable, "-c", text, *arguments], seconds=seconds)
    order = {"argv": list(arguments), "cwd": str(Path.cwd()), "text": text}
    return _run(order, stdin=b"", seconds=seconds)


def _run(order: dict[str, Any], *, stdin: bytes, seconds: float) -> Ended:
    order["environment"] = dict(os.environ)
    answer, its_answer = socket.socketpair()
    with _TURN, ThreadPoolExecutor(4) as pool, answer:
        (get, order_end), (get_in, in_end), (out_end, put_out), (err_end, put_err) = (
            os.pipe() for _ in range(4)
        )
        theirs = [its_answer.detach(), get, get_in, put_out, put_err]
        socket.send_fds(_server(), [b"."], theirs)
        for each in theirs:
            os.close(each)
        pool.submit(_write, order_end, json.dumps(order).encode())
        pool.submit(_write, in_end, stdin)
        out, err = pool.submit(_read, out_end), pool.submit(_read, err_end)
        argv = ["wta", *order["argv"]]
        status = _await_end(answer, argv, seconds)
        return subprocess.CompletedProcess(argv, status, out.result(), err.result())


def _await_end(answer: socket.socket, argv: list[str], seconds: float) -> int:
    pid = _heard(answer)
    answer.settimeout(seconds)
    try:
        return _heard(answer)
    except BaseException as end:
        os.kill(pid, signal.SIGKILL)
        if isinstance(end, TimeoutError):
            raise subprocess.TimeoutExpired(argv, seconds) from end
        raise


def _starts_otherwise() -> bool:
    """Whether another interpreter would begin here than the one that has loaded the program."""
    named = {name: value for name, value in os.environ.items() if name.startswith(_STARTS)}
    return named != {"PYTHONPATH": str(PROJECT)}


def _heard(answer: socket.socket) -> int:
    number: int = _NUMBER.unpack(answer.recv(_NUMBER.size, socket.MSG_WAITALL))[0]
    return number


def _write(pipe: int, content: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), os.fdopen(pipe, "wb") as stream:
        stream.write(content)


def _read(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as stream:
        return stream.read()


@functools.cache
def _server() -> socket.socket:
    """Start the process that has loaded everything; it ends with this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm", str(theirs.fileno())],
            cwd=PROJECT,
            env={**_without_mark(), DETACHED_MARK: "1"},  # it is nobody's that a test looks for
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )

    def end() -> None:
        ours.close()
        process.wait(10)

    atexit.register(end)
    return ours


def _without_mark() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != MARK}


# ------------------------------------------------------------------------- the loaded process


def serve(line: socket.socket) -> None:
    """Fork a process for each order; say its pid, and how it ended."""
    while True:
        message, ends, _, _ = socket.recv_fds(line, 1, 5)
        if not message:
            return
        with socket.socket(fileno=ends[0]) as answer:
            pid = os.fork()
            if pid == 0:
                line.close()
                answer.close()
                _become(*ends[1:])
            for each in ends[1:]:
                os.close(each)
            with contextlib.suppress(BrokenPipeError):
                answer.send(_NUMBER.pack(pid))
                _, status = os.waitpid(pid, 0)
                answer.send(_NUMBER.pack(os.waitstatus_to_exitcode(status)))


def _become(order_end: int, *streams: int) -> NoReturn:
    """Be the process that the order describes."""
    from wtagents.cli import entry

    order = json.loads(_read(order_end))
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the whole life
        for number, mode in enumerate("rww")
    )
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    os.chdir(order["cwd"])
    sys.argv[1:] = order["argv"]
    if "text" in order:
        exec(order["text"], {"__name__": "__main__"})  # noqa: S102 - that is the order
        leave(0)
    entry.run()


def load() -> None:
    """Import what commands import, and let the collector pass over it."""
    for floor in LOADED:
        package = importlib.import_module(f"wtagents.{floor}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    for stranger in STRANGERS:
        importlib.import_module(stranger)
    gc.freeze()


if __name__ == "__main__":
    load()
    with socket.socket(fileno=int(sys.argv[1])) as serving:
        serve(serving)
