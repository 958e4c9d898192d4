from __future__ import annotations

import pytest

from tests.git.conflict_classes import LINES, edited
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import StateError
from wtagents.core.ids import Oid
from wtagents.git.hub import Hub
from wtagents.git.merging.rebase import ReplayConflict, Replayed, replay, resume_replay
from wtagents.git.repo import Repository


def oid(text: str) -> Oid:
    return Oid(text)


class Story:
    """Main and a branch that part at `base`."""

    def __init__(self, repository: RepositoryBuilder) -> None:
        self.built = repository
        self.base = Oid(repository.commit({"f": LINES, "g": "1\n"}, "Base"))

    def on_main(self, files: dict[str, str | bytes | None], message: str = "Main") -> Oid:
        self.built.checkout("main")
        return Oid(self.built.commit(files, message))

    def on_branch(self, files: dict[str, str | bytes | None], message: str = "Branch") -> Oid:
        if "refs/heads/work" not in self.built.refs():
            self.built.branch("work", self.base)
        self.built.checkout("work")
        return Oid(self.built.commit(files, message))


@pytest.fixture
def story(repository: RepositoryBuilder) -> Story:
    return Story(repository)


def show(hub: Hub, commit: str, form: str) -> str:
    return hub.repo.read("log", "-1", f"--format={form}", commit).text


def tree(hub: Hub, commit: str) -> dict[str, bytes]:
    names = hub.repo.read("ls-tree", "-r", "-z", "--name-only", commit).fields
    return {name: hub.repo.read("cat-file", "blob", f"{commit}:{name}").stdout for name in names}


def run(
    hub: Hub, repo: Repository, story: Story, tip: Oid, onto: Oid, message: str | None = None
) -> Replayed | ReplayConflict:
    hub.fetch(repo, tip, onto)
    return replay(hub, base=story.base, tip=tip, onto=onto, squash_message=message)


def test_commits_are_replayed_with_author_date_and_message(
    story: Story, repo: Repository, hub: Hub
) -> None:
    story.on_branch({"f": edited(3, "branch")}, "First\n\nWith a body.\n")
    first = story.built.tip("work")
    tip = story.on_branch({"new": "2\n"}, "Second")
    onto = story.on_main({"f": edited(18, "main")})
    done = run(hub, repo, story, tip, onto)
    assert isinstance(done, Replayed)
    assert len(done.commits) == 2
    assert done.candidate == done.commits[-1]
    assert hub.repo.read("rev-list", f"{onto}..{done.candidate}").text.split() == [
        done.commits[1],
        done.commits[0],
    ]
    form = "%an %ae %at %B"
    assert show(hub, done.commits[0], form) == show(hub, first, form)
    assert tree(hub, done.candidate) == {
        "README.md": b"# Project\n",
        "f": edited(3, "branch").replace("line 18\n", "main\n").encode(),
        "g": b"1\n",
        "new": b"2\n",
    }


def test_the_same_replay_gives_the_same_candidate(story: Story, repo: Repository, hub: Hub) -> None:
    tip = story.on_branch({"new": "2\n"})
    onto = story.on_main({"other": "x"})
    assert run(hub, repo, story, tip, onto) == run(hub, repo, story, tip, onto)


def test_a_commit_is_never_dated_before_its_parent(
    story: Story, repo: Repository, hub: Hub
) -> None:
    tip = story.on_branch({"new": "2\n"})
    onto = story.on_main({"other": "x"})
    done = run(hub, repo, story, tip, onto)
    assert isinstance(done, Replayed)
    assert show(hub, done.candidate, "%ct") == show(hub, onto, "%ct")
    assert int(show(hub, tip, "%ct")) < int(show(hub, onto, "%ct"))


def test_a_branch_that_starts_at_the_targets_tip_is_taken_as_it_is(
    story: Story, repo: Repository, hub: Hub
) -> None:
    story.on_branch({"a": "1"})
    tip = story.on_branch({"b": "2"})
    done = run(hub, repo, story, tip, story.base)
    assert isinstance(done, Replayed)
    assert done.candidate == tip
    assert len(done.commits) == 2


