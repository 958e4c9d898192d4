"""A `claude` that plays scenarios and proves that it was never started twice at once for a task.

It takes Claude Code's command line and becomes the built-in agent. Each start is a line in
`$WATCH_LOG/starts`; while it lives it holds a lock file of its task, so that a second one at the
same time is a line in `$WATCH_LOG/overlaps`.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from tests.support.environment import PROJECT, Sandbox

KNOWN = ("--session-id=", "--resume=", "--model=", "--max-turns=", "--max-budget-usd=")


def install(sandbox: Sandbox, folder: Path) -> None:
    """Put it on the PATH of the test as `claude`, and note its starts in the folder."""
    program = folder / "programs" / "claude"
    program.parent.mkdir(parents=True)
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(PROJECT)!r})\n"
        "from tests.support.watched_agent import main\nmain()\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    sandbox.set_variable("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    sandbox.set_variable("WATCH_LOG", str(folder))


def starts(folder: Path) -> list[str]:
    """Return the task of each start, in order."""
    return _lines(folder / "starts")


def overlaps(folder: Path) -> list[str]:
    """Return what was started although an agent of the same task lived."""
    return _lines(folder / "overlaps")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def main() -> None:
    """Answer the probe, or become the agent."""
    if "--version" in sys.argv:
        sys.stdout.write("2.1.329 (Claude Code)\n")
        return
    if "auth" in sys.argv:
        sys.stdout.write('{"loggedIn": true}\n')
        return
    watch(Path(os.environ["WATCH_LOG"]), os.environ["WTA_TASK"])
    arguments = [each for each in sys.argv[1:] if each.startswith(KNOWN)]
    argv = [sys.executable, "-m", "wtagents.agent.scripted", *arguments]
    os.execv(sys.executable, argv)  # noqa: S606 - it becomes the agent


def watch(folder: Path, task: str) -> None:
    """Note the start; the lock lives as long as this process, also after it became the agent."""
    line = f"{task} {os.getpid()} {os.environ.get('WTA_RUN', '')}\n"
    _append(folder / "starts", f"{task}\n")
    lock = os.open(folder / f"{task}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(lock, True)  # noqa: FBT003 - it takes no keyword
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 200, 0).decode().strip()
        _append(folder / "overlaps", f"{line.strip()} beside {holder}\n")
        return
    os.ftruncate(lock, 0)
    os.pwrite(lock, line.encode(), 0)


def _append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, line.encode())
    os.close(descriptor)
