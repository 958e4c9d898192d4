from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.repository import FIRST_COMMIT_AT, RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.git.looking.head_log import Move, foreign_moves
from wtagents.git.repo import Repository

NOW = datetime.fromtimestamp(FIRST_COMMIT_AT, UTC)


def worktree_of(repository: RepositoryBuilder, place: Path, branch: str) -> RepositoryBuilder:
    repository.git("worktree", "add", "-q", "-b", branch, str(place))
    return RepositoryBuilder(place)


def moves(repository: RepositoryBuilder, worktree: RepositoryBuilder) -> tuple[Move, ...]:
    tip = Oid(worktree.git("rev-parse", "HEAD"))
    return foreign_moves(Repository.at(repository.path), worktree.path, tip, now=NOW)


def test_whatever_is_done_in_a_worktree_is_its_own(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    own = worktree_of(repository, tmp_path / "own", "wta/own")
    repository.commit({"main.txt": "one"}, "On main")
    own.commit({"a.txt": "a"}, "A")
    own.commit({"b.txt": "b"}, "B")
    for command in (
        "commit -q --amend -m Better",
        "rebase -q main",
        "reset -q --hard HEAD~1",
        "reset -q --hard ORIG_HEAD",
        "checkout -q --detach main",
        "checkout -q wta/own",
        "checkout -q -b wta/other",
        "commit -q --allow-empty -m Other",
        "checkout -q wta/own",
        "merge -q --no-ff -m Merge wta/other",
        "cherry-pick --allow-empty wta/other",
        "branch -q -m wta/own wta/renamed",
        "commit -q --allow-empty -m Renamed",
        "branch -q -m wta/renamed wta/own",
        "update-ref refs/heads/wta/own HEAD~1",
        "stash push -q --include-untracked",
        "rebase -q --force-rebase --committer-date-is-author-date HEAD~1",
    ):
        (own.path / "new.txt").write_text(command)
        own.git(*command.split(" "))
        assert moves(repository, own) == (), command


def test_moves_from_elsewhere_are_told(repository: RepositoryBuilder, tmp_path: Path) -> None:
    own = worktree_of(repository, tmp_path / "own", "wta/own")
    other = worktree_of(repository, tmp_path / "other", "wta/other")
    first = own.commit({"a.txt": "a"}, "A")
    strange = other.commit({"evil.txt": "evil"}, "Evil")

    other.git("update-ref", "refs/heads/wta/own", strange)

    told = (Move(old=first, new=strange),)
    assert (moves(repository, own), moves(repository, other)) == (told, ())
    own.git("reset", "-q", "--hard")
    own.commit({"b.txt": "b"}, "B, on top of what is not its own")
    assert moves(repository, own) == told
    # Git forgets entries in the middle by then.
    tip, later = Oid(own.git("rev-parse", "HEAD")), NOW + timedelta(days=30)
    assert foreign_moves(Repository.at(repository.path), own.path, tip, now=later) == ()


def test_what_keeps_no_log_tells_of_nothing(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.git("config", "core.logAllRefUpdates", "false")
    own = worktree_of(repository, tmp_path / "own", "wta/own")
    own.commit({"a.txt": "a"}, "A")
    assert moves(repository, own) == ()
    tip = Oid(repository.git("rev-parse", "main"))
    assert foreign_moves(Repository.at(repository.path), tmp_path / "none", tip, now=NOW) == ()
