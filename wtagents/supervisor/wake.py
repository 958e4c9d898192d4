"""Make sure a supervisor runs: started by itself with the first task, in a session of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wtagents.system.command import own_environment
from wtagents.system.lock import try_lock
from wtagents.system.person.ring import own_terminal
from wtagents.system.programs.detached import start_detached

if TYPE_CHECKING:
    from wtagents.operations.context import Context


def ensure_supervisor(context: Context) -> bool:
    """Start a supervisor unless one holds the lock; return whether one was started.

    Two at once are harmless: the second finds the lock held and ends.
    """
    with try_lock(context.paths.supervisor_lock) as free:
        if not free:
            return False
    start_detached(
        [sys.executable, "-P", "-m", "wtagents", "-C", str(context.common_dir), "supervise"],
        cwd=context.paths.root,
        env=own_environment(own_terminal()),
        log=context.paths.supervisor_log,
    )
    return True
