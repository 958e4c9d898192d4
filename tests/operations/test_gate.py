"""Gates: what they see, how they end, and that nothing of theirs stays."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.environment import Sandbox
from tests.support.processes import running, survivors
from tests.support.ready_tasks import Fleet
from wtagents.core.errors import ExitCode
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.operations.merge import MergeRequestOptions, merge

LEAVES_CHILDREN = """\
import os, subprocess, sys, time
subprocess.Popen(["env", "-i", "setsid", "sleep", sys.argv[1]], cwd="/")
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen(sleep)
subprocess.Popen(sleep, start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
"""


def python(program: str) -> str:
    return f"{sys.executable} -c '{program}'"


def test_a_gate_sees_exactly_the_candidate(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"src/a.txt": "a\n", ".gitignore": "*.log\n"})
    fleet.main.commit({"b.txt": "b\n"}, "Meanwhile")
    worktree.write({"left.log": "ignored\n"})
    fleet.main.write({"untracked.txt": "of the person\n"})
    report = fleet.main.path.parent / "seen.txt"
    seen = (
        f"find . -path ./.git -prune -o -type f -print | sort > {report};"
        f' echo "$WTA_TASK $WTA_TARGET" >> {report};'
        f' [ "$(git rev-parse HEAD)" = "$WTA_CANDIDATE" ] && git status --porcelain >> {report};'
        f" git log --format=%s main..HEAD >> {report}; env | grep -c ^GIT_ >> {report}; true"
    )
    fleet.use(gate=[seen, "test -f b.txt"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert report.read_text().splitlines() == [
        "./.gitignore",
        "./README.md",
        "./b.txt",
        "./src/a.txt",
        "fix main",
        "Do fix",
        "1",
    ]
    assert outcome.verified
    assert [(gate.command, gate.passed) for gate in outcome.gates] == [
        (seen, True),
        ("test -f b.txt", True),
    ]
    assert outcome.detail == "1 commit on main; 2 gates passed"
    assert fleet.main.status() == ["?? untracked.txt"]


def test_a_red_gate_rejects_and_the_target_stays_byte_for_byte(fleet: Fleet) -> None:
    fleet.task("bad", {"README.md": "# Broken\n"})
    fleet.task("good", {"a.txt": "a\n"})
    fleet.use(gate=["echo looking; grep -q Project README.md || { echo no project >&2; exit 3; }"])
    before, files = fleet.tip(), fleet.main.files()
    result = merge(fleet.context, MergeRequestOptions(names=("bad",)))
    (outcome,) = result.data
    assert result.exit_code is ExitCode.UNFULFILLED
    assert (outcome.state, outcome.rejection) == (MergeState.REJECTED, Rejection.GATE_RED)
    assert outcome.detail.endswith("failed: no project")
    assert [gate.passed for gate in outcome.gates] == [False]
    assert outcome.gates[0].tail == "looking\nno project"
    assert Path(outcome.gates[0].log).read_text() == "looking\nno project\n"
    assert (fleet.tip(), fleet.main.files(), fleet.main.status()) == (before, files, [])
    task = fleet.row("bad")
    assert (task.state, task.detail) == (TaskState.READY, outcome.detail)
    (good,) = merge(fleet.context, MergeRequestOptions(names=("good",))).data
    assert (good.state, good.verified) == (MergeState.MERGED, True)


def test_gates_stop_at_the_first_red_one(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.use(gate=["true", "false", "echo never"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert [(gate.command, gate.passed) for gate in outcome.gates] == [
        ("true", True),
        ("false", False),
    ]


def test_a_gate_that_hangs_is_ended_with_everything_it_started(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    program = tmp_path / "leaves.py"
    program.write_text(LEAVES_CHILDREN + "time.sleep(600)\n")
    fleet.use(gate=[f"{sys.executable} {program} 611.25"], gate_timeout="2s")
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert (outcome.state, outcome.rejection) == (MergeState.REJECTED, Rejection.GATE_TIMEOUT)
    assert survivors(sandbox.mark) == []
    assert running("sleep", "611.25") == [], "without mark, session and parent"


def test_a_green_gate_leaves_no_process_either(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    program = tmp_path / "leaves.py"
    program.write_text(LEAVES_CHILDREN)
    fleet.use(gate=[f"{sys.executable} {program} 611.5"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert outcome.state is MergeState.MERGED
    assert survivors(sandbox.mark) == []
    assert running("sleep", "611.5") == []


def test_what_a_gate_changes_does_not_land_and_is_named(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.use(
        gate=["echo spoiled > a.txt; echo new > b.txt", "test $(cat a.txt) = a -a ! -e b.txt"]
    )
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert outcome.state is MergeState.MERGED
    assert "changed tracked files (a.txt); they do not land" in outcome.detail
    assert fleet.main.files() == {"README.md": b"# Project\n", "a.txt": b"a\n"}


def test_a_gate_may_remove_the_folder_that_it_runs_in(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.use(gate=['rm -rf "$PWD"', "test -e a.txt"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert "the gate 'rm -rf \"$PWD\"' removed the folder that it ran in" in outcome.detail
    assert fleet.main.files() == {"README.md": b"# Project\n", "a.txt": b"a\n"}


def test_git_commands_of_a_gate_reach_nothing_that_lasts(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.task("next", {"b.txt": "b\n"})
    evil = (
        "git config core.hooksPath /tmp;"
        " git config core.fsmonitor 'test -n \"$WTA_GATE\" || touch ../../fired';"
        " git commit -q --allow-empty -m planted; git update-ref refs/heads/planted HEAD;"
        " git reset -q --hard HEAD~2; git gc -q --prune=now; true"
    )
    fleet.use(gate=[evil])
    result = merge(fleet.context, MergeRequestOptions(ready=True))
    assert [each.state for each in result.data] == [MergeState.MERGED] * 2
    assert fleet.main.subjects() == ["Do next", "Do fix", "Begin"]
    assert "refs/heads/planted" not in fleet.main.refs()
    assert not (fleet.context.paths.root / "fired").exists()
    assert fleet.main.git("fsck", "--no-dangling") == ""


def test_ignored_files_of_the_scratch_worktree_stay_and_included_ones_come(fleet: Fleet) -> None:
    fleet.main.commit({".gitignore": "cache/\n.env\n", ".worktreeinclude": ".env\n"})
    fleet.main.write({".env": "KEY=1\n"})
    for name in ("one", "two"):
        fleet.task(name, {f"{name}.txt": name})
    count = "mkdir -p cache; echo x >> cache/runs; cat .env cache/runs"
    fleet.use(gate=[count])
    one, two = (
        merge(fleet.context, MergeRequestOptions(names=(name,))).data[0] for name in ("one", "two")
    )
    assert one.gates[0].tail == "KEY=1\nx"
    assert two.gates[0].tail == "KEY=1\nx\nx"


def test_an_included_file_goes_nowhere_outside_and_replaces_nothing(
    fleet: Fleet, tmp_path: Path
) -> None:
    """A branch may put a link or a file where an included file would go."""
    include = {".gitignore": "conf/\nkeys/\n.env\n", ".worktreeinclude": "conf/\nkeys/\n.env\n"}
    fleet.main.commit(include)
    fleet.main.write({"conf/secret": "1\n", "keys/secret": "2\n", ".env": "KEY=1\n"})
    outside = tmp_path / "outside"
    outside.mkdir()
    worktree = fleet.task("fix", {"conf": "a file\n", ".env": "KEY=branch\n"})
    (worktree.path / "keys").symlink_to(outside)
    worktree.git("add", "--force", "keys")
    worktree.git("commit", "-q", "-m", "Link")
    fleet.use(gate=["cat conf .env"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert [gate.tail for gate in outcome.gates] == ["a file\nKEY=branch"], outcome.detail
    assert list(outside.iterdir()) == []


def test_a_set_up_command_that_fails_rejects_in_words(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.use(gate=["true"], setup=["echo no network; exit 1"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert outcome.rejection is Rejection.GATE_RED
    assert outcome.detail == "the set-up command 'echo no network; exit 1' failed: no network"


def test_no_gate_is_asked_for_by_name_and_recorded(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.use(gate=["false"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",), no_gate=True)).data
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, False)
    assert outcome.detail == "1 commit on main; not verified: --no-gate"
    assert fleet.request("fix").skip_gate


def test_escapes_in_the_output_of_a_gate_reach_no_terminal(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.use(gate=["printf 'a\\033]0;owned\\007b\\n'; exit 1"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert outcome.gates[0].tail == "ab"
    assert outcome.detail.isprintable()
