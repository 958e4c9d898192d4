"""Credentials that programs say: nothing of wta keeps one, whoever is killed whenever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.credentials import CANARIES, MARKS
from tests.support.environment import Sandbox
from tests.support.fleet import Fleet, work
from tests.support.processes import kill_hard, survivors
from tests.support.waiting import wait_until
from wtagents.core.errors import ExitCode
from wtagents.core.task import TaskState
from wtagents.operations.merge import MergeRequestOptions, merge

pytestmark = pytest.mark.e2e

SAYS = """\
cat "$0"; cat "$0" >&2
echo half; printf %s "$(tail -n 1 "$0")"; printf %s "$(tail -n 1 "$0")" >&2
touch "$WTA_TEMP/up"
"""


@pytest.fixture
def said(sandbox: Sandbox) -> Path:
    """A file outside of everything, with one canary of each shape."""
    file = sandbox.home / "canaries"
    file.write_text("".join(f"{each}\n" for each in CANARIES))
    return file


def kept(sandbox: Sandbox, said: Path) -> Iterator[str]:
    """Yield the files and command lines that hold a credential."""
    marks = [mark.encode() for mark in MARKS]
    for file in sandbox.home.parent.rglob("*"):
        if file.is_file() and not file.is_symlink() and file != said:
            content = file.read_bytes()
            yield from (f"{file}: {mark!r}" for mark in marks if mark in content)
    for process in survivors(sandbox.mark):
        yield from (str(process) for mark in MARKS if mark in " ".join(process.argv))


def test_none_of_twenty_stays_when_a_runner_is_killed(
    fleet: Fleet, sandbox: Sandbox, said: Path
) -> None:
    fleet.configure(limits={"retries": 0}, worktree={"setup": [f"cat {said}"]})
    fleet.spawn_command("a", "sh", "-c", f"{SAYS}sleep 600", str(said))
    up = fleet.context.paths.resources(fleet.task("a").id).temporary / "up"
    wait_until(up.exists, what=lambda: fleet.describe("a"))
    wait_until(lambda: fleet.said("a").endswith("half\n"), what=lambda: fleet.describe("a"))
    assert fleet.folder("a").setup_log.read_text().count("\n") == len(CANARIES) + 1

    kill_hard(fleet.runner("a").pid)

    assert list(kept(sandbox, said)) == []
    assert fleet.await_rest("a").state is TaskState.FAILED
    assert list(kept(sandbox, said)) == []


def test_none_stays_of_what_checks_and_gates_say(
    fleet: Fleet, sandbox: Sandbox, said: Path
) -> None:
    fleet.configure(
        verify={"commands": [f"cat {said}"]}, merge={"gate": [f"cat {said}; cat {said} >&2; false"]}
    )
    fleet.spawn("a", *work())
    assert fleet.await_rest("a").state is TaskState.READY
    assert "[GitHub token]" in fleet.folder("a").checks_log.read_text()

    landed = merge(fleet.context, MergeRequestOptions(names=("a",)))

    assert landed.exit_code is ExitCode.UNFULFILLED
    logs = fleet.context.paths.gates.glob("*.log")
    assert [log.read_text().count("[GitHub token]") for log in logs] == [4, 4]
    assert list(kept(sandbox, said)) == []
