"""A branch that somebody else has landed is known by its content, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.git.hub import Hub
from wtagents.git.merging.integrated import how_integrated
from wtagents.git.repo import Repository

LINES = "".join(f"{number}\n" for number in range(30))
Act = Callable[[RepositoryBuilder], object]


def squash(main: RepositoryBuilder) -> None:
    main.git("merge", "-q", "--squash", "work")
    main.commit({}, "All in one")


def squash_and_rewrite(main: RepositoryBuilder) -> None:
    squash(main)
    main.commit({"app": LINES.replace("3\n", "rewritten\n")}, "Rewrite")


def merge(main: RepositoryBuilder) -> None:
    main.git("merge", "-q", "--no-ff", "--no-edit", "work")


def pick(main: RepositoryBuilder) -> None:
    main.git("cherry-pick", "main..work")


def pick_the_first(main: RepositoryBuilder) -> None:
    main.git("cherry-pick", "work~1")


def squash_and_go_on(main: RepositoryBuilder) -> None:
    squash(main)
    main.checkout("work")
    main.commit({"later": "only here\n"})
    main.checkout("main")


def nothing(main: RepositoryBuilder) -> None:
    """Leave the target where it is."""


@pytest.mark.parametrize(
    ("act", "how"),
    [
        (squash, "the target has all that it changed"),
        (squash_and_rewrite, "squashed into"),
        (merge, "its commits are in the target"),
        (pick, "the target has all that it changed"),
        (pick_the_first, ""),
        (squash_and_go_on, ""),
        (nothing, ""),
    ],
)
def test_what_counts_is_the_whole_change(
    repository: RepositoryBuilder, repo: Repository, hub: Hub, act: Act, how: str
) -> None:
    base = repository.commit({"app": LINES})
    repository.checkout("work", new=True)
    repository.commit({"app": LINES.replace("3\n", "three\n"), "new": "1\n"})
    repository.commit({"app": LINES.replace("3\n", "THREE\n"), "new": "2\n"})
    repository.checkout("main")
    repository.commit({"beside": "1\n"})
    act(repository)
    tip, target = Oid(repository.tip("work")), Oid(repository.tip("main"))
    hub.fetch(repo, tip, target)
    said = how_integrated(hub, base=Oid(base), tip=tip, target=target)
    assert said.rpartition(" ")[0] == how if how == "squashed into" else said == how


def test_what_was_taken_back_and_what_was_never_done_has_not_landed(
    repository: RepositoryBuilder, repo: Repository, hub: Hub
) -> None:
    base = repository.commit({"app": LINES})
    repository.branch("idle")
    repository.checkout("work", new=True)
    repository.commit({"app": LINES.replace("3\n", "three\n")})
    repository.checkout("main")
    repository.commit({"beside": "1\n"})
    squash(repository)
    assert said_of(repository, repo, hub, base, "work") == "the target has all that it changed"
    repository.git("revert", "--no-edit", "HEAD")
    assert said_of(repository, repo, hub, base, "work") == ""
    assert said_of(repository, repo, hub, base, "idle") == ""
    repository.checkout("idle")
    repository.commit({"app": "x\n"})
    repository.commit({"app": LINES})
    assert said_of(repository, repo, hub, base, "idle") == ""


def said_of(
    repository: RepositoryBuilder, repo: Repository, hub: Hub, base: str, branch: str
) -> str:
    tip, target = Oid(repository.tip(branch)), Oid(repository.tip("main"))
    hub.fetch(repo, tip, target)
    return how_integrated(hub, base=Oid(base), tip=tip, target=target)
