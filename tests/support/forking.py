"""Races of many processes at the price of one start: a loaded interpreter forks its racers.

`tests.support.racing` starts a program for each racer; use this where there are dozens of them. The
function lives in a module (not in a test file) and takes one JSON value.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

from tests.support.processes import run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def fork_race(
    function: Callable[[Any], Any], arguments: Sequence[Any], *, seconds: float = 120
) -> list[Any]:
    """Call the function once for each argument, each in a process of its own, all at once.

    Returns what the calls returned; a call that raised gives `"Kind: message"`.
    """
    name = f"{function.__module__}:{function.__qualname__}"
    done = run_to_end(
        [sys.executable, "-m", "tests.support.forking", name],
        stdin=json.dumps(list(arguments)).encode(),
        seconds=seconds,
    )
    if done.returncode != 0:
        raise AssertionError(f"the race broke: {done.stderr.decode()}")
    results: list[Any] = json.loads(done.stdout)
    return results


def end_apart(deed: Callable[[], object]) -> int:
    """Do something in a process of its own; return its exit code, negative for a signal.

    No store may be open here: SQLite does not survive a fork (`run_text_warm` does it elsewhere).
    What is raised there ends it with 1, and is told to stderr; Ctrl-C ends it as it ends Python.
    """
    pid = os.fork()
    if not pid:
        try:
            deed()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        except BaseException:  # noqa: BLE001 - the fork must not go on as the test that it is of
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def main(name: str, arguments: list[Any]) -> None:
    """Fork one process for each argument, start them together, print their results."""
    module, _, attribute = name.partition(":")
    function = getattr(importlib.import_module(module), attribute)
    gate, hold = os.pipe()
    racers = [_start(function, argument, gate, hold) for argument in arguments]
    os.close(gate)
    os.close(hold)  # every racer waits for the end of this pipe
    results = []
    for pid, answer in racers:
        with os.fdopen(answer, "rb") as stream:
            results.append(json.loads(stream.read() or b'"died"'))
        os.waitpid(pid, 0)
    sys.stdout.write(json.dumps(results))


def _start(function: Callable[[Any], Any], argument: Any, gate: int, hold: int) -> tuple[int, int]:
    answer, say = os.pipe()
    pid = os.fork()
    if pid:
        os.close(say)
        return pid, answer
    os.close(hold)
    os.close(answer)
    os.read(gate, 1)
    try:
        result = function(argument)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        result = f"{type(error).__name__}: {error}"
    with os.fdopen(say, "wb") as stream:
        stream.write(json.dumps(result).encode())
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.stdin.read()))
