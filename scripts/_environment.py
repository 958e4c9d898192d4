"""Build .venv from requirements.lock: `_environment.py ROOT WISH`, started by _setup only.

WISH names the wanted content; it is written to .venv/ready last, so an interrupted build is
repeated. A lock makes the second of two builders wait and then find the work done; the steps
inherit it, so that a step whose builder was killed still ends before the next one begins.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
WISH = sys.argv[2]
VENV = ROOT / ".venv"
READY = VENV / "ready"
LOG = ROOT / ".cache" / "setup.log"


class SetupFailedError(Exception):
    """The environment could not be built; the text is one line with the next step."""


def run(argv: list[str], *, lock: int, otherwise: str) -> None:
    """Run a step with its output in the log; a failure says OTHERWISE and the step's last word."""
    environment = {**os.environ, "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # a user install or a foreign prefix would put the packages outside .venv
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PYTHONPATH", "PYTHONHOME"):
        environment.pop(name, None)
    with LOG.open("a", encoding="utf-8") as log:
        start = log.tell()
        done = subprocess.run(
            argv,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            pass_fds=[lock],
        )
    if done.returncode != 0:
        said = LOG.read_bytes()[start:].decode(errors="replace")
        raise SetupFailedError(
            f"{otherwise} ({last_error(said)}); all of it: {LOG.relative_to(ROOT)}"
        )


def last_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:") or "Error: " in line]
    return (errors or lines or ["no output"])[-1].removeprefix("ERROR: ")


def is_usable() -> bool:
    """Tell whether .venv runs and has pip: after an upgrade of the system it may not."""
    python = VENV / "bin" / "python"
    probe = [str(python), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return (
        python.exists() and subprocess.run(probe, capture_output=True, check=False).returncode == 0
    )


def build(lock: int) -> None:
    READY.unlink(missing_ok=True)
    if not is_usable():
        shutil.rmtree(VENV, ignore_errors=True)
        run(
            [sys.executable, "-m", "venv", str(VENV)],
            lock=lock,
            otherwise="python3 cannot make a virtual environment, install its venv package",
        )
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    run(
        [*pip, "--require-hashes", "-r", "requirements.lock"],
        lock=lock,
        otherwise="the dependencies could not be installed, is there a network?",
    )
    run(
        [*pip, "--no-deps", "--no-build-isolation", "--force-reinstall", "-e", "."],
        lock=lock,
        otherwise="the project itself could not be installed",
    )
    written = READY.with_suffix(".new")
    written.write_text(WISH + "\n", encoding="utf-8")
    written.replace(READY)


def main() -> int:
    LOG.parent.mkdir(exist_ok=True)
    with (LOG.parent / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if READY.exists() and READY.read_text(encoding="utf-8").strip() == WISH and is_usable():
            return 0
        print("setup: making .venv (once, about half a minute)", file=sys.stderr)
        LOG.write_text("", encoding="utf-8")
        try:
            build(lock.fileno())
        except SetupFailedError as failure:
            print(f"setup: {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
