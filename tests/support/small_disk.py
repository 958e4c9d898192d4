"""A disk that can be filled and made read-only: a tmpfs, where the test may mount one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import run_to_end
from tests.support.waiting import wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """A mounted file system of a few megabytes."""

    root: Path

    def fill(self) -> None:
        """Take all the space that is left."""
        with (self.root / "ballast").open("ab", buffering=0) as ballast:
            for size in (65536, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(b"\0" * size)

    def free(self) -> None:
        """Give the space back."""
        (self.root / "ballast").unlink()

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Refuse every write for the length of the block."""
        self._remount("ro")
        try:
            yield
        finally:
            self._remount("rw")

    def _remount(self, mode: str) -> None:
        """Try until it works: who was just killed has its files open for a moment more."""
        remount = ["mount", "-o", f"remount,{mode}", str(self.root)]
        wait_until(lambda: run_to_end(remount).returncode == 0, what="the disk is free", timeout=5)


@contextlib.contextmanager
def mount_small_disk(root: Path, *, megabytes: int = 2) -> Iterator[SmallDisk]:
    """Mount it for the length of the block; skip the test where that is not permitted."""
    root.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=700"
    if os.getuid() != 0:
        pytest.skip("only root can mount a small disk")
    done = run_to_end(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(root)])
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
    try:
        yield SmallDisk(root=root)
    finally:
        run_to_end(["umount", "-l", str(root)])
