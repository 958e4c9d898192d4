"""A landing that is killed anywhere: the next one finishes it or begins again."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.support.environment import Sandbox
from tests.support.landers import land_apart, lander
from tests.support.processes import MERGER, kill_hard, start_apart, survivors
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.lifecycle import LIVE_MERGE_STATES
from wtagents.core.task import TaskState
from wtagents.git.advancing.lock import Mark, mark_text
from wtagents.git.advancing.swap import locks_of, swap_note
from wtagents.operations.checks.fleet import check_git_locks
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.landing.landing import ATTEMPTS, Landing, begin_all
from wtagents.operations.landing.outcome import MergeOutcome, silent
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.tripwire import accept_tripwire
from wtagents.operations.withdraw import withdraw
from wtagents.store.merges import add_merge_request, live_merge_requests
from wtagents.store.tasks import move_task
from wtagents.system.folders.rooms import sweep_rooms
from wtagents.system.lock import hold_lock


def ask(fleet: Fleet, *names: str) -> None:
    for name in names:
        task = fleet.row(name)
        with fleet.context.database.write() as db:
            add_merge_request(
                db,
                task_id=task.id,
                target=task.target,
                squash=False,
                skip_gate=False,
                at=fleet.context.clock.now(),
            )


def go_on(fleet: Fleet) -> list[MergeOutcome]:
    """Land until nothing waits: a child of the killed one may hold its lock for a moment longer."""
    outcomes: list[MergeOutcome] = []

    def nothing_waits() -> bool:
        outcomes.extend(land_waiting(fleet.context))
        with fleet.context.database.read() as db:
            return not live_merge_requests(db)

    wait_until(nothing_waits, what="the landings")
    return outcomes


def kill_once(place: Path) -> str:
    """Return a shell command that kills who started it, the first time it runs."""
    return f"test -e {place} || {{ touch {place}; kill -9 {MERGER}; exec sleep 60; }}"


def require_landed(fleet: Fleet, sandbox: Sandbox, files: dict[str, bytes]) -> None:
    """Everything is on main exactly once, the checkout is clean, nothing is left over."""
    assert fleet.main.status() == []
    assert fleet.main.files() == files
    subjects = fleet.main.subjects()
    assert len(subjects) == len(set(subjects))
    assert not list((fleet.main.path / ".git").glob("*.lock"))
    assert not list((fleet.main.path / ".git").glob("wta-*"))
    assert survivors(sandbox.mark) == []
    scratch = fleet.context.paths.scratch
    assert {path.name for path in scratch.glob("*")} <= {"index", "tree"}
    sweep_rooms(fleet.context.paths.rooms)
    assert list(fleet.context.paths.rooms.glob("*")) == []
    assert fleet.main.git("fsck", "--no-dangling") == ""


def test_killed_while_a_gate_runs(fleet: Fleet, sandbox: Sandbox, tmp_path: Path) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    ask(fleet, "fix")
    gate = kill_once(tmp_path / "killed")
    assert land_apart(fleet, gate=[gate]).returncode == -9
    assert fleet.request("fix").state is MergeState.GATING
    assert fleet.row("fix").state is TaskState.MERGING
    assert survivors(sandbox.mark) != [], "the gate outlives who started it"
    fleet.use(gate=[gate])
    (outcome,) = go_on(fleet)
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, True)
    require_landed(fleet, sandbox, {"README.md": b"# Project\n", "a.txt": b"a\n"})


def test_killed_while_the_resolver_is_asked(fleet: Fleet, sandbox: Sandbox, tmp_path: Path) -> None:
    fleet.main.commit({"a.txt": "1\n"}, "Add a")
    fleet.task("fix", {"a.txt": "1\nbranch\n"})
    fleet.main.commit({"a.txt": "1\ntarget\n"}, "Change a")
    ask(fleet, "fix")
    resolver = ["sh", "-c", f"touch {tmp_path / 'killed'}; kill -9 $PPID"]
    (tmp_path / "temporary").mkdir()
    sandbox.set_variable("TMPDIR", str(tmp_path / "temporary"))
    done = land_apart(fleet, resolver="command", resolver_command=resolver, gate=["true"])
    assert (done.returncode, (tmp_path / "killed").exists()) == (-9, True)
    (room,) = fleet.context.paths.rooms.iterdir()
    assert room.name.startswith("resolver.")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert fleet.request("fix").state is MergeState.RESOLVING
    fleet.use(resolver="scripted", gate=["true"])
    (outcome,) = go_on(fleet)
    assert outcome.state is MergeState.MERGED
    files = {"README.md": b"# Project\n", "a.txt": b"1\ntarget\nbranch\n"}
    require_landed(fleet, sandbox, files)


def test_killed_between_the_ref_and_the_checkout(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A filter of the person's own runs while the checkout is updated: there it kills us.

    It is slow, so that git goes on with the checkout when the next landing begins.
    """
    pid, smudge = tmp_path / "pid", tmp_path / "smudge"
    smudge.write_text(
        f"#!/bin/sh\ntest -e {pid} && kill -9 $(cat {pid}) && rm {pid}\nsleep 0.3; exec cat\n"
    )
    smudge.chmod(0o755)
    fleet.main.git("config", "filter.slow.smudge", str(smudge))
    fleet.main.git("config", "filter.slow.clean", "cat")
    fleet.main.commit({".gitattributes": "*.txt filter=slow\n"})
    accept_tripwire(fleet.context)
    fleet.task("fix", {f"{n}.txt": f"{n}\n" for n in range(5)})
    ask(fleet, "fix")
    old = fleet.tip()
    assert land_apart(fleet, gate=[f"echo {MERGER} > {pid}"]).returncode == -9
    request = fleet.request("fix")
    assert request.state is MergeState.ADVANCING
    assert (request.onto, request.candidate) == (old, fleet.tip())
    remote = RepositoryBuilder(tmp_path / "remote")
    fleet.main.git("clone", "-q", "--bare", ".", str(remote.path))
    remote.git("update-ref", "refs/heads/main", old)
    fleet.main.git("remote", "add", "origin", str(remote.path))
    accept_tripwire(fleet.context)
    fleet.use(gate=["false"], push="origin")
    (outcome,) = go_on(fleet)
    assert outcome.push is not None, "it is finished, not begun again, and pushed"
    assert (outcome.push.pushed, remote.tip("main")) == (True, request.candidate)
    assert fleet.request("fix").state is MergeState.MERGED
    assert fleet.request("fix").detail == (
        "1 commit on main; 1 gate passed; it was cut off and finished later"
    )
    assert fleet.row("fix").state is TaskState.MERGED
    files = {f"{n}.txt": f"{n}\n".encode() for n in range(5)}
    files |= {"README.md": b"# Project\n", ".gitattributes": b"*.txt filter=slow\n"}
    require_landed(fleet, sandbox, files)


