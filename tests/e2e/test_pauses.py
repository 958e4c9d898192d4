"""What a person holds back waits with all it has, and goes on."""

from __future__ import annotations

import signal

import pytest

from tests.support.fleet import Fleet, work
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from wtagents.core.errors import StateError
from wtagents.core.ids import TaskName
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, Purpose
from wtagents.core.task import TaskState
from wtagents.core.tending.admission import Bar
from wtagents.core.tending.pause import EVERYTHING
from wtagents.operations.steering.pause import Held, freeze, pause, resume, thaw
from wtagents.store.pauses import add_pause
from wtagents.system import run_folder
from wtagents.system.process import signal_processes

pytestmark = pytest.mark.e2e

FREE = Held(tasks=(), starts=False, frozen=False, working=0, waiting=0)


def test_paused_starts_leave_agents_at_work_alone(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 30", *work())
    fleet.await_doing("a", "sleep")

    held = pause(fleet.context, ()).data
    [said] = fleet.spawn("b", *work("b.txt")).messages

    assert (held.starts, held.working) == (True, 1)
    assert said == "paused; go on: wta resume: the task starts by itself"
    assert fleet.tick().applied == 0
    assert fleet.status("a").liveness is not None
    resume(fleet.context, ())
    assert fleet.await_rest("b").state is TaskState.READY


def test_a_paused_task_ends_its_turn_and_goes_on_in_its_conversation(fleet: Fleet) -> None:
    fleet.spawn("a", "run until test -e ../go; do sleep 0.05; done", 'say "One."', *work())
    fleet.await_doing("a", "until")
    fleet.spawn("b", *work("b.txt"))

    said = pause(fleet.context, ["a"]).messages
    (fleet.task("a").worktree.parent / "go").touch()
    item = fleet.await_status("a", lambda item: item.wait)

    assert item.wait is not None
    assert (item.wait.bar, item.wait.detail) == (Bar.PAUSED, "wta resume a")
    doing, now = "Bash: until test -e ../go; do sleep 0.05; done", "wta pause a --now"
    assert said == (f"a ends its turn first (now: {doing}); to end it at once: {now}",)
    assert fleet.endings("a") == [ExitReason.PAUSED]
    with pytest.raises(StateError, match="task b is not paused"):
        resume(fleet.context, ["b"])
    resume(fleet.context, ["a"])
    assert fleet.await_rest("a").state is TaskState.READY
    first, second = fleet.runs("a")
    assert (second.session_id, second.purpose) == (first.session_id, Purpose.CONTINUE)


def test_a_task_that_is_resumed_before_its_turn_ends_goes_on(fleet: Fleet) -> None:
    fleet.spawn("a", "run until test -e ../go; do sleep 0.05; done", 'say "One."', *work())
    fleet.await_doing("a", "until")

    pause(fleet.context, ["a"])
    resume(fleet.context, ["a"])
    (fleet.task("a").worktree.parent / "go").touch()

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.endings("a") == [ExitReason.PAUSED, ExitReason.COMPLETED]


def test_a_task_can_be_paused_in_the_middle_of_its_turn(fleet: Fleet) -> None:
    for name in "ab":
        fleet.spawn(name, "wait 30", *work(f"{name}.txt"))
        fleet.await_doing(name, "sleep")
    pause(fleet.context, ["a"])

    held = pause(fleet.context, ["a"], at_once=True)

    assert held.messages == ()
    assert (held.data.tasks, held.data.frozen, held.data.working) == ((TaskName("a"),), False, 1)
    assert fleet.endings("a") == [ExitReason.STOPPED]
    assert fleet.tick().applied == 0
    resume(fleet.context, ["a"])
    assert fleet.await_status("a", lambda item: item.liveness).task.attempts == 0
    assert len(fleet.runs("a")) == 2


def test_a_thaw_before_all_have_stopped_lets_them_go_on(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 30", *work())
    fleet.await_doing("a", "sleep")
    for _ in range(2):
        with fleet.context.database.write() as db:
            add_pause(db, EVERYTHING, fleet.context.clock.now(), at_once=True)
        fleet.tick()
    thaw(fleet.context)

    fleet.await_status("a", lambda item: item.run and item.run.number == 2 and item.liveness)

    assert fleet.endings("a")[0] == ExitReason.STOPPED
    assert fleet.task("a").attempts == 0


def test_a_freeze_stops_all_and_a_thaw_lets_them_go_on(fleet: Fleet) -> None:
    for name in "ab":
        fleet.spawn(name, "wait 30", *work(f"{name}.txt"))
        fleet.await_doing(name, "sleep")

    frozen = freeze(fleet.context).data

    assert freeze(fleet.context).data == frozen
    assert frozen == Held(tasks=(), starts=True, frozen=True, working=0, waiting=2)
    assert fleet.endings("a") == fleet.endings("b") == [ExitReason.STOPPED]
    assert fleet.tick().applied == 0
    assert {item.wait.detail for item in map(fleet.status, "ab") if item.wait} == {"wta thaw"}
    with pytest.raises(StateError, match="everything is frozen"):
        resume(fleet.context, ())
    thaw(fleet.context)
    for name in "ab":
        assert fleet.await_rest(name).attempts == 0
        assert len(fleet.runs(name)) > 1
    with pytest.raises(StateError, match="nothing is frozen"):
        thaw(fleet.context)


def test_everything_is_resumed_at_once(fleet: Fleet) -> None:
    pause(fleet.context, ())
    fleet.spawn("a", *work())
    assert pause(fleet.context, ["a"]).data.tasks == (TaskName("a"),)

    resume(fleet.context, (), everything=True)

    assert fleet.await_rest("a").state is TaskState.READY
    assert resume(fleet.context, (), everything=True).data == FREE


def before_the_reboot(fleet: Fleet, name: str) -> None:
    """Let the runner of a task be one of an earlier life of the machine."""
    folder, claim = fleet.folder(name), run_folder.load_claim(fleet.folder(name))
    assert claim is not None
    folder.claim.unlink()
    run_folder.write_claim(folder, replace(claim, boot_id="an earlier boot"))


def test_after_a_restart_every_session_goes_on_by_its_id_and_intent(fleet: Fleet) -> None:
    fleet.configure(limits={"agents": 3})
    for name in "abc":
        fleet.spawn(name, "wait 30", *work(f"{name}.txt"))
        fleet.await_doing(name, "sleep")
    fleet.spawn("queued", *work("queued.txt"))
    pause(fleet.context, ["c"], at_once=True)
    pause(fleet.context, ())
    cut, told = fleet.runner("a"), fleet.runner("b")

    # A power cut for one of them, the polite end of a shutdown for the other one.
    for each in (cut, fleet.agent("a")):
        kill_hard(each.pid)
    signal_processes([told], signal.SIGTERM)
    wait_until(lambda: run_folder.load_exit(fleet.folder("b")), what="the runner to end")
    for name in "ab":
        fleet.await_gone(name)
        before_the_reboot(fleet, name)
    resume(fleet.context, (), everything=True)

    for name in ("a", "queued"):
        assert fleet.await_rest(name).state is TaskState.READY
    for name, first in (("a", "rebooted"), ("b", "rebooted"), ("c", "stopped")):
        assert fleet.await_rest(name).attempts == 0
        before, after = fleet.runs(name)[:2]
        assert fleet.endings(name)[0] == first
        assert (after.session_id, after.purpose) == (before.session_id, Purpose.CONTINUE)
