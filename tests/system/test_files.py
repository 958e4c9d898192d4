"""Files that are whole or absent, and what killed writers leave beside them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wtagents.system.files import create_exclusive, write_atomic

NOBODY = 4_194_305
"""No process has a pid above 2^22 (proc(5), pid_max)."""


@pytest.mark.parametrize("write", [write_atomic, create_exclusive])
def test_what_killed_writers_left_goes_and_that_of_others_stays(
    tmp_path: Path, write: Callable[[Path, bytes], object]
) -> None:
    left = [f".a.{NOBODY}.tmp", f".a.{NOBODY + 1}.tmp", ".a.1.tmp", f".ab.{NOBODY}.tmp", ".a.b.tmp"]
    for name in left:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1, 1))
    (tmp_path / left[1]).touch()

    write(tmp_path / "a", b"whole")

    assert (tmp_path / "a").read_bytes() == b"whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a", *left[1:]])


def test_who_writes_alone_waits_for_nothing_that_a_killed_writer_left(tmp_path: Path) -> None:
    for pid in (NOBODY, 1):
        left = tmp_path / f".a.{pid}.tmp"
        left.touch()
        just_now = left.stat().st_mtime - 1.0
        os.utime(left, (just_now, just_now))

    write_atomic(tmp_path / "a", b"whole", alone=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.1.tmp", "a"]