LINES = [f"{number}\n" for number in range(9)]
TEXT, CHANGED = "".join(LINES), "".join(["landed\n", *LINES[1:]])


def die_at_the_first_file(fleet: Fleet, tmp_path: Path) -> None:
    """Land two files; a filter of the person's own kills us and git before it writes one."""
    pid, smudge = tmp_path / "pid", tmp_path / "smudge"
    smudge.write_text(f"#!/bin/sh\ntest -e {pid} && kill -9 $(cat {pid}) $PPID\nexec cat\n")
    smudge.chmod(0o755)
    fleet.main.git("config", "filter.deadly.smudge", str(smudge))
    fleet.main.commit({"a.txt": TEXT, "b.txt": TEXT, ".gitattributes": "*.txt filter=deadly\n"})
    accept_tripwire(fleet.context)
    fleet.task("fix", {"a.txt": CHANGED, "b.txt": CHANGED})
    ask(fleet, "fix")
    assert land_apart(fleet, gate=[f"echo {MERGER} > {pid}"]).returncode == -9
    pid.unlink()
    fleet.use(gate=["true"])


def test_who_edits_what_a_killed_landing_changes_is_told(fleet: Fleet, tmp_path: Path) -> None:
    die_at_the_first_file(fleet, tmp_path)
    fleet.main.write({"a.txt": f"{TEXT}mine\n", "b.txt": f"mine\n{TEXT}"})
    (outcome,) = go_on(fleet)
    hint = (
        "uncommitted edits in b.txt may take back what landed; look before they are committed:"
        f" git -C {fleet.main.path} diff HEAD"
    )
    assert outcome.detail == (
        "1 commit on main; 1 gate passed; it was cut off and finished later;"
        " joined with uncommitted edits in a.txt; uncommitted edits stay in b.txt"
    )
    assert (outcome.landed, outcome.hint, fleet.row("fix").detail) == (True, hint, hint)
    assert fleet.main.status() == [" M a.txt", " M b.txt"]
    assert (fleet.main.path / "a.txt").read_text() == f"{CHANGED}mine\n"
    assert (fleet.main.path / "b.txt").read_text() == f"mine\n{TEXT}"


