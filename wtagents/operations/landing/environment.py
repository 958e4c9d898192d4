"""What a gate's answer depends on beside the tree, as one digest: only equal ones are comparable.

It holds the commands, their time, the variables they see, the programs they begin with, and the
ignored files that are copied into a slot. Not in it are the network, the clock and what a set-up
command left in the slot: a gate that depends on those says something else each time it runs.
"""

from __future__ import annotations

import json
import platform
import shlex
import shutil
from typing import TYPE_CHECKING

from wtagents.operations.starting.worktree import included_files
from wtagents.system.command import clean_environment
from wtagents.system.digest import digest

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.operations.context import Context

_READ_LIMIT = 10**6
"""Bytes up to which an included file is read; a larger one is known by size and time."""
_OF_THE_CALLER = frozenset(
    {"_", "PWD", "OLDPWD", "SHLVL", "TERM", "COLUMNS", "LINES", "COLORTERM", "WINDOWID"}
)
"""Variables that say where and how wta was called, not what a gate finds."""
_SESSIONS = ("SSH_", "TMUX", "XDG_SESSION", "DBUS_", "GPG_", "WTA_", "PYTEST_", "TERM_")


def gate_environment(context: Context) -> str:
    """Return the digest of everything but the tree that a gate's answer depends on."""
    merge, walls = context.settings.merge, context.settings.sandbox
    commands = (*merge.setup, *merge.gate, merge.test_command or "")
    facts = {
        "gate": merge.gate,
        "tests": merge.test_command,
        "setup": merge.setup,
        "timeout": merge.gate_timeout,
        "walls": [repr(walls) if walls.gates else ""],
        "machine": [platform.platform(), platform.python_version()],
        "variables": sorted(
            (name, value)
            for name, value in clean_environment().items()
            if name not in _OF_THE_CALLER and not name.startswith(_SESSIONS)
        ),
        "programs": sorted(filter(None, map(_program, commands))),
        "included": [_file(origin, name) for name, origin in included_files(context)],
    }
    return digest(json.dumps(facts, default=str).encode(errors="surrogateescape"))


def _program(shell: str) -> str:
    """Return place, size and time of the program that a shell command begins with, or ''."""
    try:
        words = shlex.split(shell)
    except ValueError:
        return ""
    place = shutil.which(words[0]) if words else None
    return _stamp(place) if place else ""


def _stamp(place: str) -> str:
    from pathlib import Path

    try:
        stat = Path(place).stat()
    except OSError:
        return ""
    return f"{place} {stat.st_size} {stat.st_mtime_ns}"


def _file(origin: Path, name: str) -> str:
    try:
        stat = origin.stat()
        if stat.st_size > _READ_LIMIT:
            return f"{name} {stat.st_size} {stat.st_mtime_ns}"
        return f"{name} {digest(origin.read_bytes())}"
    except OSError:
        return f"{name} unreadable"
