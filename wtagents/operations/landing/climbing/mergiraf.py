"""The structural rung of another program: mergiraf, where a person has put it on PATH.

Only texts reach it, in a room of its own, for a short time; its answer is verified like any other.
It ends with 0 when nothing is left in conflict, with 1 when something is, otherwise when it fails,
and gives up by itself after ten seconds. It keeps the texts of each merge in the home folder: the
room is its home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.landing.resolution import Proposal, ProposedFile, check_resolution, fit_line_ends
from wtagents.system.command import clean_environment, find_program, run_command
from wtagents.system.folders.rooms import open_room

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wtagents.core.landing.resolution import ConflictText
    from wtagents.system.clock import Clock

PROGRAM = "mergiraf"
SECONDS = 20.0
"""For all files of a conflict."""
_ANSWER_LIMIT = 2_000_000
"""Bytes of an answer that are read."""
_KEPT = ("LANG", "PATH", "mergiraf")
"""The last one is how a person switches it off."""
_HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


def merge_by_mergiraf(
    conflicts: Sequence[ConflictText], rooms: Path, clock: Clock
) -> dict[str, str]:
    """Return whole files by path, without those that it has no answer for that passes the check.

    Where it is not there that is every file.
    """
    program = find_program(PROGRAM)
    if program is None:
        return {}
    end = clock.monotonic() + SECONDS
    merged: dict[str, str] = {}
    for conflict in conflicts:
        seconds = end - clock.monotonic()
        text = _answer(program, conflict, rooms, seconds) if seconds > 0 else None
        if text is not None:
            merged[conflict.path] = text
    return merged


def _answer(program: str, conflict: ConflictText, rooms: Path, seconds: float) -> str | None:
    if conflict.base is None:
        return None
    sides = {"base": conflict.base, "target": conflict.target, "branch": conflict.branch}
    name = conflict.path.rpartition("/")[2]
    try:
        with open_room(rooms, PROGRAM) as room:
            for side, text in sides.items():
                (room.path / side).write_bytes(text.encode())
            done = run_command(
                # The name tells the language.
                (program, "merge", *sides, f"--path-name={name}"),
                # Here a relative entry of PATH finds nothing that an agent has landed.
                cwd=room.path,
                timeout=seconds,
                env=_environment(room.path),
                inherited=(room.lock,),
                limit=_ANSWER_LIMIT,
            )
        text = fit_line_ends(conflict, done.stdout.decode())
    except (SystemFault, OSError, UnicodeDecodeError):
        return None
    proposal = Proposal(files=(ProposedFile(path=conflict.path, text=text),))
    return text if done.ok and not check_resolution((conflict,), proposal) else None


def _environment(home: Path) -> dict[str, str]:
    environment = clean_environment()
    kept = {name: environment[name] for name in _KEPT if name in environment}
    return kept | dict.fromkeys(_HOMES, str(home))
