"""Print the path of the pinned Claude Code CLI, installing it into .cache/claude when needed.

Prints nothing and says why on stderr when it cannot be had: no npm, no network, no package for
this machine. No install script of the package runs; npm checks its hash against
tests/claude/package-lock.json.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "tests" / "claude"
CACHE = ROOT / ".cache" / "claude"
PACKAGE = "@anthropic-ai/claude-code"


class NotAvailableError(Exception):
    """The CLI cannot be had here; the text is one line."""


def load_pinned_version() -> str:
    manifest = json.loads((PINNED / "package.json").read_text(encoding="utf-8"))
    return str(manifest["dependencies"][PACKAGE])


def answers(program: Path, version: str) -> bool:
    """Tell whether the program runs here (a package for another libc does not) in that version."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": home, "DISABLE_AUTOUPDATER": "1"}
        try:
            said = subprocess.run(
                [str(program), "--version"],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return said.returncode == 0 and said.stdout.split()[:1] == [version]


def install(version: str, into: Path, *, lock: int) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotAvailableError("npm is not installed")
    partial = into.with_name(f"{into.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, partial / name)
    print(f"test: installing Claude Code {version} into .cache (once)", file=sys.stderr)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=partial,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=[lock],  # an npm whose caller was killed ends before the next one begins
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise NotAvailableError(f"npm ci failed: {(errors or ['no message'])[0]}")
    for program in sorted(partial.glob(f"node_modules/{PACKAGE}-*/claude")):
        if answers(program, version):
            shutil.rmtree(into, ignore_errors=True)
            into.mkdir()
            program.rename(into / "claude")
            shutil.rmtree(partial)
            return
    raise NotAvailableError(f"no package of Claude Code {version} runs on this machine")


def require_program() -> Path:
    version = load_pinned_version()
    folder = CACHE / version
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "claude").exists():
            install(version, folder, lock=lock.fileno())
    return folder / "claude"


def main() -> int:
    try:
        print(require_program())
    except NotAvailableError as reason:
        print(f"test: the real Claude Code CLI is not available: {reason}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
