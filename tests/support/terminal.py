"""A program in a terminal of its own, and a Claude Code that is played by the built-in agent."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import shlex
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


class Tmux:
    """A tmux of its own that shows one program, until that ends."""

    def __init__(self, argv: Sequence[str], *, cwd: Path, width: int, height: int) -> None:
        self._socket = str(cwd / "tmux")
        size = ("-x", str(width), "-y", str(height))
        self.tmux("new-session", "-d", *size, "-c", str(cwd), shlex.join(argv))
        self.tmux("set-option", "-g", "status", "off")
        self.resize(width, height)

    def tmux(self, *words: str) -> str:
        """Let tmux do something."""
        argv = ["tmux", "-S", self._socket, "-f", os.devnull, *words]
        # Not what libraries of this process have put beside it: LINES and COLUMNS.
        env = dict(os.environ)
        return subprocess.run(argv, check=True, capture_output=True, text=True, env=env).stdout

    def resize(self, width: int, height: int) -> None:
        """Give it another size."""
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def press(self, *keys: str) -> None:
        """Press keys."""
        self.tmux("send-keys", *keys)

    def lines(self) -> list[str]:
        """Return what it shows, without the spaces at the ends of lines."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").splitlines()]

    @property
    def is_there(self) -> bool:
        """Whether the program still runs."""
        argv = ["tmux", "-S", self._socket, "has-session"]
        return subprocess.run(argv, check=False, capture_output=True).returncode == 0
