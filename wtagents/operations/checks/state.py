"""Our own state: folder, database, disk, supervisor, crontab, clock."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from wtagents.core.config.settings import DEFAULT
from wtagents.core.errors import SystemFault, WtaError
from wtagents.core.size import size_text
from wtagents.operations.checks.check import failed, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.operations.checks.check import Check
    from wtagents.operations.context import Context

_INODES = 10_000
"""A worktree of a usual repository takes some thousands."""
_CLOCK_SLACK = 60.0
"""Seconds that a record may lie in the future before the clock is suspected."""


def check_settings(context: Context) -> Iterator[Check]:
    """A wrong value stops every command that starts something. Raises ConfigError naming it."""
    chosen = {source for source in context.settings.sources.values() if source != DEFAULT}
    yield ok("settings", ", ".join(sorted(chosen)) or "all are defaults")


def check_state_folder(context: Context) -> Iterator[Check]:
    """State that others can read or change is not ours alone; without writing nothing works."""
    root = context.paths.root
    if not root.exists():
        home = next(parent for parent in root.parents if parent.exists())
        if _can_write(home):
            yield ok("state folder", f"{root} is made with the first task")
        else:
            yield failed("state folder", f"{home} cannot be written", "set XDG_STATE_HOME")
        return
    facts = root.stat()
    if facts.st_uid != os.getuid():
        yield failed("state folder", f"{root} belongs to another user", "set XDG_STATE_HOME")
    elif facts.st_mode & 0o077:
        mode = stat.filemode(facts.st_mode)
        yield failed("state folder", f"{root} is open to others ({mode})", f"chmod 700 {root}")
    elif not _can_write(root):
        yield failed("state folder", f"{root} cannot be written", f"check it: ls -ld {root}")
    else:
        yield ok("state folder", str(root))


def _can_write(folder: Path) -> bool:
    """Try it: permissions alone know nothing of read-only disks and of what root may."""
    attempt = folder / f".wta-doctor-{os.getpid()}"
    try:
        attempt.mkdir()
        attempt.rmdir()
    except OSError:
        return False
    return True


def check_database(context: Context) -> Iterator[Check]:
    """A damaged page is found before it is needed. Raises SystemFault for what cannot be opened."""
    db = context.reader
    if db is None:
        yield ok("database", "there is none yet")
        return
    said = [str(row[0]) for row in db.rows("PRAGMA integrity_check(3)")]
    if said == ["ok"]:
        size = sum(path.stat().st_size for path in _database_files(context))
        yield ok("database", f"whole, schema is current, {size_text(size)}")
    else:
        path = context.paths.database
        yield failed(
            "database",
            f"{path} is damaged: {said[0]}",
            f"branches and worktrees are untouched; set it aside: mv {path} {path}.damaged",
        )


def _database_files(context: Context) -> list[Path]:
    path = context.paths.database
    names = (path.name, f"{path.name}-wal")
    return [path.with_name(name) for name in names if path.with_name(name).exists()]


def check_disk(context: Context) -> Iterator[Check]:
    """A full disk breaks git in the middle; so does one without inodes."""
    from wtagents.operations.starting.worktree import worktree_path

    floor = context.settings.limits.disk_floor
    for name, folder in (
        ("disk of the state", context.paths.root),
        ("disk of the worktrees", worktree_path(context, "x").parent),
    ):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        facts = os.statvfs(existing)
        free = facts.f_bavail * facts.f_frsize
        said = f"{size_text(free)} free at {existing}"
        if free < floor:
            floor_text = f"limits.disk_floor is {size_text(floor)}"
            yield failed(name, f"{said}; {floor_text}", "wta cleanup, or free some space")
        elif facts.f_files > 0 and facts.f_favail < _INODES:
            yield failed(name, f"{facts.f_favail} inodes are free at {existing}", "delete files")
        elif not _can_write(existing):
            yield failed(name, f"{existing} cannot be written", f"check it: ls -ld {existing}")
        else:
            yield ok(name, said)


def check_supervisor(context: Context) -> Iterator[Check]:
    """Without a supervisor nobody follows the agents until the next command does."""
    from wtagents.core.lifecycle import ENDED_TASK_STATES, RESTING_TASK_STATES
    from wtagents.store.tasks import tasks
    from wtagents.system.lock import try_lock

    db = context.reader
    resting = ENDED_TASK_STATES | RESTING_TASK_STATES
    waiting = [] if db is None else [task for task in tasks(db) if task.state not in resting]
    alive = False
    if context.paths.supervisor_lock.exists():
        with try_lock(context.paths.supervisor_lock) as free:
            alive = not free
    if alive:
        yield ok("supervisor", "runs")
    elif waiting:
        names = ", ".join(task.name for task in waiting[:5])
        yield failed("supervisor", f"none runs, but there is work: {names}", "wta supervise")
    else:
        yield ok("supervisor", "none runs, none is needed")


def check_trash(context: Context) -> Iterator[Check]:
    """What never landed is not swept before its time, so only a person can make room."""
    if context.reader is None:
        return
    from wtagents.operations.keeping.sweep import observe_sweep

    lacking = observe_sweep(context).lacking
    if lacking:
        what = f"takes {size_text(lacking)} too much, and what never landed stays until its time"
        yield failed("trash", what, "wta cleanup --purge NAME; or raise cleanup.quota")


def check_crontab(context: Context) -> Iterator[Check]:
    """A crontab block goes on after a reboot, when nobody types a command."""
    from wtagents.operations.keeping.cron import observe_cron

    try:
        block = observe_cron(context)
    except SystemFault as fault:
        yield note("crontab", fault.message)
        return
    except WtaError as error:
        yield failed("crontab", error.message, error.hint)
        return
    if block.installed and not context.paths.cron_script.is_file():
        yield failed(
            "crontab", "its block calls a script that is gone", "wta cleanup --install-cron"
        )
    elif block.installed:
        yield ok("crontab", "has the block of this repository")
    else:
        yield ok("crontab", "not used (wta cleanup --install-cron)")


def check_clock(context: Context) -> Iterator[Check]:
    """Pauses and ages are wrong while the clock stands before what was recorded."""
    from wtagents.store.tasks import tasks

    db = context.reader
    newest = max((task.changed_at for task in tasks(db)), default=None) if db else None
    ahead = (newest - context.clock.now()).total_seconds() if newest else 0.0
    if ahead > _CLOCK_SLACK:
        yield failed(
            "clock",
            f"it is {ahead:.0f} s behind the newest record",
            "set the clock of this machine: date; timedatectl",
        )
    else:
        yield ok("clock", "not behind any record")


def check_trust(context: Context) -> Iterator[Check]:
    """Commands of the repository that nobody trusted hold every spawn and merge back."""
    from wtagents.operations.trust import observe_trust

    state = observe_trust(context)
    if not state.trusted:
        yield failed("trust", f"{state.path} brings commands nobody trusted", "wta trust")
    else:
        yield ok("trust", "nothing waits for it" if not state.commands else "wta.toml is trusted")