def test_who_takes_the_lock_away_and_commits_is_told_what_that_took_back(
    fleet: Fleet, tmp_path: Path
) -> None:
    """Another `git commit` has its editor open when the landing is finished."""
    die_at_the_first_file(fleet, tmp_path)
    landed, lock = fleet.tip(), fleet.main.path / ".git/index.lock"
    os.utime(lock, (0, 0))
    for gone in (Path("nothing"), lock):
        gone.unlink(missing_ok=True)
        [check] = check_git_locks(fleet.context)
        assert check.finding == f"it was cut off in {fleet.main.path}"
        assert check.remedy == "finish it: wta supervise --once", "it does not say: rm"
    fleet.main.write({"a.txt": f"{TEXT}mine\n", "b.txt": TEXT})
    fleet.main.git("commit", "-q", "-a", "-m", "Write on")
    lock.touch()
    (outcome,) = go_on(fleet)
    place = fleet.main.path
    hint = (
        "a commit that came while it was cut off took back or changed what landed in a.txt, b.txt;"
        f" look: git diff {landed[:10]} main -- a.txt b.txt; git is at work in {place}, where the"
        " landing was cut off: the next landing settles it; commit nothing there until then:"
        f" git -C {place} status"
    )
    assert (outcome.landed, outcome.hint) == (True, hint)
    assert lock.read_bytes() == b""
    lock.unlink()
    fleet.task("next", {"c.txt": "c\n"})
    ask(fleet, "next")
    assert [each.landed for each in go_on(fleet)] == [True]
    assert (fleet.main.status(), list((place / ".git").glob("wta-*"))) == ([], [])
    assert (place / "a.txt").read_text() == f"{TEXT}mine\n"


def test_a_swap_that_was_cut_off_is_named_and_the_next_tick_ends_it(fleet: Fleet) -> None:
    """Main is checked out nowhere: no checkout says that a landing was cut off."""
    fleet.main.git("checkout", "-q", "--detach")
    repository, tip = fleet.context.repository, fleet.tip()
    mark = Mark(target=BranchName("main"), old=Oid(tip), new=Oid(tip))
    note, lock = swap_note(repository), locks_of(repository, mark)[0]
    note.write_bytes(mark_text(mark))
    lock.touch()
    for place in (note, lock):
        os.utime(place, (0, 0))
    [check] = check_git_locks(fleet.context)
    assert check.finding == "it was cut off as main moved"
    assert check.remedy == "finish it: wta supervise --once", "it does not say: rm"
    assert land_waiting(fleet.context) == ()
    [check] = check_git_locks(fleet.context)
    assert (check.finding, note.exists(), lock.exists()) == ("none left behind", False, False)


@pytest.mark.parametrize("share", [0.15, 0.35, 0.55, 0.75, 0.95])
def test_killed_at_any_moment(fleet: Fleet, sandbox: Sandbox, share: float) -> None:
    """Killed after a share of the steps that its rows record."""
    names = ["one", "two", "three"]
    for name in names:
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    ask(fleet, *names)
    process = start_apart(lander(fleet, gate=["true"]))
    steps = round(share * 4 * len(names))
    wait_until(lambda: _moves(fleet) >= steps or process.poll() is not None, what="the landing")
    kill_hard(process.pid)
    process.communicate()
    assert _moves(fleet) >= steps, "it was at work"
    fleet.use(gate=["true"])
    go_on(fleet)
    assert {fleet.request(name).state for name in names} == {MergeState.MERGED}
    assert {fleet.row(name).state for name in names} == {TaskState.MERGED}
    files = {f"{name}.txt": f"{name}\n".encode() for name in names}
    require_landed(fleet, sandbox, {"README.md": b"# Project\n", **files})
    assert fleet.main.subjects() == ["Add three", "Add two", "Add one", "Begin"]


