"""A task's worktree: made under the lock, furnished outside it, both repeatable."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.record import record
from wtagents.git.worktrees import (
    add_worktree,
    exclude,
    ignored_files,
    is_committed,
    is_tracked,
)
from wtagents.operations.starting.instructions import INSTRUCTIONS_FILE, OPENING, instructions_for
from wtagents.store.forks import fork_of
from wtagents.system.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.ids import Oid
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.operations.starting.filling import Filling

_WORLD_READABLE = 0o644
_PATIENCE = 5.0
"""How long a tick waits for a look of the radar."""


@record
class Furnished:
    """A worktree that an agent can start in."""

    task: Task
    unwritten_instructions: str
    """The task's instructions where `CLAUDE.local.md` must not be written, else ''."""


def worktree_path(context: Context, folder: str) -> Path:
    """Return where the worktree of a task belongs: outside the repository, beside it."""
    home = context.main_worktree or context.common_dir
    root = context.settings.worktree.root.replace("{repository}", home.name.removesuffix(".git"))
    path = (home / Path(root).expanduser() / folder).resolve()
    around = superproject(context.common_dir) or context.main_worktree
    if around and path.is_relative_to(around.resolve()):
        raise StateError(
            f"{path} lies inside {'the repository' if around == home else around}",
            cause="an agent whose .git is lost there would commit onto the main worktree",
            hint="set worktree.root to a folder outside: wta config worktree.root",
        )
    return path


def superproject(common_dir: Path) -> Path | None:
    """Return the outermost checkout that holds a submodule, by where git keeps its directory."""
    inner = [parent for parent in common_dir.parents if parent.parts[-2:] == (".git", "modules")]
    return inner[-1].parent.parent if inner else None


def claim_worktree(context: Context, task: Task) -> None:
    """Make branch and worktree without files, or adopt a half-made one of the same task.

    The caller holds the repository lock.
    """
    add_worktree(
        context.repository,
        task.worktree,
        branch=task.branch,
        base=_starting_commit(context, task),
        task=task.name,
        owner=context.paths.root.name,
    )


def _starting_commit(context: Context, task: Task) -> Oid:
    """Return where the task's branch begins, and have it in the repository."""
    with context.database.read() as db:
        fork = fork_of(db, task.id)
    if fork is None:
        return task.base
    from wtagents.git.hub import open_hub
    from wtagents.git.refs import resolve

    if resolve(context.repository, fork.head) is None:
        open_hub(context.paths, context.repository).send(context.repository, fork.head, [task.base])
    return fork.head


def furnish_worktree(context: Context, task: Task, filling: Filling) -> Furnished:
    """Write the instructions and copy what `.worktreeinclude` names, which needs all files.

    Before the first run of a fork the files of its checkpoint come, too. Before a fresh
    conversation what lies there is kept: who knows of nothing may begin by clearing away.
    """
    if task.fresh:
        from wtagents.core.keeping.checkpoint import Cause
        from wtagents.operations.checkpointing.keep import try_checkpoint

        try_checkpoint(context, task, Cause.FRESH, seconds=_PATIENCE)
    with context.database.read() as db:
        is_fork = fork_of(db, task.id) is not None
    if is_fork:
        from wtagents.operations.starting.fork_files import put_fork_files

        put_fork_files(context, task, filling)
    if _include_file(context) is not None:
        filling.finish()
        copy_included(context, task.worktree)
    text = instructions_for(context, task)
    written = _write_instructions(context, task, text, is_filled=filling.is_done)
    return Furnished(task=task, unwritten_instructions="" if written else text)


def _write_instructions(context: Context, task: Task, text: str, *, is_filled: bool) -> bool:
    """Write `CLAUDE.local.md` unless it is tracked, or to be so, a link or somebody else's.

    The caller holds the lock of the task: nobody else writes here. What a killed one left half
    written would count as work that nobody committed.
    """
    path = task.worktree / INSTRUCTIONS_FILE
    repository = context.repository
    if is_filled and is_tracked(repository, task.worktree, INSTRUCTIONS_FILE):
        return False
    if path.is_symlink() or (not is_filled and is_committed(repository, task.base, path.name)):
        return False
    if path.exists() and not path.read_text(errors="replace").startswith(OPENING):
        return False
    exclude(context.repository, f"/{INSTRUCTIONS_FILE}")
    write_atomic(path, text.encode(), durable=False, mode=_WORLD_READABLE, alone=True)
    return True


def copy_included(context: Context, folder: Path, *, afresh: bool = False) -> int:
    """Copy ignored files that the include file names; what is there stays, unless `afresh`.

    Returns how many were copied.
    """
    from shutil import copy2

    copied = 0
    for relative, origin in included_files(context):
        copy = folder / relative
        if copy.is_symlink() or (copy.exists() and not afresh):
            continue
        if not copy.parent.resolve().is_relative_to(folder.resolve()):
            continue
        # A commit may have put a file where the others have a folder.
        with suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy2(origin, copy)
            copied += 1
    return copied


def included_files(context: Context) -> Iterator[tuple[str, Path]]:
    """Yield the ignored files of the main worktree that the include file names."""
    source, include_file = context.main_worktree, _include_file(context)
    if source is None or include_file is None:
        return
    for relative in ignored_files(context.repository, include_file):
        origin = source / relative
        if relative != INSTRUCTIONS_FILE and origin.is_file() and not origin.is_symlink():
            yield relative, origin


def _include_file(context: Context) -> Path | None:
    """Return the list of ignored files to copy, where there is one."""
    if context.main_worktree is None:
        return None
    path = context.main_worktree / context.settings.worktree.include_file
    return path if path.is_file() else None
