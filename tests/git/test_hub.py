from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.processes import kill_hard, survivors
from tests.support.racing import READY, race
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import StateError, SystemFault
from wtagents.core.ids import Oid, TaskName
from wtagents.git.hub import Hub, open_hub
from wtagents.git.new_hub import CONFIGURATION
from wtagents.git.repo import Repository
from wtagents.system.files import make_private_folder
from wtagents.system.paths import StatePaths

COMMITTING_GIT = """\
#!/bin/sh
case "$*" in *refs/heads/*)
    echo meanwhile > '{place}/meanwhile'
    if '{git}' -C '{place}' add meanwhile; then
        '{git}' -C '{place}' -c user.name=a -c user.email=a@b.invalid commit -qm Meanwhile
    fi
esac
exec '{git}' "$@"
"""

OPENING = f"""\
import sys
from pathlib import Path
from wtagents.git.hub import open_hub
from wtagents.git.repo import Repository
from wtagents.system.paths import StatePaths
repo = Repository.at(Path(sys.argv[1]))
paths = StatePaths.of_repository(repo.common_dir)
{READY}
hub = open_hub(paths, repo)
print(hub.repo.read("rev-parse", sys.argv[2]).text)
"""


def paths_of(repo: Repository) -> StatePaths:
    return StatePaths.of_repository(repo.common_dir)


def whole(hub: Hub, *oids: str) -> bool:
    return hub.repo.read("rev-list", "--objects", "--quiet", *oids).status == 0


def test_a_new_hub_has_the_whole_history_and_only_our_configuration(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    repository.git("repack", "-qad")
    tip = repository.commit({"a": "1"})
    repository.git("config", "filter.evil.clean", "touch /nowhere")
    paths = paths_of(repo)
    make_private_folder(paths.root)
    hub = open_hub(paths, repo)
    assert hub.path == paths.hub
    assert (hub.path / "config").read_bytes() == CONFIGURATION
    assert whole(hub, tip)
    assert not (hub.path / "hooks").exists()
    assert hub.path.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in paths.root.iterdir()) == ["hub.git", "hub.lock", "rooms"]
    assert list(paths.rooms.iterdir()) == []


