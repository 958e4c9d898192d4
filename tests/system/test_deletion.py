"""Deleting a tree: all of it, and nothing that it merely points to."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.processes import kill_hard, start_apart
from wtagents.core.errors import SystemFault
from wtagents.system.folders.deletion import delete_below, discard, empty_folder

FLIPPER = """\
import os, sys
place, victim = sys.argv[1:]
print(flush=True)
while True:
    for step in (
        lambda: os.rename(place, place + ".real"),
        lambda: os.symlink(victim, place),
        lambda: os.unlink(place),
        lambda: os.rename(place + ".real", place),
    ):
        try:
            step()
        except OSError:
            pass
"""


def tree(root: Path, files: int = 3) -> Path:
    for name in ("", "sub", "sub/deeper"):
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(files):
            (root / name / f"{number}.txt").write_text("x")
    return root


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    return tree(tmp_path / "victim")


def files_of(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_everything_goes_and_links_are_not_followed(tmp_path: Path, victim: Path) -> None:
    before = files_of(victim)
    root = tree(tmp_path / "trash" / "item")
    (root / "link").symlink_to(victim)
    (root / "sub" / "link").symlink_to(victim / "sub")
    os.link(victim / "0.txt", root / "hard.txt")
    os.mkfifo(root / "pipe")
    delete_below(tmp_path / "trash", "item", scrap=tmp_path / "trash" / "scrap")
    assert files_of(tmp_path / "trash") == ["scrap"]
    assert files_of(victim) == before


def test_locked_folders_go_too(tmp_path: Path) -> None:
    root = tree(tmp_path / "trash" / "item")
    (root / "sub" / "deeper").chmod(0o000)
    (root / "sub").chmod(0o500)
    delete_below(tmp_path / "trash", "item", scrap=tmp_path / "trash" / "scrap")
    assert files_of(tmp_path / "trash") == ["scrap"]


def test_a_tree_deeper_than_any_stack_goes(tmp_path: Path) -> None:
    """Deeper than recursion and open files reach, and too long a path to be named."""
    (tmp_path / "trash").mkdir()
    program = (
        "import os, sys\nos.chdir(sys.argv[1])\nos.mkdir('item')\nos.chdir('item')\n"
        "for _ in range(1050):\n    os.mkdir('abcde'); os.chdir('abcde')\nopen('x', 'w')\n"
    )
    process = start_apart([sys.executable, "-c", program, str(tmp_path / "trash")])
    assert process.communicate()[1] == b""
    delete_below(tmp_path / "trash", "item", scrap=tmp_path / "trash" / "scrap")
    assert files_of(tmp_path / "trash") == ["scrap"]


def test_a_path_through_a_link_is_left_alone(tmp_path: Path, victim: Path) -> None:
    before = files_of(victim)
    root = tree(tmp_path / "trash" / "item")
    (root / "away").symlink_to(victim)
    delete_below(root, "away/sub", scrap=tmp_path / "trash" / "scrap")
    delete_below(root, "missing/sub", scrap=tmp_path / "trash" / "scrap")
    delete_below(root, "sub/missing", scrap=tmp_path / "trash" / "scrap")
    assert files_of(victim) == before
    delete_below(root, "sub/deeper", scrap=tmp_path / "trash" / "scrap")
    assert files_of(root / "sub") == ["0.txt", "1.txt", "2.txt"]


def test_a_deletion_that_was_cut_off_is_finished_by_the_next(tmp_path: Path) -> None:
    scrap = tmp_path / "trash" / "scrap"
    for name in ("one", "two"):
        tree(tmp_path / "trash" / name)
        discard(tmp_path / "trash", name, scrap=scrap)
    assert len(list(scrap.iterdir())) == 2
    empty_folder(scrap)
    assert list(scrap.iterdir()) == []


def test_a_link_that_flips_while_we_delete_costs_no_victim(tmp_path: Path, victim: Path) -> None:
    before = files_of(victim)
    scrap = tmp_path / "scrap"
    scrap.mkdir()
    flipper = start_apart([sys.executable, "-c", FLIPPER, str(scrap / "item/sub"), str(victim)])
    assert flipper.stdout is not None
    flipper.stdout.readline()
    try:
        for number in range(60):
            tree(tmp_path / f"fresh-{number}", files=1).rename(scrap / "item")
            with suppress(SystemFault):
                empty_folder(scrap)
            empty_folder(scrap)
    finally:
        kill_hard(flipper.pid)
        flipper.communicate()
    assert files_of(victim) == before
    assert list(scrap.iterdir()) == []