def _moves(fleet: Fleet) -> int:
    """How many steps of landings have been recorded: four for each."""
    return len(fleet.context.database.rows("SELECT id FROM event WHERE kind = 'merge.moved'"))


def test_a_landing_that_always_dies_is_left_to_a_person(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    ask(fleet, "fix")
    before = fleet.tip()
    for _ in range(ATTEMPTS):
        assert land_apart(fleet, gate=[f"kill -9 {MERGER}"]).returncode == -9
    assert land_apart(fleet, gate=[f"kill -9 {MERGER}"]).returncode == 0
    request = fleet.request("fix")
    assert (request.state, request.rejection) == (MergeState.REJECTED, Rejection.CUT_OFF)
    assert request.detail == f"the landing was cut off while gating, {ATTEMPTS} times in all"
    assert (fleet.tip(), fleet.row("fix").state) == (before, TaskState.READY)


def test_a_request_that_is_withdrawn_as_it_begins_leaves_its_task_ready(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    ask(fleet, "fix")
    landing = Landing(
        context=fleet.context, task=fleet.row("fix"), request=fleet.request("fix"), tell=silent
    )
    withdraw(fleet.context, (TaskName("fix"),))
    assert begin_all([(landing, fleet.tip(), fleet.tip())]) == [None]
    assert fleet.row("fix").state is TaskState.READY
    fleet.land("fix")


def test_two_landers_at_once_land_everything_once(fleet: Fleet, sandbox: Sandbox) -> None:
    names = ["one", "two", "three", "four"]
    for name in names:
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
    ask(fleet, *names)
    both = [start_apart(lander(fleet, gate=["true"])) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == [b"", b""]
    assert {fleet.request(name).state for name in names} == {MergeState.MERGED}
    files = {f"{name}.txt": f"{name}\n".encode() for name in names}
    require_landed(fleet, sandbox, {"README.md": b"# Project\n", **files})


def test_merge_waits_for_another_lander_and_says_so(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    context = fleet.context
    lines: list[str] = []
    held, may_go = Event(), Event()

    def other_process() -> None:
        with hold_lock(context.paths.merger_lock, seconds=10, what="the test"):
            held.set()
            may_go.wait(20)

    holder = Thread(target=other_process)
    holder.start()
    assert held.wait(20)

    def tell(line: str) -> None:
        lines.append(line)
        may_go.set()

    (outcome,) = merge(context, MergeRequestOptions(names=("fix",)), tell=tell).data
    holder.join()
    assert outcome.state is MergeState.MERGED
    assert lines[0] == "another wta process is about to land"


def test_who_interrupts_the_command_does_not_want_it_later(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.task("next", {"b.txt": "b\n"})

    def tell(line: str) -> None:
        if "gate" in line:
            raise KeyboardInterrupt

    fleet.use(gate=["true"])
    with pytest.raises(KeyboardInterrupt):
        merge(fleet.context, MergeRequestOptions(ready=True), tell=tell)
    for name in ("fix", "next"):
        assert fleet.request(name).state is MergeState.WITHDRAWN
        assert fleet.row(name).state is TaskState.READY
    assert fleet.main.subjects() == ["Begin"]


def test_new_words_for_the_agent_take_the_request_back(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    ask(fleet, "fix")
    task = fleet.row("fix")
    with fleet.context.database.write() as db:
        move_task(db, task.id, TaskState.QUEUED, at=fleet.context.clock.now())
    (outcome,) = land_waiting(fleet.context)
    assert (outcome.state, outcome.detail) == (
        MergeState.WITHDRAWN,
        "the task is queued again",
    )
    assert fleet.row("fix").state is TaskState.QUEUED
    assert outcome.state not in LIVE_MERGE_STATES


def test_another_context_sees_what_was_landed(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    ask(fleet, "fix")
    context = fleet.context.another()
    (outcome,) = land_waiting(context)
    assert outcome.state is MergeState.MERGED
    assert land_waiting(context) == ()
    context.close()
