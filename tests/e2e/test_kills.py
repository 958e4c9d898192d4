"""Whoever is killed whenever: the next ticks bring every task where it was meant to go.

`scripts/soak kills` goes on for longer, and repeats a choice of victims and pauses.
"""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.support import watched_agent
from tests.support.environment import Sandbox
from tests.support.fleet import Fleet, scenario
from tests.support.killing import Killer
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from tests.support.wta import Program, start_wta
from wtagents.core.errors import StateError
from wtagents.core.message import MessageKind
from wtagents.core.task import Task, TaskState
from wtagents.operations.steering.pause import resume
from wtagents.operations.steering.stop import RetryRequest, retry
from wtagents.store.messages import add_message, undelivered
from wtagents.store.tasks import tasks
from wtagents.system.clock import SystemClock
from wtagents.system.process import is_alive

pytestmark = pytest.mark.e2e

IS_SOAK = "WTA_TEST_KILLS" in os.environ
KILLS = int(os.environ.get("WTA_TEST_KILLS", "15"))
SEED = int(os.environ.get("WTA_TEST_SEED", "0")) or random.randrange(1, 10**6)  # noqa: S311
AT_WORK = 5
MANY = 32
COMMITS = 5
GO_ON = ("resume", "--all")
HOLDS = (
    ("pause", "NAME"), GO_ON, ("pause", "NAME", "--now"), ("pause",), GO_ON, ("freeze",), ("thaw",),
)  # fmt: skip
"""What a person does one after the other. Only in a soak: a pause takes from the other kills."""
STEPS = tuple(
    step
    for number in range(COMMITS)
    for step in (f"write f{number} <<END", "x", "END", "wait 0.05", f'commit "Add f{number}"')
)


@pytest.fixture
def watched(fleet: Fleet, sandbox: Sandbox, tmp_path: Path) -> Path:
    """A fleet whose agents are proved to be alone."""
    folder = tmp_path / "watched"
    folder.mkdir()
    watched_agent.install(sandbox, folder)
    fleet.configure(agent={"kind": "claude"}, limits={"retries": 100, "agents": 6})
    return folder


def test_kills_at_random_lose_nothing(fleet: Fleet, watched: Path, sandbox: Sandbox) -> None:
    print(f"seed {SEED}")  # noqa: T201 - pytest shows it when the test fails
    killer = Killer(repository=fleet.repository.path, mark=sandbox.mark, seed=SEED)
    spawned: list[Program] = []
    held: list[Program] = []
    said: list[str] = []
    killer.start()
    try:
        while len(killer.killed) < KILLS:
            keep_at_work(fleet, spawned)
            talk(fleet, said)
            hold_back(fleet, held)
            killer.await_kill()
    finally:
        killer.stop()
        for each in (*spawned, *held):
            each.wait(30)
    resume(fleet.context, (), everything=True)
    print(f"killed {Counter(killer.killed)}, {len(spawned)} spawned, {len(held)} held")  # noqa: T201
    wait_until(lambda: not unfinished(fleet), what=lambda: describe(fleet), timeout=60)
    require_intact(fleet, watched)
    require_heard(fleet, said)


@pytest.mark.skipif(not IS_SOAK, reason="measured by scripts/soak kills")
def test_the_first_pass_after_a_death_with_many_tasks_is_measured(fleet: Fleet) -> None:
    """Printed and not judged: what a pass takes says more of the machine than of its work."""
    fleet.configure(limits={"agents": MANY, "load": 1000.0, "memory_floor": "1MB"})
    for number in range(MANY):
        fleet.spawn(f"task-{number}", "wait 600")
    runners = [fleet.runner(f"task-{number}") for number in range(MANY)]
    fleet.tick()
    for runner in runners:
        kill_hard(runner.pid)
    wait_until(lambda: not any(map(is_alive, runners)))
    clock = SystemClock()
    began = clock.monotonic()
    applied = fleet.tick().applied
    print(f"first pass: {clock.monotonic() - began:.2f} s, {applied} actions, {MANY} tasks")  # noqa: T201
    assert applied >= MANY
    fleet.end()


def keep_at_work(fleet: Fleet, spawned: list[Program]) -> None:
    """Tick beside the supervisor, end pauses, and hand out new work when little is left."""
    if len(unfinished(fleet)) < AT_WORK and sum(each.poll() is None for each in spawned) < 2:
        name = f"task-{len(spawned)}"
        spawned.append(start_wta(fleet.repository.path, "spawn", name, scenario(*STEPS)))


def talk(fleet: Fleet, said: list[str]) -> None:
    """Say something to somebody who may be dying just now."""
    with fleet.context.database.write() as db:
        listeners = tasks(db)
        if listeners and len(said) < KILLS:
            task = listeners[-1 - len(said) % min(AT_WORK, len(listeners))]
            said.append(f'say "words {len(said):04}"')
            now = fleet.context.clock.now()
            add_message(db, task.id, MessageKind.TEXT, said[-1], now)


def hold_back(fleet: Fleet, held: list[Program]) -> None:
    """Hold agents back and let them go on, one command after the other; some die on their way."""
    if not IS_SOAK or (held and held[-1].poll() is None):
        return
    with fleet.context.database.read() as db:
        names = [task.name for task in tasks(db) if task.state is TaskState.ACTIVE]
    line: tuple[str, ...] = HOLDS[len(held) % len(HOLDS)]
    if "NAME" in line:
        line = tuple(names[-1] if word == "NAME" else word for word in line) if names else GO_ON
    held.append(start_wta(fleet.repository.path, *line))


def unfinished(fleet: Fleet) -> list[Task]:
    """Tick, end the pauses before the next try, and return who is not done."""
    fleet.tick()
    with fleet.context.database.read() as db:
        spoken_to = {message.task_id for message in undelivered(db)}
        left = [t for t in tasks(db) if t.state is not TaskState.READY or t.id in spoken_to]
    for task in left:
        if task.state is TaskState.QUEUED and task.not_before is not None:
            with contextlib.suppress(StateError):
                retry(fleet.context, RetryRequest(name=task.name))
    return left


def describe(fleet: Fleet) -> str:
    return "\n".join(fleet.describe(task.name) for task in unfinished(fleet))


def require_intact(fleet: Fleet, watched: Path) -> None:
    assert watched_agent.overlaps(watched) == []
    with fleet.context.database.read() as db:
        names = [task.name for task in tasks(db)]
    refs = fleet.repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads/wta")
    assert refs.split() == sorted(f"wta/{name}" for name in names)
    worktrees = fleet.repository.git("worktree", "list", "--porcelain").split("\n\n")
    assert len(worktrees) == len(names) + 1
    for name in names:
        fleet.await_gone(name)
        worktree = fleet.worktree(name)
        assert worktree.status() == [], fleet.describe(name)
        made = set(worktree.git("reflog", "--format=%H", "HEAD").splitlines())
        kept = set(worktree.git("rev-list", f"wta/{name}").splitlines())
        assert made <= kept, fleet.describe(name)


def require_heard(fleet: Fleet, said: list[str]) -> None:
    """All words were delivered, and a conversation took them along, in a turn or as its prompt."""
    with fleet.context.database.read() as db:
        names = [task.name for task in tasks(db)]
    heard = "".join(fleet.said(name) for name in names)
    for name in names:
        for message in filter(lambda each: each.is_words, fleet.messages(name)):
            assert (message.delivered_at is not None, message.failed) == (True, ""), message
    assert [words for words in said if words.replace('"', '\\"') not in heard] == []
