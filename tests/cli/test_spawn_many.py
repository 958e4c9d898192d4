"""Many tasks from one file: all or none are made, and a person at a terminal sees how far it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from wtagents.cli.main import main
from wtagents.core.errors import StateError, UsageError
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest
from wtagents.operations.steering.spawn_many import spawn_many
from wtagents.store.after import foundation_of
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from tests.support.environment import Sandbox
    from tests.support.shell import Shell

TASKS = '''\
[[task]]
name = "interface"
prompt = """
Do it.
scenario:
wait 60
"""
timeout = "30m"
budget = 2.5

[[task]]
name = "use-it"
prompt = "use it"
after_ready = "interface"
priority = -1
merge = false

[[task]]
name = "tidy"
prompt = "tidy {prompt}"
agent = "command"
program = ["sleep", "60"]
after = ["interface"]
'''


def stored(shell: Shell) -> list[str]:
    context = Context(shell.folder)
    try:
        return [task.name for task in tasks(context.database)]
    finally:
        context.close()


def test_all_tasks_of_a_file_are_made_and_begun(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.set_variable("COLUMNS", "300")
    (shell.folder / "tasks.toml").write_text(TASKS)
    said = shell.wta("spawn", "--from", "tasks.toml", "--merge", "--dry-run")
    beside = shell.folder.parent / "project-worktrees"
    assert said.status == 0
    assert [line.split() for line in said.out.splitlines()] == [
        ["interface", "from", "main", "at", said.out.split()[4], f"{beside}/interface"],
        ["use-it", "from", "interface", "when", "it", "is", "ready", f"{beside}/use-it"],
        ["tidy", "from", "main", "at", said.out.split()[4], f"{beside}/tidy"],
        ["3", "tasks", "would", "be", "made"],
    ]
    assert (stored(shell), beside.exists()) == ([], False)

    said = shell.wta("spawn", "--from", "tasks.toml", "--merge")
    assert (said.status, said.err) == (
        0,
        "waits for interface, which is active: the task starts by itself\n",
    ), "a pipe gets no progress"
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["interface", "begins"],
        ["use-it", "waits"],
        ["tidy", "begins"],
        ["2", "tasks"],
    ]
    context = Context(shell.folder)
    interface, use_it, tidy = tasks(context.database)
    founded = foundation_of(context.database, use_it.id)
    context.close()
    assert interface.prompt == "Do it.\nscenario:\nwait 60\n"
    assert (interface.agent.timeout_seconds, interface.agent.budget_usd) == (1800, 2.5)
    assert [task.merge_when_ready for task in (interface, use_it, tidy)] == [True, False, True]
    assert (founded is not None and founded.name, use_it.priority) == ("interface", -1)
    assert (tidy.agent.kind, tidy.agent.argv) == ("command", ("sleep", "60"))

    again = shell.wta("spawn", "--from", "tasks.toml")
    assert (again.status, again.err.splitlines()[0].partition(" that")[0]) == (
        4,
        "error: the name interface is taken by a task",
    )


def test_all_are_waited_for_also_behind_one_that_fails(shell: Shell) -> None:
    slow = 'do\nscenario:\nlisten 1\nwrite a <<END\nx\nEND\ncommit "Add a"\n'
    bad = 'do\nscenario:\nstubborn\nsay "no"\n'
    lines = [
        json.dumps({"name": name, "prompt": said}) for name, said in (("bad", bad), ("slow", slow))
    ]
    (shell.folder / "tasks").write_text("\n".join(lines))
    said = shell.wta("spawn", "--from", "tasks", "--agent", "scripted", "--wait", "--json")
    answer = json.loads(said.out)
    ended = [(each["task"]["name"], each["task"]["state"]) for each in answer["data"]["tasks"]]
    assert (said.status, answer["ok"], answer["data"]["failed"]) == (1, False, [])
    assert ended == [("bad", "failed"), ("slow", "ready")]


def test_a_person_sees_how_far_it_is(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.set_variable("COLUMNS", "40")
    sandbox.set_variable("NO_COLOR", "1")
    lines = [json.dumps({"name": f"task-{number}", "prompt": "do it"}) for number in (1, 2)]
    (shell.folder / "tasks").write_text("\n\n".join(lines))
    shown = shell.type("spawn", "--from", "tasks", keys="").out
    assert re.findall(r"beginning[^\x1b\n]*", shown) == [
        "beginning 1 of 2  task-1",
        "beginning 2 of 2  task-2",
    ]
    assert shown.partition("\x1b[1A\x1b[J")[2].startswith("task-1  begins")
    sandbox.set_variable("COLUMNS", "80")
    shown = shell.type("cleanup", "--dry-run", keys="").out
    assert re.findall(r"looking at[^\x1b\n]*", shown) == [
        f"looking at 1 of 2  {'░' * 20}  task-1",
        f"looking at 2 of 2  {'█' * 10}{'░' * 10}  task-2",
    ]
    assert "looking" not in shell.type("cleanup", "--dry-run", "--json", keys="").out


GOOD = '{"name": "a", "prompt": "x"}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "tasks has no task"),
        ("{", "tasks, line 1 is not JSON"),
        (f"{GOOD}\n[1]", "tasks, line 2 is not a table of settings"),
        ("[[task]]\nname = 'a'", "tasks, task 1: prompt is missing"),
        (f'{GOOD}\n{{"name": "b"}}', "tasks, line 2: prompt is missing"),
        (f'{GOOD}\n{{"name": 1, "prompt": "x"}}', "tasks, line 2: name is no text"),
        (f'{GOOD[:-1]}, "colour": 1}}', "tasks, line 1: there is no setting 'colour'"),
        (f'{GOOD[:-1]}, "merge": "yes"}}', "tasks, line 1: merge is not true or false"),
        (f'{GOOD[:-1]}, "after": "b"}}', "tasks, line 1: after is not a list of texts"),
        (f'{GOOD[:-1]}, "model": ["b"]}}', "tasks, line 1: model is no text and no number"),
        (f'{GOOD[:-1]}, "budget": -1}}', "tasks, line 1: budget: -1.0 is not in the range x>0"),
        (f'{GOOD[:-1]}, "program": "x"}}', "tasks, line 1: program is no list of texts"),
        (f"{GOOD}\n{GOOD}", "two tasks are called a"),
        (
            f'{GOOD}\n{{"name": "A/b", "prompt": "x"}}',
            "the names a and A/b do not fit beside each other",
        ),
        (f'{GOOD[:-1]}, "after": ["b"]}}', "no task 'b'"),
        (f'{GOOD}\n{{"name": "b", "prompt": "x", "base": "gone"}}', "'gone' names no commit here"),
        (f'{GOOD}\n{{"name": "-", "prompt": "x"}}', "'-' cannot be a task name"),
    ],
)
def test_a_file_that_cannot_be_right_makes_nothing(
    shell: Shell, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    shell.sandbox.enter(shell.folder)
    (shell.folder / "tasks").write_text(content)
    assert main(["spawn", "--from", "tasks"]) in {2, 4}
    said = capsys.readouterr().err.splitlines()[0]
    assert said.startswith(f"error: {message}")
    assert stored(shell) == []


def test_toml_is_told_apart_and_a_wrong_call_is_named(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.sandbox.enter(shell.folder)
    (shell.folder / "tasks.toml").write_text("[[task]")
    for arguments, message in (
        (["--from", "tasks.toml"], "tasks.toml is not TOML: "),
        (["--from", "gone"], "cannot read gone: no such file or directory"),
        (["--from", "x", "name"], "--from stands without NAME, PROMPT and --file"),
        (["--from", "x", "--dry-run", "--wait"], "--dry-run begins nothing to --wait for"),
        (["--dry-run", "name", "x"], "--dry-run belongs to --from"),
        ([], "missing argument 'NAME'"),
    ):
        assert main(["spawn", *arguments]) == 2
        assert capsys.readouterr().err.startswith(f"error: {message}")
    assert stored(shell) == []


def test_one_that_cannot_begin_does_not_stop_the_others(shell: Shell) -> None:
    context = Context(shell.folder)
    requests = [SpawnRequest(name=name, prompt="scenario:\nwait 60\n") for name in ("a", "b", "c")]

    def in_the_way(_done: int, _of: int, which: str) -> None:
        if which == "b":
            (shell.folder.parent / "project-worktrees" / "b" / "mine").mkdir(parents=True)

    result = spawn_many(context, requests, count=in_the_way)
    assert [each.task.name for each in result.data.tasks] == ["a", "c"]
    assert [each.name for each in result.data.failed] == ["b"]
    assert result.exit_code == 1
    with pytest.raises((StateError, UsageError)):
        spawn_many(context, [SpawnRequest(name=name, prompt="x") for name in ("d", "c")])
    assert [task.name for task in tasks(context.database) if task.name == "d"] == []
    context.close()