def test_what_is_there_already_is_dropped(story: Story, repo: Repository, hub: Hub) -> None:
    story.on_branch({"a": "1"}, "Same")
    tip = story.on_branch({"b": "2"}, "New")
    onto = story.on_main({"a": "1"}, "Same on main")
    done = run(hub, repo, story, tip, onto)
    assert isinstance(done, Replayed)
    assert [show(hub, commit, "%s") for commit in done.commits] == ["New"]
    only = run(hub, repo, story, oid(story.built.tip("work~1")), onto)
    assert only == Replayed(candidate=onto, commits=())
    assert run(hub, repo, story, onto, onto) == Replayed(candidate=onto, commits=())
    assert run(hub, repo, story, story.base, onto) == Replayed(candidate=onto, commits=())


def test_squashing_makes_one_commit_with_the_given_words(
    story: Story, repo: Repository, hub: Hub
) -> None:
    story.on_branch({"a": "1"}, "One")
    tip = story.on_branch({"b": "2"}, "Two")
    onto = story.on_main({"c": "3"})
    done = run(hub, repo, story, tip, onto, "All of it\n\nwhy\n")
    assert isinstance(done, Replayed)
    assert done.commits == (done.candidate,)
    assert show(hub, done.candidate, "%P|%an|%B") == f"{onto}|Ada Tester|All of it\n\nwhy"
    assert sorted(tree(hub, done.candidate)) == ["README.md", "a", "b", "c", "f", "g"]


def test_a_branch_that_took_the_target_in_becomes_one_commit(
    story: Story, repo: Repository, hub: Hub
) -> None:
    story.on_branch({"f": edited(5, "branch")}, "Mine")
    story.on_main({"f": edited(5, "main")}, "Theirs")
    story.built.checkout("work")
    story.built.git("merge", "--quiet", "-X", "ours", "--no-edit", "main")
    tip = story.on_branch({"n": "1"}, "After")
    onto = story.on_main({"later": "x"})
    done = run(hub, repo, story, tip, onto)
    assert isinstance(done, Replayed)
    assert len(done.commits) == 1
    assert show(hub, done.candidate, "%B") == "Mine\n\n* After"
    assert tree(hub, done.candidate)["f"] == edited(5, "branch").encode()
    assert sorted(tree(hub, done.candidate)) == ["README.md", "f", "g", "later", "n"]


def test_a_base_that_the_target_does_not_have_is_not_landed(
    story: Story, repo: Repository, hub: Hub
) -> None:
    """A task started from `dev` brings its own work to main, and nothing of dev."""
    story.built.checkout("dev", new=True)
    base = oid(story.built.commit({"dev": "1"}, "Dev"))
    tip = oid(story.built.commit({"mine": "1"}, "Mine"))
    onto = story.on_main({"c": "3"})
    hub.fetch(repo, tip, onto)
    for message in (None, "Squashed"):
        done = replay(hub, base=base, tip=tip, onto=onto, squash_message=message)
        assert isinstance(done, Replayed)
        assert sorted(tree(hub, done.candidate)) == ["README.md", "c", "f", "g", "mine"]


def test_an_unrelated_history_is_replayed_too(story: Story, repo: Repository, hub: Hub) -> None:
    story.built.git("checkout", "--quiet", "--orphan", "island")
    story.built.git("rm", "-rfq", "--", ".")
    tip = oid(story.built.commit({"island": "1"}, "Island"))
    story.built.checkout("main")
    done = run(hub, repo, story, tip, story.base)
    assert isinstance(done, Replayed)
    assert sorted(tree(hub, done.candidate)) == ["README.md", "f", "g", "island"]


