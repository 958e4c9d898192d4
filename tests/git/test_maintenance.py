"""The hub stays small: every ref stays whole, what is young stays, the user's packs stay shared."""

from __future__ import annotations

import os

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid, TaskName
from wtagents.git.hub import Hub
from wtagents.git.maintenance import maintain, needs_maintenance
from wtagents.git.repo import Repository
from wtagents.system.clock import SystemClock

MONTH = 30 * 86400


def test_packs_become_one_and_what_nothing_names_goes_when_it_is_old(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    kept = set()
    for number in range(4):
        oid = Oid(repository.commit({"file": f"{number}\n"}))
        hub.archive(repo, TaskName("fix"), 1, oid)
        kept.add(oid)
    lone = Oid(repository.git("commit-tree", "-m", "lone", "HEAD^{tree}"))
    hub.archive(repo, TaskName("gone"), 2, lone)
    refs = [each for each in hub.archive_refs() if each.folder == "gone"]
    hub.forget(refs)
    hub.update_refs([f"delete refs/wta/seen/{lone}"])
    said = hub.repo.read("for-each-ref").text

    maintain(hub)
    assert len(list((hub.repo.objects / "pack").glob("*.pack"))) == 1
    assert hub.repo.read("for-each-ref").text == said
    assert hub.repo.read("cat-file", "-t", lone).text == "commit"
    old = SystemClock().now().timestamp() - MONTH
    for path in hub.repo.objects.rglob("*"):
        os.utime(path, (old, old))
    maintain(hub)
    assert hub.repo.read("cat-file", "-t", lone, ok=(0, 128)).status == 128
    assert hub.repo.read("fsck", "--full").stdout == b""
    assert {each.oid for each in hub.archive_refs()} == kept


def test_it_is_time_when_many_packs_have_gathered(hub: Hub) -> None:
    for number in range(51):
        assert not needs_maintenance(hub)
        (hub.repo.objects / "pack" / f"pack-{number}.pack").touch()
    assert needs_maintenance(hub)


def test_a_pack_that_is_shared_with_the_repository_is_not_copied(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    from wtagents.git.hub import open_hub
    from wtagents.system.files import make_private_folder
    from wtagents.system.paths import StatePaths

    for number in range(5):
        repository.commit({"file": f"{number}\n"})
    repository.git("gc", "-q")
    paths = StatePaths.of_repository(repo.common_dir)
    make_private_folder(paths.root)
    hub = open_hub(paths, repo)
    (shared,) = (hub.repo.objects / "pack").glob("*.pack")
    hub.archive(repo, TaskName("fix"), 1, Oid(repository.commit({"file": "new\n"})))
    maintain(hub)
    packs = {path.name: path.stat().st_nlink for path in shared.parent.glob("*.pack")}
    assert packs.pop(shared.name) == 2
    assert list(packs.values()) == [1]
