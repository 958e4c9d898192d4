"""A program in a terminal of its own, and a Claude Code that is played by the built-in agent."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
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


def close_terminal_of(argv: Sequence[str], *, cwd: Path, words: bytes) -> int:
    """Run a program in a terminal that is closed once the words are shown; return its status.

    The terminal controls no session: no signal of the kernel tells the program.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        argv, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        drawn = b""
        while words not in drawn:
            ready, _, _ = select.select([ours], [], [], _SECONDS)
            assert ready, f"{words!r} was not shown: {drawn[-2000:]!r}"
            drawn += os.read(ours, 1 << 16)
    finally:
        os.close(ours)
    return process.wait(timeout=_SECONDS)


def talk_in_pty(
    argv: Sequence[str], *, cwd: Path, talk: Sequence[tuple[bytes, bytes]]
) -> tuple[int, bytes]:
    """Run a program in a terminal of 100 columns; type each answer once its words are shown.

    Returns the exit status and everything that was drawn.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    drawn, shown = b"", 0
    try:
        process = subprocess.Popen(
            argv, cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        for words, keys in talk:
            while words not in drawn[shown:]:
                ready, _, _ = select.select([ours], [], [], _SECONDS)
                assert ready, f"{words!r} was not shown: {drawn[-2000:]!r}"
                drawn += os.read(ours, 1 << 16)
            shown = len(drawn)
            os.write(ours, keys)
        with contextlib.suppress(OSError):  # the terminal is gone with its last program
            while select.select([ours], [], [], _SECONDS)[0]:
                drawn += os.read(ours, 1 << 16)
        return process.wait(timeout=_SECONDS), drawn
    finally:
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