def test_a_conflict_stops_and_goes_on_after_its_resolution(
    story: Story, repo: Repository, hub: Hub
) -> None:
    story.on_branch({"a": "1"}, "Before")
    middle = story.on_branch({"f": edited(5, "branch"), "g": "2\n"}, "Disputed")
    tip = story.on_branch({"z": "1"}, "After")
    onto = story.on_main({"f": edited(5, "main")})
    stopped = run(hub, repo, story, tip, onto)
    assert isinstance(stopped, ReplayConflict)
    assert (stopped.commit, stopped.remaining, len(stopped.replayed)) == (middle, (tip,), 1)
    assert stopped.onto == stopped.replayed[-1]
    assert [each.description for each in stopped.conflicts] == ["f: both changed the same lines"]
    marked = tree(hub, stopped.tree)["f"].decode()
    assert "<<<<<<< target\nmain\n=======\nbranch\n>>>>>>> branch\n" in marked

    with pytest.raises(StateError) as caught:
        resume_replay(hub, stopped, stopped.tree)
    assert caught.value.message == "f still has its conflict markers"

    with hub.library() as library:
        resolved = library.write_tree_with(stopped.tree, {"f": edited(5, "both").encode()})
    done = resume_replay(hub, stopped, resolved)
    assert isinstance(done, Replayed)
    subjects = [show(hub, commit, "%s") for commit in done.commits]
    assert subjects == ["Before", "Disputed", "After"]
    assert tree(hub, done.candidate)["f"] == edited(5, "both").encode()
    assert done == resume_replay(hub, stopped, resolved)


def test_a_conflict_resolved_for_the_target_leaves_no_empty_commit(
    story: Story, repo: Repository, hub: Hub
) -> None:
    tip = story.on_branch({"f": edited(5, "branch")})
    onto = story.on_main({"f": edited(5, "main")})
    stopped = run(hub, repo, story, tip, onto)
    assert isinstance(stopped, ReplayConflict)
    with hub.library() as library:
        resolved = library.write_tree_with(stopped.tree, {"f": edited(5, "main").encode()})
    assert resume_replay(hub, stopped, resolved) == Replayed(candidate=onto, commits=())


def test_a_squash_that_conflicts_keeps_its_message(
    story: Story, repo: Repository, hub: Hub
) -> None:
    story.on_branch({"a": "1"})
    tip = story.on_branch({"f": edited(5, "branch")})
    onto = story.on_main({"f": edited(5, "main")})
    stopped = run(hub, repo, story, tip, onto, "Together")
    assert isinstance(stopped, ReplayConflict)
    with hub.library() as library:
        resolved = library.write_tree_with(stopped.tree, {"f": b"both\n"})
    done = resume_replay(hub, stopped, resolved)
    assert isinstance(done, Replayed)
    assert show(hub, done.candidate, "%P %s") == f"{onto} Together"


def test_odd_messages_and_people_are_copied_byte_by_byte(
    story: Story, repo: Repository, hub: Hub
) -> None:
    story.on_branch({"a": "1"})
    raw = story.built.git_bytes("cat-file", "commit", "work")
    odd = raw.replace(b"author Ada Tester", b"author J\xf6rg \xe4").replace(
        b"\n\n", b"\nencoding ISO-8859-1\ngpgsig -----BEGIN\n x\n -----END\n\n\n", 1
    )
    odd += b"\xff tail\n\n\n"
    tip = oid(
        story.built.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=odd)
    )
    onto = story.on_main({"c": "3"})
    done = run(hub, repo, story, tip, onto)
    assert isinstance(done, Replayed)
    new = hub.repo.read("cat-file", "commit", done.candidate).stdout
    assert b"\nauthor J\xf6rg \xe4 <ada@example.invalid> " in new
    assert b"\nencoding ISO-8859-1\n\n\nBranch\n\xff tail\n\n\n" in new
    assert b"gpgsig" not in new


def test_the_users_repository_is_untouched_by_a_replay(
    story: Story, repo: Repository, hub: Hub
) -> None:
    tip = story.on_branch({"f": edited(5, "branch")})
    onto = story.on_main({"f": edited(5, "main")})
    before = story.built.refs(), story.built.files(), story.built.status()
    run(hub, repo, story, tip, onto)
    assert (story.built.refs(), story.built.files(), story.built.status()) == before
    assert not (story.built.path / ".git/FETCH_HEAD").exists()
