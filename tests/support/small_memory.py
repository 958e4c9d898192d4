"""A control group in which little memory is left, where the test may make one."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

_GROUPS = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def small_memory(*, megabytes: int) -> Iterator[Path]:
    """Make a group for the length of the block; skip the test where that is not permitted.

    Whoever writes its pid into the file that is returned may use so much.
    """
    old = (_GROUPS / "memory").is_dir()
    group = (_GROUPS / "memory" if old else _GROUPS) / f"wta-test-{uuid.uuid4()}"
    if os.getuid() != 0:
        pytest.skip("only root can make a control group")
    with contextlib.ExitStack() as stack:
        try:
            group.mkdir()
            stack.callback(group.rmdir)
            _limit(group, megabytes * 10**6, old=old)
        except OSError as error:
            pytest.skip(f"no control group for memory can be made here: {error}")
        yield group / "cgroup.procs"


def _limit(group: Path, size: int, *, old: bool) -> None:
    """Set the limit, swap included where the kernel counts it."""
    (group / ("memory.limit_in_bytes" if old else "memory.max")).write_text(str(size))
    swap = group / ("memory.memsw.limit_in_bytes" if old else "memory.swap.max")
    if swap.exists():
        swap.write_text(str(size) if old else "0")
