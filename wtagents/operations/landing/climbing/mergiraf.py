"""The structural rung of another program: mergiraf, where a person has put it on PATH.

Only texts reach it, in a room of its own, for a short time; its answer is verified like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.resolution import Proposal, ProposedFile, check_resolution, fit_line_ends
from wtagents.system.command import clean_environment, find_program, run_command
from wtagents.system.rooms import open_room

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.resolution import ConflictText

PROGRAM = "mergiraf"
_SECONDS = 20.0
_SIZE_LIMIT = 2_000_000
"""Bytes of an answer that are read."""


def merge_by_mergiraf(conflict: ConflictText, rooms: Path) -> str | None:
    """Return the whole file, or None: it is not there, or has no answer that passes the check."""
    program = find_program(PROGRAM)
    if program is None or conflict.base is None:
        return None
    text = _answer(program, conflict, rooms)
    if text is None:
        return None
    fitted = fit_line_ends(conflict, text)
    proposal = Proposal(files=(ProposedFile(path=conflict.path, text=fitted),))
    return None if check_resolution((conflict,), proposal) else fitted


def _answer(program: str, conflict: ConflictText, rooms: Path) -> str | None:
    """Run it on files that have the language's ending and none of the path's own name."""
    ending = conflict.path.rpartition("/")[2].rpartition(".")[2]
    suffix = f".{ending}" if ending.isalnum() else ""
    sides = {"base": conflict.base or "", "target": conflict.target, "branch": conflict.branch}
    try:
        with open_room(rooms, "mergiraf") as room:
            for name, text in sides.items():
                (room.path / f"{name}{suffix}").write_bytes(text.encode())
            merged = room.path / f"merged{suffix}"
            done = run_command(
                (program, "merge", *(f"{name}{suffix}" for name in sides), "-o", merged.name),
                # Here a relative entry of PATH finds nothing that an agent has landed.
                cwd=room.path,
                timeout=_SECONDS,
                env=clean_environment(),
                inherited=(room.lock,),
            )
            if not done.ok or done.timed_out or merged.is_symlink():
                return None
            if merged.stat().st_size > _SIZE_LIMIT:
                return None
            return merged.read_bytes().decode()
    except (SystemFault, OSError, UnicodeDecodeError):
        return None
