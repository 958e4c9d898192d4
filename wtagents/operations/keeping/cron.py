"""cron: one marked block per repository in the user's crontab; every other line stays as it is.

cron starts with nearly no environment, and refuses lines of more than 1,000 characters, which a
PATH alone can have. So the lines only call a script in the state folder, which knows where programs
and our folders are; it is proved to work without an environment before the crontab is written. A
`%` would end a command of cron and is escaped. No secret is written down.
"""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError, SystemFault
from wtagents.core.record import record
from wtagents.operations.keeping.bare_script import warnings_of_secrets, write_script
from wtagents.operations.result import OperationResult
from wtagents.system.command import clean_environment, run_command
from wtagents.system.files import make_private_folder
from wtagents.system.lock import hold_lock
from wtagents.system.paths import state_home

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from wtagents.operations.context import Context
    from wtagents.system.command import Completed

TICKS = "*/5 * * * *"
"""When the supervisor's one pass runs: often enough that a limit that ended is used."""
CLEANUPS = "23 * * * *"
_SECONDS = 20.0


@record
class CronBlock:
    """The block of a repository, as it is now."""

    installed: bool
    changed: bool
    """Whether this call wrote the crontab."""
    lines: tuple[str, ...]
    """Between the markers; empty when there is none."""


def observe_cron(context: Context) -> CronBlock:
    """Look for the block. Raises SystemFault without a crontab program."""
    block = _Crontab.load(context).block
    return CronBlock(installed=block is not None, changed=False, lines=_lines(block or b""))


def install_cron(context: Context) -> OperationResult[CronBlock]:
    """Write the block, or bring the one that is there up to date.

    Raises SystemFault without a crontab program or when the script cannot run by itself, StateError
    when the markers are damaged or a path cannot stand in a crontab.
    """
    with _alone():
        crontab = _Crontab.load(context)
        block = _block(context, crontab)
        rewritten = _write_script(context)
        changed = block != crontab.block
        if changed:
            crontab.replace(block)
    data = CronBlock(installed=True, changed=changed or rewritten, lines=_lines(block))
    return OperationResult(data=data, messages=tuple(warnings_of_secrets("cron")))


def remove_cron(context: Context) -> OperationResult[CronBlock]:
    """Take the block out; without one nothing is written."""
    with _alone():
        crontab = _Crontab.load(context)
        changed = crontab.block is not None
        if changed:
            crontab.replace(b"")
        context.paths.cron_script.unlink(missing_ok=True)
    return OperationResult(data=CronBlock(installed=False, changed=changed, lines=()))


@record
class _Crontab:
    """The user's crontab, cut at the markers of one repository."""

    begin: bytes
    end: bytes
    before: bytes
    block: bytes | None
    """With its markers."""
    after: bytes

    @classmethod
    def load(cls, context: Context) -> _Crontab:
        """Read it. Raises StateError when only one of the markers is there, or in wrong order."""
        begin, end = (
            f"# {word} wta {context.paths.root.name}: written by wta, replaced as a whole".encode()
            for word in ("begin", "end")
        )
        lines = _read().splitlines(keepends=True)
        places = [[i for i, line in enumerate(lines) if line.strip() == m] for m in (begin, end)]
        if places == [[], []]:
            return cls(begin=begin, end=end, before=b"".join(lines), block=None, after=b"")
        if [len(place) for place in places] != [1, 1] or places[0] > places[1]:
            raise StateError(
                "the markers of wta in the crontab are damaged",
                cause="begin and end do not stand there once each, in this order",
                hint="remove the block by hand: crontab -e",
            )
        first, last = places[0][0], places[1][0] + 1
        return cls(
            begin=begin,
            end=end,
            before=b"".join(lines[:first]),
            block=b"".join(lines[first:last]),
            after=b"".join(lines[last:]),
        )

    def replace(self, block: bytes) -> None:
        """Write the crontab with another block and prove that it is there."""
        gap = b"\n" if block and self.before and not self.before.endswith(b"\n") else b""
        wanted = self.before + gap + block + self.after
        done = _run("-", stdin=wanted) if wanted else _run("-r")
        if not done.ok or _read() != wanted:
            raise SystemFault(
                "the crontab could not be written",
                cause=done.complaint if not done.ok else "it does not hold what was written",
                hint="try it by hand: crontab -e",
            )


def _block(context: Context, crontab: _Crontab) -> bytes:
    lines = [
        crontab.begin,
        _line(context, TICKS, ["supervise", "--once"]),
        _line(context, CLEANUPS, ["cleanup"]),
        crontab.end,
    ]
    return b"\n".join(lines) + b"\n"


def _line(context: Context, when: str, words: list[str]) -> bytes:
    """Return a line whose command leaves what it said the last time in a file."""
    script = context.paths.cron_script
    command = shlex.join(["/bin/sh", str(script), *words])
    log = shlex.quote(str(context.paths.cron_log(words[0])))
    return os.fsencode(f"{when} {command} >{log} 2>&1".replace("%", "\\%"))


def _write_script(context: Context) -> bool:
    """Write the script that the lines call; return whether it was another one before."""
    opening = "# Written by wta cleanup --install-cron; cron calls it with a command of wta."
    return write_script(context, context.paths.cron_script, caller="cron", opening=opening)


def _lines(block: bytes) -> tuple[str, ...]:
    return tuple(os.fsdecode(block).splitlines()[1:-1])


def _alone() -> AbstractContextManager[None]:
    """Keep two of us from reading the same crontab and writing one after the other."""
    make_private_folder(state_home())
    return hold_lock(state_home() / "crontab.lock", seconds=_SECONDS, what="the crontab")


def _read() -> bytes:
    done = _run("-l")
    if done.ok:
        return done.stdout
    # Only prose tells "there is none" (status 1) from "it may not be used" (status 1).
    if "no crontab" in done.complaint.lower() or "no such file" in done.complaint.lower():
        return b""
    raise SystemFault(
        "the crontab cannot be read",
        cause=done.complaint,
        hint="ask the administrator, or run by a timer: wta supervise --once",
    )


def _run(argument: str, stdin: bytes = b"") -> Completed:
    program = shutil.which("crontab")
    if program is None:
        raise SystemFault(
            "there is no crontab program here",
            cause="no crontab on PATH",
            hint="install cron, or run by another timer: wta supervise --once; wta cleanup",
        )
    return run_command(
        [program, argument],
        cwd=Path("/"),
        timeout=_SECONDS,
        env=clean_environment({"LC_ALL": "C"}),
        stdin=stdin,
    )
