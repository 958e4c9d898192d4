"""Three files to one: what is written, what is never written, whatever lies in the files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wtagents.core.errors import ExitCode, UsageError
from wtagents.operations.resolve_files import SIZE_LIMIT, ResolveFiles, resolve_files

if TYPE_CHECKING:
    from pathlib import Path


def request(
    folder: Path, base: bytes, target: bytes, branch: bytes, *, path: str = "a.txt"
) -> ResolveFiles:
    names = {"base": base, "target": target, "branch": branch}
    for name, content in names.items():
        (folder / name).write_bytes(content)
    return ResolveFiles(
        **{name: folder / name for name in names},
        path=path,
        out=folder / "out",
        keep_both=True,
    )


@pytest.mark.parametrize(
    ("base", "target", "branch", "merged"),
    [
        (b"v = 1.3.7\n", b"v = 1.4.0\n", b"v = 1.3.8\n", b"v = 1.4.0\n"),
        (b"f(a,b)\r\n", b"f(a, b)\r\n", b"f(a,b,c)\r\n", b"f(a,b,c)\r\n"),
        (b"k\nv = 1.0.0", b"k\nv = 1.0.1", b"k\nv = 1.0.2", b"k\nv = 1.0.2"),
        ("f(ä,b)\n".encode(), "f(ä, b)\n".encode(), "f(ä,ü)\n".encode(), "f(ä,ü)\n".encode()),
        (b"a 1\x0cb\n", b"a 1\x0c b\n", b"a 2\x0cb\n", b"a 2\x0cb\n"),
    ],
)
def test_a_resolved_file_has_the_bytes_of_its_sides(
    tmp_path: Path, base: bytes, target: bytes, branch: bytes, merged: bytes
) -> None:
    done = resolve_files(request(tmp_path, base, target, branch))
    assert (done.exit_code, done.data.resolved) == (ExitCode.OK, True)
    assert (tmp_path / "out").read_bytes() == merged
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (b"\0\1\2", "a side is binary"),
        (b"v = \xff\xfe\n", "a side is not UTF-8"),
        (b"x" * (SIZE_LIMIT + 1), "a side is larger than 1 MB"),
        (b"<<<<<<< a\nv = 2\n=======\nv = 3\n>>>>>>> b\n", "no rung is sure of its hunk"),
        (b"w = 2\n", "no rung is sure of its hunk"),
    ],
)
def test_what_is_left_alone_writes_nothing(tmp_path: Path, target: bytes, why: str) -> None:
    asked = request(tmp_path, b"v = 1\n", target, b"v = 9\n")
    asked.out.write_bytes(b"mine")
    done = resolve_files(asked)
    assert (done.exit_code, done.data.why) == (ExitCode.UNFULFILLED, why)
    assert done.messages == (f"a.txt: left alone, {why}",)
    assert asked.out.read_bytes() == b"mine"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["base", "branch", "out", "target"]


def test_the_target_may_be_the_output(tmp_path: Path) -> None:
    asked = request(tmp_path, b"v = 1.0.0\n", b"v = 1.1.0\n", b"v = 1.2.0\n")
    asked.target.chmod(0o755)
    asked = ResolveFiles(
        base=asked.base,
        target=asked.target,
        branch=asked.branch,
        path="a.txt",
        out=asked.target,
        keep_both=False,
    )
    assert resolve_files(asked).messages == ("a.txt: rules (version)",)
    assert asked.target.read_bytes() == b"v = 1.2.0\n"
    assert asked.target.stat().st_mode & 0o777 == 0o755


def test_a_hostile_name_stays_one_line(tmp_path: Path) -> None:
    asked = request(
        tmp_path, b"v = 1.0.0\n", b"v = 1.1.0\n", b"v = 1.2.0\n", path="a\n\x1b[31m/b.txt"
    )
    assert resolve_files(asked).messages == ("a /b.txt: rules (version)",)


def test_a_side_that_is_no_file_is_a_wrong_command_line(tmp_path: Path) -> None:
    asked = request(tmp_path, b"", b"a\n", b"b\n")
    asked.branch.unlink()
    with pytest.raises(UsageError, match="cannot read"):
        resolve_files(asked)
    asked.branch.mkdir()
    with pytest.raises(UsageError):
        resolve_files(asked)
    asked.branch.rmdir()
    os.mkfifo(asked.branch)
    with pytest.raises(UsageError, match="is not a file"):
        resolve_files(asked)
    assert not asked.out.exists()
