"""wait: for scripts, by exit status. spawn --wait and the supervisor do the rest by themselves."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.fleet import Fleet, scenario, work
from tests.support.processes import run_to_end, survivors
from tests.support.small_disk import mount_small_disk
from tests.support.waiting import wait_until
from tests.support.warm import WTA
from tests.support.wta import Said, start_wta, wta
from wtagents.core.errors import ExitCode
from wtagents.core.run import Phase
from wtagents.core.task import TaskState
from wtagents.system.lock import is_held
from wtagents.system.process import is_alive

pytestmark = pytest.mark.e2e

LOOKS = ("logs", "diff", "status", "wait")


def waited(fleet: Fleet, *arguments: str) -> Said:
    return wta(fleet.repository.path, "wait", "--timeout", "20s", *arguments, "--json", status=None)


def states(said: Said) -> dict[str, str]:
    return {item["task"]["name"]: item["task"]["state"] for item in said.data}


def test_all_that_is_ready_is_zero(fleet: Fleet) -> None:
    fleet.spawn("a", *work())
    fleet.spawn("b", *work())

    said = waited(fleet)

    assert (said.status, states(said)) == (ExitCode.OK, {"a": "ready", "b": "ready"})


def test_one_that_cannot_get_there_is_one(fleet: Fleet) -> None:
    fleet.spawn("idle", 'say "Nothing."')
    fleet.spawn("busy", "wait 60")

    said = waited(fleet)

    assert (said.status, states(said)) == (
        ExitCode.UNFULFILLED,
        {"idle": "failed", "busy": "active"},
    )


def test_a_question_is_one_for_ready_and_zero_for_attention(fleet: Fleet) -> None:
    fleet.spawn("a", 'ask Bash "git push"', *work())
    fleet.spawn("busy", "wait 60")

    assert waited(fleet, "a").status == ExitCode.UNFULFILLED
    said = waited(fleet, "--for", "attention")
    assert (said.status, states(said)) == (ExitCode.OK, {"a": "active"})
    assert said.data[0]["attention"] == "asks to use Bash: git push"


def test_time_that_is_over_is_six(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 60")

    said = wta(fleet.repository.path, "wait", "a", "--timeout", "1s", status=ExitCode.DEADLINE)

    assert said.stderr == "error: not ready within 1 s\nhint: see why: wta status\n"


def test_a_name_that_does_not_exist_is_four(fleet: Fleet) -> None:
    said = wta(fleet.repository.path, "wait", "nobody", status=ExitCode.STATE)

    assert said.stderr.startswith("error: no task 'nobody'\n")


def test_a_spawn_that_waits_tells_how_it_ended(fleet: Fleet) -> None:
    place, wait = fleet.repository.path, ("--wait", "--json")
    begun = wta(place, "spawn", "other", scenario(*work()), "--json").data
    good = wta(place, "spawn", "good", scenario(*work()), *wait)
    bad = wta(place, "spawn", "bad", scenario('say "No."'), *wait, status=None)

    assert (good.status, bad.status) == (ExitCode.OK, ExitCode.UNFULFILLED)
    assert (good.envelope["ok"], bad.envelope["ok"]) == (True, False)
    assert begun.keys() == {"task", "run", "sandbox"}
    assert begun.keys() | {"usage", "worktree", "merge", "attention"} < good.data.keys()
    assert good.data["task"]["state"] == "ready"
    assert good.data["run"]["exit"]["reason"] == "completed"
    assert good.data["worktree"]["commits"] == 1
    assert (good.data["attention"], good.data["merge"]) == ("", None)
    assert bad.data["task"]["state"] == "failed"
    assert bad.data["attention"] == "no commits: the agent made no commit"


def test_a_supervisor_that_is_asked_to_end_leaves_the_agents_alone(fleet: Fleet) -> None:
    fleet.spawn("a", "listen 20", *work())
    supervisor = start_wta(fleet.repository.path, "supervise")
    fleet.await_phase("a", Phase.THINKING)
    wait_until(lambda: is_held(fleet.context.paths.supervisor_lock), what="the supervisor's lock")

    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(10) == ExitCode.OK
    assert is_alive(fleet.runner("a"))
    assert wta(fleet.repository.path, "send", "a", "go on").status == ExitCode.OK
    assert fleet.await_rest("a").state is TaskState.READY


def supervisors(fleet: Fleet) -> list[int]:
    """Return the processes that live."""
    return [each.pid for each in survivors(fleet.sandbox.mark) if "supervise" in each.argv]


def test_there_is_one_supervisor_however_many_are_started(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 60")
    started = [start_wta(fleet.repository.path, "supervise") for _ in range(4)]

    wait_until(lambda: sum(each.poll() is None for each in started) == 1)

    assert sorted(each.poll() or 0 for each in started) == [0, 0, 0, 0]
    alone = [each.pid for each in started if each.poll() is None]
    # A program that the supervisor is just starting still has its command line.
    wait_until(lambda: supervisors(fleet) == alone, what=lambda: supervisors(fleet))
    for each in started:
        each.kill()
        each.wait()


@pytest.mark.parametrize("form", ["--no-color", "--raw", "--json"])
def test_who_follows_leaves_with_the_last_reader(fleet: Fleet, form: str) -> None:
    fleet.spawn("a", "wait 60")
    fleet.await_phase("a", Phase.TOOL)
    place = shlex.quote(str(fleet.repository.path))
    line = f"{shlex.join(WTA)} -C {place} logs a -f {form} | head -n 1; echo left"

    said = run_to_end(["sh", "-c", line], seconds=15).stdout.decode().splitlines()

    assert len(said) == 2
    assert said[-1] == "left"
    assert fleet.has_live_run("a")


def test_who_only_looks_needs_no_disk_that_takes_writes(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    place = fleet.repository.path
    with mount_small_disk(tmp_path / "disk", megabytes=16) as disk:
        sandbox.set_variable("XDG_STATE_HOME", str(disk.root))
        fleet.configure(limits={"disk_floor": "1KB"})
        wta(place, "spawn", "a", scenario(*work()), "--wait")
        written = {name: wta(place, name, "a", "--json") for name in LOOKS}
        fleet.end()
        wait_until(lambda: not survivors(sandbox.mark), what="the supervisor is gone")
        with disk.read_only():
            seen = {name: wta(place, name, "a", "--json") for name in LOOKS}
            late = wta(place, "wait", "a", "--for", "merged", status=None)

    assert seen["logs"].data == written["logs"].data
    assert seen["diff"].data == written["diff"].data
    assert states(seen["status"]) == states(seen["wait"]) == {"a": "ready"}
    assert late.status == ExitCode.SYSTEM
    assert late.stderr.startswith(f"error: cannot write {tmp_path}")
