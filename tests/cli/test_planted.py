"""Everything that an agent can plant, and every command there is: nothing planted runs.

What is checked out for a new task runs the filters of the person's own configuration, which is why
the tripwire, which names every plant, stands before it.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path

import click
import pytest

from tests.git.plants import POINTERS, SETTINGS, Ground
from tests.support.dying import Mortal
from tests.support.environment import Sandbox
from tests.support.fleet import configure
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from tests.support.verbs import World
from wtagents.cli.main import main
from wtagents.cli.registry import root
from wtagents.core.errors import ExitCode
from wtagents.operations.context import Context
from wtagents.system.lock import try_lock

LINES = {
    "status": ("status --all",),
    "why": ("why red",),
    "logs": ("logs idle",),
    "diff": ("diff idle", "diff idle --landing", "diff red"),
    "cost": ("cost",),
    "queue": ("queue",),
    "parked": ("parked",),
    "hud": ("hud",),
    "statusline": ("statusline",),
    "notify": ("notify",),
    "config": ("config",),
    "doctor": ("doctor",),
    "checkpoints": ("checkpoints idle",),
    "radar": ("radar",),
    "claim": ("claim idle app",),
    "priority": ("priority idle 5",),
    "send": ("send red hello",),
    "answer": ("answer idle --allow",),
    "attach": ("attach idle",),
    "wait": ("wait idle --timeout 1s",),
    "pause": ("pause idle",),
    "resume": ("resume --all",),
    "freeze": ("freeze",),
    "thaw": ("thaw",),
    "restore": ("restore idle 1", "restore idle 1 --branch", "restore red", "restore held"),
    "fork": ("fork idle forked",),
    "adopt": ("adopt ../try",),
    "accept": ("accept red",),
    "retry": ("retry held",),
    "spawn": ("spawn new work",),
    "stop": ("stop held",),
    "cancel": ("cancel held",),
    "undo": ("undo landed",),
    "pr": ("pr idle --remote far",),
    "resolve": ("resolve idle",),
    "resolve-files": ("resolve-files app kept app app out",),
    "merge": ("merge idle --dry-run", "merge --ready --no-gate"),
    "undelete": ("undelete binned",),
    "cleanup": ("cleanup gone", "cleanup red held", "cleanup --all"),
    "supervise": ("supervise --once",),
    "trust": ("trust --yes",),
    "init": ("init",),
    "dashboard": ("dashboard",),
}
"""What is typed of each command; in this order, for one sees what the other has done."""
ELSEWHERE = {"demo"}
"""Commands that work in a repository of their own."""


def type_line(line: str) -> int:
    """Run `wta` with a line of JSON."""
    return main(json.loads(line))


@pytest.fixture
def world(tmp_path: Path, template: Path, sandbox: Sandbox) -> World:
    sandbox.set_variable("XDG_STATE_HOME", str(tmp_path / "world" / "state"))
    configure(sandbox)
    built = World(place=tmp_path / "world", state=tmp_path / "world" / "state")
    built.build(template)
    return built


def planted(world: World, tmp_path: Path) -> Ground:
    """Plant all of it: the pointers in worktrees that do not hide those of others."""
    places = {"git-file": "red", "commondir": "held"}
    ground = Ground(world.repository, world.repository, tmp_path / "evil")
    for plant in POINTERS:
        task = places.get(plant.name, "idle")
        ground.worker = RepositoryBuilder(world.place / "worktrees" / task)
        plant.plant(ground)
    for plant in SETTINGS:
        plant.plant(ground)
    make_racy(world)
    return ground


def make_racy(world: World) -> None:
    """Let every file be younger than the index that knows it: git must look into it to be sure."""
    for index in (world.repository.path / ".git").rglob("index"):
        os.utime(index, (1, 1))
    for path in (world.repository.path, *(world.place / "worktrees").iterdir()):
        (path / "app").touch()


def test_nothing_that_is_planted_runs_in_any_command(
    world: World, tmp_path: Path, sandbox: Sandbox
) -> None:
    assert LINES.keys() | ELSEWHERE == set(root.list_commands(click.Context(root)))
    ground = planted(world, tmp_path)
    ground.ran()
    sandbox.enter(world.repository.path)
    ran = {}
    with Mortal() as mortal, ExitStack() as seat:
        # No supervisor beside them: what is seen is what the command itself has run.
        seat.enter_context(try_lock(Context(world.repository.path).paths.supervisor_lock))
        for line in (line for lines in LINES.values() for line in lines):
            if line.startswith("supervise"):
                seat.close()
            make_racy(world)
            ended = mortal.call(type_line, json.dumps(line.split()))
            assert (ended.fault, ended.struck) == ("", False), line
            assert ended.answer not in (ExitCode.USAGE, ExitCode.INTERNAL), line
            ran[line] = ground.ran()
    assert {line: names for line, names in ran.items() if names} == {}
    run_to_end(["git", "status"], cwd=world.repository.path)
    assert ground.ran() != [], "the plants are alive"
