"""Which branches clash: the fast answer is the same as merging every pair on the target."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.git.hub import Hub
from wtagents.git.merging.overlap import changed_paths, clashing_pairs
from wtagents.git.merging.predict import merge_commits
from wtagents.git.repo import Repository

NUMBERS = "".join(f"{number}\n" for number in range(12))


class Branches:
    """Branches of one repository, all in the hub."""

    def __init__(self, repository: RepositoryBuilder, repo: Repository, hub: Hub) -> None:
        self.repository = repository
        self.repo = repo
        self.hub = hub
        self.base = Oid(repository.tip("main"))
        self.made: list[tuple[str, Oid, Oid]] = []

    def add(self, name: str, files: dict[str, str | None]) -> Oid:
        self.repository.checkout("main")
        base = Oid(self.repository.tip("main"))
        self.repository.checkout(name, new=True)
        tip = Oid(self.repository.commit(files, name))
        self.made.append((name, base, tip))
        self.repository.checkout("main")
        return tip

    def clashes(self, known: dict[tuple[Oid, Oid], bool] | None = None) -> set[str]:
        target = Oid(self.repository.tip("main"))
        self.hub.fetch(self.repo, target, *(tip for _, _, tip in self.made))
        pairs = clashing_pairs(self.hub, self.made, target, known=known)
        return {f"{first} {second}" for first, second in pairs}


@pytest.fixture
def branches(repository: RepositoryBuilder, repo: Repository, hub: Hub) -> Branches:
    repository.commit(
        {
            "numbers": NUMBERS,
            "old/a": "a\n" * 9,
            "old/b": "b\n" * 9,
            "place": "x\n",
            "list": "1\n",
            ".gitattributes": "list merge=union\n",
        },
        "Begin",
    )
    return Branches(repository, repo, hub)


def test_paths_of_a_change_count_both_names_of_a_rename(branches: Branches) -> None:
    tip = branches.add(
        "move", {"numbers": None, "nümbers\nof old": NUMBERS, "place": "y\n", "new": ""}
    )
    branches.clashes()
    assert changed_paths(branches.hub, branches.base, tip) == {
        "numbers",
        "nümbers\nof old",
        "place",
        "new",
    }
    assert changed_paths(branches.hub, tip, tip) == frozenset()


def test_only_pairs_that_git_cannot_merge_clash(branches: Branches) -> None:
    branches.add("first", {"numbers": NUMBERS.replace("1\n", "one\n", 1)})
    branches.add("same-line", {"numbers": NUMBERS.replace("1\n", "uno\n", 1)})
    branches.add("far-away", {"numbers": NUMBERS.replace("9\n", "nine\n")})
    branches.add("elsewhere", {"other": "x\n"})
    branches.add("renamed", {"numbers": None, "digits": NUMBERS.replace("1\n", "ein\n", 1)})
    branches.add(
        "moved-folder", {"old/a": None, "old/b": None, "new/a": "a\n" * 9} | {"new/b": "b\n" * 9}
    )
    branches.add("into-it", {"old/c": "c\n"})
    branches.add("folder", {"place": None, "place/inside": "quite other\n"})
    branches.add("file", {"place": "changed\n"})
    branches.add("union-one", {"list": "1\n2\n"})
    branches.add("union-two", {"list": "1\n3\n"})
    branches.add("nothing", {})
    assert branches.clashes() == {
        "first same-line",
        "first renamed",
        "same-line renamed",
        "moved-folder into-it",
        "folder file",
    }


def test_every_pair_agrees_with_merging_it_on_the_target(branches: Branches) -> None:
    """The target moved on; a branch forked before, one after, one conflicts with it."""
    branches.add("one", {"numbers": NUMBERS.replace("1\n", "one\n", 1), "x": "1\n"})
    branches.add("two", {"numbers": NUMBERS.replace("2\n", "two\n", 1)})
    branches.add("stale", {"place": "stale\n", "x": "2\n"})
    branches.repository.commit({"place": "y\n", "numbers": NUMBERS + "12\n"}, "Move on")
    branches.add("late", {"numbers": NUMBERS.replace("2\n", "zwei\n", 1) + "12\n"})
    branches.add("later", {"numbers": NUMBERS.replace("5\n", "five\n") + "12\n"})
    said = branches.clashes()
    assert said == {"one stale", "one two", "one late", "two late"}
    target = Oid(branches.repository.tip("main"))
    for (first, _, one), (second, _, two) in combinations(branches.made, 2):
        if "stale" in (first, second):
            continue
        merged = []
        for tip in (one, two):
            done = merge_commits(branches.hub, target=target, branch=tip)
            assert done.is_clean
            with branches.hub.library() as library:
                merged.append(library.write_synthetic(done.tree, target))
        clean = merge_commits(branches.hub, target=merged[0], branch=merged[1]).is_clean
        assert clean == (f"{first} {second}" not in said), (first, second)


def test_what_was_merged_is_not_merged_again(branches: Branches) -> None:
    branches.add("first", {"numbers": NUMBERS.replace("1\n", "one\n", 1)})
    branches.add("second", {"numbers": NUMBERS.replace("1\n", "uno\n", 1)})
    known: dict[tuple[Oid, Oid], bool] = {}
    assert branches.clashes(known) == {"first second"}
    (pair,) = known
    assert known == {pair: True}
    known[pair] = False
    assert branches.clashes(known) == set(), "what is remembered is believed"
    branches.add("third", {"numbers": NUMBERS.replace("1\n", "tre\n", 1)})
    assert branches.clashes(known) == {"first third", "second third"}
    assert len(known) == 3


def test_no_branch_and_one_branch_clash_with_nothing(branches: Branches) -> None:
    assert branches.clashes() == set()
    branches.add("alone", {"x": "y\n"})
    assert branches.clashes() == set()
