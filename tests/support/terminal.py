"""A program in a terminal of its own, and a Claude Code that is played by the built-in agent."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SECONDS = 50.0

_PLAYED_CLAUDE = """\
#!{python}
import os, sys
words = sys.argv[1:]
if words == ["--version"]:
    print("2.1.329 (Claude Code)")
elif words[:1] == ["-p"]:
    options = [word for word in words if "=" in word]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "wtagents.agent.scripted", *options])
elif words[:1] == ["auth"]:
    print('{{"loggedIn": true}}')
else:
    with open({record!r}, "a") as record:
        print(os.getcwd(), *words, sys.stdin.isatty(), file=record)
"""


def run_in_pty(argv: Sequence[str], *, cwd: Path) -> int:
    """Run a program to its end with a terminal that nobody types at; return its exit status."""
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            argv, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        return process.wait(timeout=_SECONDS)
    finally:
        os.close(theirs)
        os.close(ours)


def play_claude(folder: Path) -> Path:
    """Put a `claude` into a folder; return the file where it records interactive calls.

    Headless it is the built-in agent; otherwise it only says where it was called, how, and whether
    it had a terminal.
    """
    folder.mkdir()
    record = folder / "interactive"
    program = folder / "claude"
    program.write_text(_PLAYED_CLAUDE.format(python=sys.executable, record=str(record)))
    program.chmod(0o755)
    return record
