"""Forgetting: what a task left elsewhere goes after its trash, and no commit that did not land."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clock import ManualClock
from tests.support.processes import kill_hard, start_apart
from tests.support.ready_tasks import Fleet
from tests.support.records import an_exit
from tests.support.repository import RepositoryBuilder
from tests.support.stored import stored_run
from tests.support.waiting import wait_until
from tests.support.warm import run_text_warm
from wtagents.core.errors import StateError
from wtagents.core.events import EventKind
from wtagents.core.run import RunState
from wtagents.operations.keeping.cleanup import Cleanup, CleanupRequest, cleanup
from wtagents.operations.keeping.undelete import undelete
from wtagents.store.events import events_of
from wtagents.store.runs import move_run
from wtagents.store.undos import add_undo
from wtagents.system.process import RUN_MARK, marked_processes

DAY = 86400.0
GATE = "echo looked"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Fleet:
    return Fleet(repository, clock=clock, gate=[GATE])


def with_a_run(fleet: Fleet, name: str) -> Path:
    """Let a task have had a run; return its folder."""
    context, task = fleet.context, fleet.row(name)
    with context.database.write() as db:
        run = stored_run(db, task, at=context.clock.now())
        move_run(db, run.id, RunState.EXITED, at=context.clock.now(), exit=an_exit())
    folder = context.paths.run(run.id).root
    (folder / "inbox").mkdir(parents=True)
    (folder / "stream.ndjson").write_text("{}\n")
    context.paths.task_lock(task.id).touch()
    context.paths.checkout_lock(task.id).touch()
    return folder


def land_with_logs(fleet: Fleet) -> None:
    """Land both tasks of the test; a gate was run again, and an undo was tried."""
    for name in ("landed", "stays"):
        fleet.land(name)
    for name in ("landed-1-1-again-1.log", "landed-1-undo-1.log"):
        (fleet.context.paths.gates / name).touch()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*")}


def kept_commits(fleet: Fleet) -> set[str]:
    """Return the archived commits."""
    refs = RepositoryBuilder(fleet.context.paths.hub).refs()
    return {oid for ref, oid in refs.items() if ref.startswith("refs/wta/archive/")}


def passed(fleet: Fleet, *, whole: bool = False, dry_run: bool = False) -> Cleanup:
    return cleanup(fleet.context, CleanupRequest(all=whole, dry_run=dry_run)).data


def swept(fleet: Fleet, clock: ManualClock) -> None:
    """Let what ended be cleaned up, and the trash be swept a month later."""
    passed(fleet, whole=True)
    clock.advance(30 * DAY)
    done = passed(fleet, whole=True)
    assert done.swept
    assert done.forgotten == (), "one pass after the trash"


def test_traces_go_after_the_trash_and_commits_that_did_not_land_stay(
    fleet: Fleet, clock: ManualClock
) -> None:
    landed, given_up = fleet.task("landed", {"a.txt": "a\n"}), fleet.task("x/up", {"b.txt": "b\n"})
    amended = landed.commit({"c.txt": "never landed\n"})
    landed.git("reset", "--quiet", "--hard", "HEAD~1")
    tips = [each.tip("HEAD") for each in (landed, given_up)]
    folders = [with_a_run(fleet, name) for name in ("landed", "x/up")]
    fleet.task("stays", {"d.txt": "d\n"})
    live = with_a_run(fleet, "stays")
    land_with_logs(fleet)
    fleet.cancel("x/up")
    paths = fleet.context.paths
    (paths.runs / "of-nobody").mkdir()
    (paths.gates / "notes.txt").write_text("mine")
    passed(fleet)
    undelete(fleet.context, "stays")
    clock.advance(29 * DAY)
    assert passed(fleet).forgotten == ()
    assert all(folder.is_dir() for folder in folders), "it can still be brought back"
    clock.advance(1 * DAY)
    assert len(passed(fleet).swept) == 2

    with fleet.context.database.write() as db:
        for log in ("landed-1-1-1.log", "stays-2-1-1.log"):
            values = (log, GATE, "digest", str(paths.gates / log), str(clock.now()))
            db.change(
                "INSERT INTO gate_verdict VALUES (?, ?, ?, 1, 0.1, ?, '', ?) RETURNING log", values
            )
    before = kept_commits(fleet)
    assert {amended, *tips} <= before
    would = passed(fleet, dry_run=True).forgotten
    assert [(each.task, each.counts) for each in would] == [
        ("landed", {"runs": 1, "gate_logs": 3, "commits": 1}),
        ("x/up", {"runs": 1}),
    ]
    assert (names(paths.runs), kept_commits(fleet)) == (
        {"of-nobody", live.name, *(folder.name for folder in folders)},
        before,
    )
    assert passed(fleet).forgotten == would
    assert names(paths.runs) == {"of-nobody", live.name}
    assert names(paths.gates) == {"notes.txt", "stays-2-1-1.log"}
    assert {name for name in names(paths.root) if name.startswith("task-")} == {
        "task-3.lock",
        "task-3.checkout.lock",
    }
    assert before - kept_commits(fleet) == {tips[0]}
    assert names(paths.trash / "scrap") == set()
    with fleet.context.database.read() as db:
        verdicts = [row["tree"] for row in db.rows("SELECT tree FROM gate_verdict")]
        assert "landed-1-1-1.log" not in verdicts
        assert "stays-2-1-1.log" in verdicts
        told = [each.data for each in events_of(db) if each.kind is EventKind.TASK_FORGOTTEN]
    assert told == [each.counts for each in would]
    assert passed(fleet).forgotten == (), "nothing is found twice"


def test_undelete_says_where_forgotten_commits_are(fleet: Fleet, clock: ManualClock) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    swept(fleet, clock)
    passed(fleet)
    with pytest.raises(StateError) as refused:
        undelete(fleet.context, "fix")
    assert refused.value.hint == "its commits landed: git log main"


def test_commits_whose_landing_was_taken_back_stay(fleet: Fleet, clock: ManualClock) -> None:
    before = fleet.main.tip("main")
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    swept(fleet, clock)
    fleet.main.git("reset", "--quiet", "--hard", before)
    passed(fleet)
    assert worktree.path.exists() is False
    assert len(kept_commits(fleet)) == 1


def test_commits_whose_landing_was_undone_stay(fleet: Fleet, clock: ManualClock) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    landed = fleet.request("fix")
    with fleet.context.database.write() as db:
        assert landed.candidate is not None
        candidate = landed.candidate
        add_undo(db, landed, onto=candidate, candidate=candidate, why="broken", at=clock.now())
    swept(fleet, clock)
    passed(fleet)
    assert len(kept_commits(fleet)) == 1


def test_commits_of_which_the_landing_dropped_a_line_stay(fleet: Fleet, clock: ManualClock) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    with fleet.context.database.write() as db:
        db.change(
            "UPDATE merge_request SET resolutions = ? RETURNING id",
            ('[["a.txt", "agent", ["a line: no longer needed"]]]',),
        )
    swept(fleet, clock)
    passed(fleet)
    assert len(kept_commits(fleet)) == 1


def test_a_gate_log_that_the_record_of_another_task_cites_stays(
    fleet: Fleet, clock: ManualClock
) -> None:
    for name in ("first", "second"):
        fleet.task(name, {f"{name}.txt": "a\n"})
        fleet.land(name)
    log = fleet.request("first").gates[0].log
    with fleet.context.database.write() as db:
        db.change(
            "UPDATE merge_request SET gates = (SELECT gates FROM merge_request WHERE task_id = 1)"
            " WHERE task_id = 2 RETURNING id"
        )
    passed(fleet)
    undelete(fleet.context, "second")
    clock.advance(30 * DAY)
    assert len(passed(fleet).swept) == 1
    passed(fleet)
    assert Path(log).is_file()


def test_a_process_of_its_agent_keeps_everything(fleet: Fleet, clock: ManualClock) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    folder = with_a_run(fleet, "fix")
    fleet.cancel("fix")
    swept(fleet, clock)
    with start_apart(["env", f"{RUN_MARK}={folder.name}", "sleep", "60"]) as left:
        try:
            # env has the mark only once it has become sleep
            mark = (RUN_MARK, folder.name)
            wait_until(lambda: marked_processes(mark), what="the mark of the process")
            assert passed(fleet).forgotten == ()
            assert folder.is_dir()
        finally:
            kill_hard(left.pid)
    assert len(passed(fleet).forgotten) == 1
    assert not folder.exists()


def test_one_pass_by_itself_forgets_a_few(fleet: Fleet, clock: ManualClock) -> None:
    for number in range(5):
        fleet.task(f"t{number}", {f"{number}.txt": "a\n"})
        with_a_run(fleet, f"t{number}")
        fleet.cancel(f"t{number}")
    swept(fleet, clock)
    first = passed(fleet)
    assert ([each.task for each in first.forgotten], first.left) == (["t0", "t1", "t2"], 2)
    assert len(passed(fleet, whole=True).forgotten) == 2
    assert names(fleet.context.paths.runs) == set()


KILLED = """\
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from tests.support.clock import ManualClock
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.context import Context
step = int(sys.argv[2])
def audit(event, arguments, count=[0]):
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "subprocess.Popen"):
        count[0] += 1
        if count[0] >= step:
            os.kill(os.getpid(), signal.SIGKILL)
clock = ManualClock()
clock.advance(float(sys.argv[3]))
sys.addaudithook(audit)
cleanup(Context(Path(sys.argv[1]), clock=clock), CleanupRequest())
"""


def test_killed_at_every_step_the_next_pass_goes_on(fleet: Fleet, clock: ManualClock) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    with_a_run(fleet, "fix")
    fleet.land("fix")
    swept(fleet, clock)
    step = 0
    while True:
        step += 3
        done = run_text_warm(KILLED, str(fleet.main.path), str(step), str(31 * DAY))
        assert done.returncode in (-9, 0), done.stderr.decode()
        if done.returncode == 0:
            break
    assert step > 12, "it was killed on its way"
    paths = fleet.context.paths
    passed(fleet)
    assert (names(paths.runs), names(paths.gates), kept_commits(fleet)) == (set(), set(), set())
    assert names(paths.trash / "scrap") == set()
    assert {name for name in names(paths.root) if name.startswith("task-")} == set()
