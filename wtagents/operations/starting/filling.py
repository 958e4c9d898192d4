"""The files of a new worktree are checked out beside everything else that a run needs.

Whoever checks out holds the task's checkout lock, and so does the git process that does it: when
this process is killed git goes on, and nobody fills the same worktree meanwhile. The run's folder
has the same lock under a name of its own, so its runner boots at once and waits for the files.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from wtagents.git.worktrees import CHECKOUT_SECONDS, filling, is_filled
from wtagents.operations.tripwire import require_untouched
from wtagents.system.lock import lendable_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.task import Task
    from wtagents.git.repo import RunningGit
    from wtagents.operations.context import Context
    from wtagents.system.paths import RunFolder


class Filling:
    """A checkout that is under way, or was done before."""

    def __init__(
        self, running: RunningGit | None, lock: Path, descriptor: int | None = None
    ) -> None:
        self._running = running
        self._lock = lock
        self.descriptor = descriptor
        """Of the lock, for a git that goes on when this process is killed."""

    @property
    def is_done(self) -> bool:
        """Whether the files are there."""
        return self._running is None

    def share(self, folder: RunFolder) -> None:
        """Let the runner of this folder wait for the files; its order must not be written yet."""
        if self._running is not None:
            with contextlib.suppress(FileExistsError):
                os.link(self._lock, folder.checkout_lock)

    def finish(self) -> None:
        """Wait for the files. Raises GitError when they cannot be checked out."""
        if self._running is not None:
            self._running.finish(timeout=CHECKOUT_SECONDS)
            self._running = None


@contextlib.contextmanager
def filling_worktree(context: Context, task: Task) -> Iterator[Filling | None]:
    """Have the files of a task's worktree there at the end of the block.

    Yields None while a git process that outlived its wta still checks them out: then nothing is to
    be done but to look again later.

    Raises StateError when the files are missing and the tripwire has gone off: a checkout runs the
    filters that the shared configuration names.
    """
    lock = context.paths.checkout_lock(task.id)
    with lendable_lock(lock) as descriptor:
        if descriptor is None:
            yield None
            return
        if not is_filled(context.repository, task.worktree):
            require_untouched(context)
        with filling(context.repository.holding(descriptor), task.worktree) as running:
            under_way = Filling(running, lock, descriptor)
            yield under_way
            under_way.finish()
