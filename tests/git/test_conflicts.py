from __future__ import annotations

import pytest

from tests.git.conflict_classes import CLASSES, LINES, ConflictClass, build, edited
from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.git.hub import Hub
from wtagents.git.merging.conflicts import Conflict, Region, conflict_text
from wtagents.git.merging.predict import merge_trees
from wtagents.git.repo import Repository


@pytest.mark.parametrize("which", CLASSES, ids=lambda which: which.name)
def test_every_class_of_conflict_is_told_from_its_stages(
    repository: RepositoryBuilder, repo: Repository, hub: Hub, which: ConflictClass
) -> None:
    base, target, branch = map(Oid, build(repository, which))
    hub.fetch(repo, target, branch)
    merged = merge_trees(hub, base=base, target=target, branch=branch)
    assert {each.path: each.kind for each in merged.conflicts} == which.expected
    assert [each.is_resolvable for each in merged.conflicts] == [which.resolvable] * len(
        which.expected
    )


def conflict_of(repository: RepositoryBuilder, repo: Repository, hub: Hub, name: str) -> Conflict:
    which = next(each for each in CLASSES if each.name == name)
    base, target, branch = map(Oid, build(repository, which))
    hub.fetch(repo, target, branch)
    (conflict,) = merge_trees(hub, base=base, target=target, branch=branch).conflicts
    return conflict


def test_the_text_of_a_conflict_names_target_base_and_branch(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    text = conflict_text(hub, conflict_of(repository, repo, hub, "content"))
    assert (text.base, text.target, text.branch) == (
        LINES,
        edited(5, "target"),
        edited(5, "branch"),
    )
    assert text.merged == edited(
        5,
        "<<<<<<< target\ntarget\n||||||| base\nline 5\n=======\nbranch\n>>>>>>> branch",
    )
    assert text.regions == (Region(base="line 5\n", target="target\n", branch="branch\n"),)


def test_a_file_that_both_added_has_no_base(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    text = conflict_text(hub, conflict_of(repository, repo, hub, "both added text"))
    assert text.base is None
    assert text.regions == (Region(base="", target="target\n", branch="branch\n"),)


def test_content_that_looks_like_markers_cannot_be_mistaken_for_them(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    marks = "<<<<<<< target\n||||||| base\n=======\n>>>>>>> branch\n=========\n"
    base = repository.commit({"f": f"{marks}one\n"})
    target = repository.commit({"f": f"{marks}target\n{marks}"})
    repository.checkout(base)
    branch = repository.commit({"f": f"{marks}branch\n"})
    hub.fetch(repo, Oid(target), Oid(branch))
    merged = merge_trees(hub, base=Oid(base), target=Oid(target), branch=Oid(branch))
    text = conflict_text(hub, merged.conflicts[0])
    assert text.regions == (Region(base="one\n", target=f"target\n{marks}", branch="branch\n"),)
    assert f"{'<' * 10} target\n" in text.merged


def test_lines_end_where_git_says_and_nowhere_else(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    odd = "one\x0ctwo\u2028three\rfour\r\n"
    base = repository.commit({"f": f"{odd}base\n"})
    target = repository.commit({"f": f"{odd}target\x0c=======\n"})
    repository.checkout(base)
    branch = repository.commit({"f": f"{odd}branch\n"})
    hub.fetch(repo, Oid(target), Oid(branch))
    merged = merge_trees(hub, base=Oid(base), target=Oid(target), branch=Oid(branch))
    text = conflict_text(hub, merged.conflicts[0])
    assert text.merged.startswith(odd)
    assert text.regions == (Region(base="base\n", target="target\x0c=======\n", branch="branch\n"),)


def test_a_file_without_a_last_newline_keeps_its_regions(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    base = repository.commit({"f": "a\nb"})
    target = repository.commit({"f": "a\ntarget"})
    repository.checkout(base)
    branch = repository.commit({"f": "a\nbranch"})
    hub.fetch(repo, Oid(target), Oid(branch))
    merged = merge_trees(hub, base=Oid(base), target=Oid(target), branch=Oid(branch))
    text = conflict_text(hub, merged.conflicts[0])
    assert text.regions == (Region(base="b\n", target="target\n", branch="branch\n"),)


def test_the_half_merged_tree_speaks_of_target_and_branch_only(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    for which in CLASSES:
        base, target, branch = map(Oid, build(repository, which))
        hub.fetch(repo, target, branch)
        tree = merge_trees(hub, base=base, target=target, branch=branch).tree
        names = hub.repo.read("ls-tree", "-r", "-z", "--name-only", tree).fields
        said = b"".join(
            hub.repo.read("cat-file", "blob", f"{tree}:{name}").stdout for name in names
        )
        for forbidden in (target, branch, target[:7], branch[:7], "ours", "theirs"):
            assert forbidden not in " ".join(names)
            assert forbidden.encode() not in said
        repository.git("reset", "--quiet", "--hard", "HEAD~2")
