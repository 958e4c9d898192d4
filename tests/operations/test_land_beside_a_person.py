"""A person commits to the target, as fast as git lets them, while batches land on it."""

from __future__ import annotations

from threading import Event, Thread, Timer

from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from wtagents.core.merge import MergeState
from wtagents.operations.merge import MergeRequestOptions, merge

TASKS = 6
MOST_COMMITS = 60


class Person:
    """Commits new files in the checkout of the target, and tries again where git refuses."""

    def __init__(self, main: RepositoryBuilder) -> None:
        self.main = main
        self.commits = 0
        self._is_enough = Event()
        self._thread = Thread(target=self._work)
        self._thread.start()

    def stop(self) -> None:
        self._is_enough.set()
        self._thread.join()

    def _work(self) -> None:
        while self.commits < MOST_COMMITS and not (self._is_enough.is_set() and self.commits):
            self.commits += self._commit(self.commits)

    def _commit(self, number: int) -> bool:
        try:
            self.main.write({f"mine-{number}.txt": f"{number}\n"})
            self.main.git("add", "--", f"mine-{number}.txt")
            self.main.git("commit", "-q", "-m", f"Mine {number}", "--", f"mine-{number}.txt")
        except AssertionError:
            return False
        return True


def test_nobodys_work_is_lost_and_every_commit_is_whole(fleet: Fleet) -> None:
    names = [f"t{number}" for number in range(TASKS)]
    for name in names:
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    fleet.use(gate=["for f in *.txt; do test -s $f || exit 1; done"], slots=2)
    person = Person(fleet.main)
    try:
        outcomes = merge(fleet.context, MergeRequestOptions(ready=True)).data
    finally:
        person.stop()
    left = [each for each in outcomes if each.state is not MergeState.MERGED]
    for each in left:
        assert each.rejection in ("target_moving", "checkout_busy"), each.detail
    if left:
        again = MergeRequestOptions(names=tuple(each.task for each in left))
        assert {each.state for each in merge(fleet.context, again).data} == {MergeState.MERGED}
    said = fleet.main.subjects()
    mine = [f"Mine {number}" for number in range(person.commits)]
    assert sorted(said) == sorted([*(f"Add {name}" for name in names), *mine, "Begin"])
    assert [each for each in reversed(said) if each in mine] == mine
    assert fleet.main.status() == []
    files = {f"mine-{number}.txt": f"{number}\n".encode() for number in range(person.commits)}
    files |= {f"{name}.txt": f"{name}\n".encode() for name in names}
    assert fleet.main.files() == {"README.md": b"# Project\n", **files}
    assert fleet.main.git("fsck", "--no-dangling") == ""


def test_a_git_command_that_has_just_begun_is_waited_for(fleet: Fleet) -> None:
    """Its lock goes while the landing waits: nobody is refused for it."""
    fleet.task("fix", {"a.txt": "a\n"})
    lock = fleet.main.path / ".git" / "index.lock"
    end_of_command = Timer(0.7, lock.unlink)

    def tell(line: str) -> None:
        if line == "fix: gate true":
            lock.write_bytes(b"")
            end_of_command.start()

    fleet.use(gate=["true"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",)), tell=tell).data
    end_of_command.join()
    assert outcome.state is MergeState.MERGED