def test_fetching_brings_what_is_new_and_only_that(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    first = repository.tip("HEAD")
    new = Oid(repository.commit({"a": "1", "deep/b": "2"}))
    packs = hub.path / "objects" / "pack"
    before = set(packs.iterdir())
    hub.fetch(repo, new, Oid(first))
    made = [path for path in packs.iterdir() if path not in before and path.suffix == ".pack"]
    assert len(made) == 1
    assert int.from_bytes(made[0].read_bytes()[8:12], "big") == 5
    hub.fetch(repo, new)
    assert len(set(packs.iterdir()) - before) <= 3
    assert hub.repo.read("fsck", "--full", "--strict").stdout == b""


def test_the_hub_survives_an_agent_that_destroys_the_object_store(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tip = Oid(repository.commit({"a": "1"}))
    hub.archive(repo, TaskName("fix"), 1, tip)
    shutil.rmtree(repository.path / ".git" / "objects")
    assert whole(hub, tip)
    assert hub.repo.read("cat-file", "blob", f"{tip}:a").stdout == b"1"


def test_a_commit_that_is_not_whole_is_refused_in_one_line(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tip = Oid(repository.commit({"a": "lost"}))
    blob = repository.git("rev-parse", "HEAD:a")
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(SystemFault) as caught:
        hub.fetch(repo, tip)
    assert caught.value.message == f"the history of {tip[:10]} cannot be copied into the hub"
    assert not whole_refs(hub, tip)
    with pytest.raises(SystemFault):
        hub.fetch(repo, Oid("f" * 40))


def whole_refs(hub: Hub, oid: str) -> bool:
    return oid in hub.repo.read("for-each-ref", "--format=%(objectname)").text


def test_sending_writes_objects_and_nothing_else(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tip = Oid(repository.tip("HEAD"))
    with hub.library() as library:
        tree = library.write_tree_with(library.commit(tip).tree, {"new/file": b"content\n"})
        made = library.write_commit(library.commit(tip).on(tip, tree, not_before=0))
    before = repository.refs(), repository.files(), (repository.path / ".git/config").read_bytes()
    hub.send(repo, made, [tip])
    assert repository.tree(made) == {"README.md": b"# Project\n", "new/file": b"content\n"}
    assert (
        repository.refs(),
        repository.files(),
        (repository.path / ".git/config").read_bytes(),
    ) == before
    hub.send(repo, made, [tip])
    repository.git("fsck", "--full", "--strict")


def test_sending_many_objects_makes_a_pack(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tip = Oid(repository.tip("HEAD"))
    files: dict[str, bytes | None] = {f"f{number}": b"%d\n" % number for number in range(120)}
    with hub.library() as library:
        tree = library.write_tree_with(library.commit(tip).tree, files)
        made = library.write_commit(library.commit(tip).on(tip, tree, not_before=0))
    hub.send(repo, made, [tip])
    assert len(repository.tree(made)) == 121
    assert [path.suffix for path in (repository.path / ".git/objects/pack").glob("*.pack")]


def test_archived_commits_are_kept_by_task_and_epoch(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    one = Oid(repository.tip("HEAD"))
    two = Oid(repository.commit({"a": "1"}))
    for name in ("feat", "feat/1", "feat-1"):
        for oid in (one, two, one):
            hub.archive(repo, TaskName(name), 1, oid)
    assert set(hub.archived(TaskName("feat"), 1)) == {one, two}
    assert hub.archived(TaskName("feat"), 2) == []
    ref = hub.archive(repo, TaskName("feat"), 2, two)
    assert ref == f"refs/wta/archive/feat/2/{two}"


def test_a_damaged_hub_is_set_aside_and_made_again(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tip = Oid(repository.commit({"a": "1"}))
    hub.archive(repo, TaskName("fix"), 1, tip)
    (hub.path / "HEAD").unlink()
    again = open_hub(paths_of(repo), repo)
    assert whole(again, tip)
    aside = hub.path.with_name("hub.git.damaged-1")
    assert (aside / "refs/wta/archive/fix/1" / tip).read_text() == f"{tip}\n"


@pytest.mark.parametrize("damaged", [False, True])
def test_a_hub_that_many_open_at_once_is_made_once(
    repository: RepositoryBuilder, repo: Repository, *, damaged: bool
) -> None:
    tip = repository.commit({f"f{number}": str(number) for number in range(60)})
    paths = paths_of(repo)
    make_private_folder(paths.root)
    if damaged:
        (open_hub(paths, repo).path / "whole").unlink()
    assert race(OPENING, [[str(repository.path), tip]] * 6) == [tip] * 6
    aside = ["hub.git.damaged-1"] if damaged else []
    assert sorted(path.name for path in paths.root.glob("hub.git*")) == ["hub.git", *aside]
    assert whole(open_hub(paths, repo), tip)


def test_a_changed_configuration_is_put_right(repo: Repository, hub: Hub) -> None:
    (hub.path / "config").write_text("[core]\n\tfsmonitor = touch /nowhere\n")
    open_hub(paths_of(repo), repo)
    assert (hub.path / "config").read_bytes() == CONFIGURATION


def test_an_interrupted_making_is_begun_again(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    paths = paths_of(repo)
    make_private_folder(paths.root)
    half = paths.rooms / "hub.1.1.earlier-boot.1" / "hub.git"
    (half / "objects").mkdir(parents=True)
    hub = open_hub(paths, repo)
    assert whole(hub, repository.tip("HEAD"))
    assert not half.exists()


def test_a_commit_that_comes_while_it_is_made_is_not_taken_for_seen(
    repository: RepositoryBuilder, repo: Repository, tmp_path: Path, sandbox: Sandbox
) -> None:
    """Whoever makes a hub lists the tips of the repository; just then an agent commits."""
    programs, git = tmp_path / "programs", shutil.which("git")
    programs.mkdir()
    (programs / "git").write_text(COMMITTING_GIT.format(git=git, place=repository.path))
    (programs / "git").chmod(0o755)
    paths = paths_of(repo)
    make_private_folder(paths.root)

    sandbox.set_variable("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    hub = open_hub(paths, repo)

    tip = Oid(repository.tip("main"))
    assert repository.subjects() == ["Meanwhile", "Begin"]
    hub.archive(repo, TaskName("fix"), 1, tip)
    assert whole(hub, tip)


def test_two_fetches_at_once_both_succeed(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tip = Oid(repository.commit({f"f{number}": "x" * number for number in range(50)}))
    errors: list[BaseException] = []

    def fetch() -> None:
        try:
            hub.fetch(repo, tip)
        except SystemFault as error:
            errors.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert whole(hub, tip)


def test_borrowed_objects_are_linked_too(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.git("clone", "--quiet", "--shared", ".", str(tmp_path / "borrower"))
    borrower = RepositoryBuilder(tmp_path / "borrower")
    tip = borrower.commit({"own": "1"})
    repo = Repository.at(borrower.path)
    make_private_folder(paths_of(repo).root)
    hub = open_hub(paths_of(repo), repo)
    shutil.rmtree(repository.path)
    assert whole(hub, tip)


def test_a_shallow_repository_has_a_shallow_hub(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    for number in range(3):
        repository.commit({"a": str(number)})
    source = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--depth=2", source, str(tmp_path / "shallow"))
    shallow = RepositoryBuilder(tmp_path / "shallow")
    repo = Repository.at(shallow.path)
    make_private_folder(paths_of(repo).root)
    hub = open_hub(paths_of(repo), repo)
    tip = Oid(shallow.commit({"b": "1"}))
    hub.fetch(repo, tip)
    assert hub.repo.read("rev-list", "--count", tip).text == "3"


def test_other_object_names_are_refused_in_words(tmp_path: Path) -> None:
    built = RepositoryBuilder(tmp_path / "long")
    built.path.mkdir()
    built.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    built.commit({"a": "1"})
    repo = Repository.at(built.path)
    make_private_folder(paths_of(repo).root)
    with pytest.raises(StateError) as caught:
        open_hub(paths_of(repo), repo)
    assert caught.value.message == "the repository uses sha256 object names"


def test_a_git_that_is_killed_while_objects_are_read_is_asked_again(
    repository: RepositoryBuilder, repo: Repository, hub: Hub, sandbox: Sandbox
) -> None:
    tip = Oid(repository.commit({"a": "1"}, "Add a"))
    hub.fetch(repo, tip)
    blob = Oid(repository.git("rev-parse", f"{tip}:a"))
    with hub.library() as library:
        assert library.commit(tip).subject == "Add a"
        for _ in range(2):
            for each in survivors(sandbox.mark):
                kill_hard(each.pid)
            assert (library.blob(blob), library.size(blob)) == (b"1", 1)


def test_a_git_that_was_killed_in_the_hub_keeps_nobody_out(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tip = Oid(repository.commit({"a": "1"}))
    [ref] = hub.archive_all(repo, [(TaskName("fix"), 1, tip)])
    (hub.path / f"{ref}.lock").write_text(f"{tip}\n")
    (hub.path / "packed-refs.lock").touch()
    hub.archive_all(repo, [(TaskName("fix"), 1, tip)])
    hub.forget(hub.archive_refs())
    assert hub.archived(TaskName("fix"), 1) == []
    assert list(hub.path.rglob("*.lock")) == []


def test_old_tips_are_forgotten_but_not_their_archive(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    tree = repository.git("rev-parse", "HEAD^{tree}")
    text = "".join(
        f"commit refs/heads/many\ncommitter A <a@b> {1000 + number} +0000\ndata 1\nx\n"
        for number in range(520)
    )
    repository.git("fast-import", "--quiet", stdin=text.encode())
    tips = [Oid(line) for line in repository.git("rev-list", "many").splitlines()]
    assert tree
    hub.archive(repo, TaskName("fix"), 1, tips[-1])
    hub.fetch(repo, *tips)
    assert hub.tidy() > 0
    assert hub.archived(TaskName("fix"), 1) == [tips[-1]]
    assert hub.tidy() == 0
