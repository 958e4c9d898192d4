"""`python -m wtagents.demo.guard FOLDER BOOT PID START`: clean up after a demo that was killed.

SIGKILL leaves nobody to tidy up, and runners outlive whoever started them by design.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event

from wtagents.core.run import ProcessIdentity
from wtagents.demo.ground import Ground, clear_ground
from wtagents.system.clock import SystemClock
from wtagents.system.process import is_alive

_PAUSE = 0.2


def main(arguments: list[str]) -> int:
    """Wait for the end of the process that is named, then clear its ground."""
    folder, boot, pid, start = arguments
    demo = ProcessIdentity(boot_id=boot, pid=int(pid), start=int(start))
    clock, never = SystemClock(), Event()
    while is_alive(demo):
        clock.wait(never, _PAUSE)
    clear_ground(Ground(folder=Path(folder)), clock)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
