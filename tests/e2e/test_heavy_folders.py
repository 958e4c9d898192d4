"""Heavy ignored folders that a new worktree begins with, keyed by their lock file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fleet import Fleet
from wtagents.core.isolation.copying import is_copyable, lock_files

pytestmark = pytest.mark.e2e

LIST = "ls node_modules/.bin >listed && git add -A && git commit -qm Listed"


@pytest.fixture
def source(fleet: Fleet) -> Path:
    """A main worktree with two folders of modules, each beside its lock file."""
    root = fleet.repository.path
    ignored = "node_modules/\nweb/node_modules/\n"
    locks = {"package-lock.json": "{}\n", "web/package-lock.json": "{}\n"}
    fleet.repository.commit({".gitignore": ignored, **locks, "web/a": "a\n"}, "Lock")
    for folder in (root / "node_modules", root / "web" / "node_modules"):
        (folder / ".bin").mkdir(parents=True)
        (folder / "tool.js").write_text("run()\n")
        (folder / "tool.js").chmod(0o755)
        (folder / ".bin" / "tool").symlink_to("../tool.js")
    (root / "plain").mkdir()
    (root / "plain" / "file").write_text("not ignored\n")
    return root


def said(fleet: Fleet, name: str) -> list[str]:
    return fleet.folder(name).setup_log.read_text().splitlines()[1:]


def test_a_copy_is_whole_and_only_where_it_fits(fleet: Fleet, source: Path) -> None:
    named = ["node_modules/", "web/node_modules", "none", "plain", "../out", "web/../.git"]
    fleet.configure(worktree={"copy": named})
    fleet.repository.commit({"web/package-lock.json": '{"a": 1}\n'}, "Another lock")
    (source / "web" / "package-lock.json").write_text('{"b": 2}\n')
    fleet.spawn_command("a", "sh", "-c", LIST)
    fleet.await_rest("a")

    tree = fleet.task("a").worktree
    lines = said(fleet, "a")
    assert lines[0] in {
        "node_modules copied byte by byte",
        "node_modules copied with shared blocks",
    }
    assert lines[1:] == [
        "web/node_modules is left out: web/package-lock.json is another one",
        "none there is none to copy",
        "plain is left out: git does not ignore it",
    ]
    tool, link = tree / "node_modules" / "tool.js", tree / "node_modules" / ".bin" / "tool"
    assert (tool.read_text(), tool.stat().st_mode & 0o777) == ("run()\n", 0o755)
    assert link.readlink() == Path("../tool.js")
    tool.write_text("changed\n")
    assert (source / "node_modules" / "tool.js").read_text() == "run()\n"
    assert not (tree / "web" / "node_modules").exists()
    assert (tree / "listed").read_text() == "tool\n"


@pytest.mark.parametrize("fallback", ["hardlink", "skip"])
def test_what_is_done_where_blocks_cannot_be_shared(
    fleet: Fleet, source: Path, fallback: str
) -> None:
    fleet.configure(worktree={"copy": ["node_modules"], "copy_fallback": fallback})
    fleet.spawn_command("a", "sh", "-c", "ls -a")
    fleet.await_rest("a")
    copy = fleet.task("a").worktree / "node_modules"
    (line,) = said(fleet, "a")
    if line == "node_modules copied with shared blocks":
        pytest.skip("this file system shares blocks")
    if fallback == "skip":
        assert line == "node_modules is left out: this file system cannot share blocks"
        assert not copy.exists()
    else:
        assert line == "node_modules copied with hard links"
        assert (copy / "tool.js").samefile(source / "node_modules" / "tool.js")
    assert not copy.with_name("node_modules.wta-copy").exists()


def test_which_lock_files_say_what_is_in_a_folder() -> None:
    assert lock_files("a/target/") == ("a/Cargo.lock",)
    assert lock_files("build") == ()
    assert [is_copyable(each) for each in ("a/b/", "", "/a", "a/../b", ".git/x")] == [
        *(True, False, False, False, False),
    ]
