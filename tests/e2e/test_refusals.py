"""What cannot be begun is refused in one line with the next command, and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.fleet import Fleet, configure, work
from tests.support.repository import RepositoryBuilder
from tests.support.small_disk import mount_small_disk
from tests.support.wta import Said, wta
from wtagents.core.errors import ExitCode
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState

pytestmark = pytest.mark.e2e

NAMES = {
    "taken": ("feat/x", "the name feat/x is taken by a task that is queued"),
    "twin": ("Feat/X", "the name Feat/X is too close to the task feat/x"),
    "dash": ("feat-x", "the name feat-x is too close to the task feat/x"),
    "above": ("feat", "the name feat does not fit beside the task feat/x"),
    "below": ("feat/x/y", "the name feat/x/y does not fit beside the task feat/x"),
    "up": ("../x", "'../x' cannot be a task name"),
    "dots": ("x..y", "'x..y' cannot be a task name"),
    "lock": ("x.lock", "'x.lock' cannot be a task name"),
    "reflog": ("x@{1}", "'x@{1}' cannot be a task name"),
    "space": ("a b", "'a b' cannot be a task name"),
    "newline": ("a\n", "'a\\n' cannot be a task name"),
    "escape": ("a\x1b[2J", "'a\\x1b[2J' cannot be a task name"),
    "not ASCII": ("täsk", "'täsk' cannot be a task name"),
    "empty": ("", "'' cannot be a task name"),
}


def spawn(repository: RepositoryBuilder, *arguments: str, stdin: bytes = b"do it") -> Said:
    return wta(repository.path, "spawn", *arguments, stdin=stdin, status=None)


def require_refused(said: Said, status: ExitCode, message: str) -> None:
    """One line of what and why, one line of what to do, nothing on stdout."""
    lines = said.stderr.splitlines()
    assert said.stdout == ""
    assert said.status == status, said
    assert [line.split(": ")[0] for line in lines] == ["error", "hint"], said
    assert lines[0].startswith(f"error: {message}"), said


def world(repository: RepositoryBuilder) -> tuple[str, str, list[str]]:
    """Refs, worktrees and the folder of the worktrees."""
    beside = repository.path.parent / f"{repository.path.name}-worktrees"
    return (
        repository.git("for-each-ref"),
        repository.git("worktree", "list", "--porcelain"),
        sorted(path.name for path in beside.iterdir()) if beside.exists() else [],
    )


def tasks(repository: RepositoryBuilder) -> list[str]:
    return [item["task"]["name"] for item in wta(repository.path, "status", "--json").data]


@pytest.mark.parametrize(("name", "message"), NAMES.values(), ids=NAMES)
def test_a_name_is_refused(fleet: Fleet, name: str, message: str) -> None:
    fleet.configure(limits={"agents": 1})
    fleet.spawn("busy", "wait 60")
    fleet.spawn("feat/x", "wait 60")
    before = world(fleet.repository)

    refused = spawn(fleet.repository, name, "-")

    status = ExitCode.STATE if "the task" in message or "taken" in message else ExitCode.USAGE
    require_refused(refused, status, message)
    assert world(fleet.repository) == before
    assert tasks(fleet.repository) == ["busy", "feat/x"]


def test_a_name_of_sixty_characters_is_the_longest(fleet: Fleet) -> None:
    require_refused(
        spawn(fleet.repository, "n" * 61, "-"),
        ExitCode.USAGE,
        f"'{'n' * 61}' cannot be a task name",
    )
    assert spawn(fleet.repository, "n" * 60, "-").status == ExitCode.OK
    assert tasks(fleet.repository) == ["n" * 60]


OPTIONS = {
    "missing base": (("--base", "nope"), ExitCode.STATE, "'nope' names no commit here"),
    "missing target": (("--target", "nope"), ExitCode.STATE, "there is no branch nope"),
    "base like an option": (("--base=--all",), ExitCode.STATE, "'--all' names no commit here"),
    "missing program": (
        ("--agent", "command", "--", "/nope/program"),
        ExitCode.SYSTEM,
        "the agent program /nope/program is not there",
    ),
    "missing claude": (
        ("--agent", "claude"),
        ExitCode.SYSTEM,
        "the agent program claude is not there",
    ),
}


@pytest.mark.parametrize(("options", "status", "message"), OPTIONS.values(), ids=OPTIONS)
def test_a_start_is_refused(
    fleet: Fleet, sandbox: Sandbox, options: tuple[str, ...], status: ExitCode, message: str
) -> None:
    sandbox.set_variable("PATH", "/usr/bin:/bin")
    before = world(fleet.repository)

    require_refused(spawn(fleet.repository, "a", "-", *options), status, message)

    assert world(fleet.repository) == before
    assert tasks(fleet.repository) == []


def test_an_empty_prompt_is_refused(fleet: Fleet) -> None:
    require_refused(
        spawn(fleet.repository, "a", "-", stdin=b" \n"), ExitCode.USAGE, "the prompt is empty"
    )
    assert tasks(fleet.repository) == []


def test_a_branch_or_a_folder_in_the_way_stays_as_it_is(fleet: Fleet) -> None:
    fleet.repository.branch("wta/a", "main")
    beside = fleet.repository.path.parent / "project-worktrees" / "b"
    beside.mkdir(parents=True)
    (beside / "mine").touch()
    before = world(fleet.repository)

    require_refused(
        spawn(fleet.repository, "a", "-"), ExitCode.STATE, "the branch wta/a exists already"
    )
    require_refused(spawn(fleet.repository, "b", "-"), ExitCode.STATE, f"{beside} exists already")

    assert world(fleet.repository) == before
    assert (beside / "mine").exists()
    assert tasks(fleet.repository) == []


def test_where_no_repository_or_no_commit_is_nothing_begins(sandbox: Sandbox) -> None:
    configure(sandbox)
    unborn = RepositoryBuilder.create(sandbox.work / "unborn")
    nowhere = sandbox.work / "nowhere"
    nowhere.mkdir()

    outside = wta(nowhere, "spawn", "a", "x", status=None)
    require_refused(outside, ExitCode.STATE, f"{nowhere} is not in a git repository")
    require_refused(spawn(unborn, "a", "-"), ExitCode.STATE, "the repository has no commit yet")
    assert world(unborn)[2] == []


def test_a_damaged_store_is_named_and_not_touched(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 60")
    fleet.context.close()
    store = fleet.context.paths.database
    store.write_bytes(b"no database, but long enough to be read as one" * 100)
    for log in ("-wal", "-shm"):
        store.with_name(store.name + log).unlink(missing_ok=True)
    before = world(fleet.repository)

    for arguments in (("spawn", "b", "x"), ("status",)):
        refused = wta(fleet.repository.path, *arguments, status=None)
        require_refused(refused, ExitCode.SYSTEM, f"the state in {store} is damaged")

    assert store.read_bytes().startswith(b"no database")
    assert world(fleet.repository) == before


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere; see the disk below")
def test_a_folder_without_permission_is_named(fleet: Fleet, sandbox: Sandbox) -> None:
    sandbox.state.mkdir(parents=True)
    sandbox.state.chmod(0o500)

    refused = spawn(fleet.repository, "a", "-")

    require_refused(refused, ExitCode.SYSTEM, "cannot write")
    assert world(fleet.repository)[2] == []


def test_a_state_folder_that_cannot_be_written_is_named(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    before = world(fleet.repository)
    with mount_small_disk(tmp_path / "disk") as disk:
        sandbox.set_variable("XDG_STATE_HOME", str(disk.root))
        fleet.configure(limits={"disk_floor": "1KB"})
        with disk.read_only():
            refused = spawn(fleet.repository, "a", "-")

        require_refused(refused, ExitCode.SYSTEM, "cannot write")
        assert world(fleet.repository) == before
        assert list(disk.root.iterdir()) == []


def test_a_full_disk_under_the_state_is_named(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    before = world(fleet.repository)
    with mount_small_disk(tmp_path / "disk") as disk:
        sandbox.set_variable("XDG_STATE_HOME", str(disk.root))
        fleet.configure(limits={"disk_floor": "0B"})
        disk.fill()
        refused = spawn(fleet.repository, "a", "-")

        require_refused(refused, ExitCode.SYSTEM, "cannot write")
        assert world(fleet.repository) == before
        disk.free()
        assert spawn(fleet.repository, "a", "-").status == ExitCode.OK
        fleet.end()


def test_too_little_space_is_refused_before_anything_is_made(fleet: Fleet) -> None:
    fleet.configure(limits={"disk_floor": "900TB"})
    before = world(fleet.repository)

    require_refused(spawn(fleet.repository, "a", "-"), ExitCode.SYSTEM, "only ")

    assert world(fleet.repository) == before
    assert tasks(fleet.repository) == []


def test_a_full_disk_under_the_worktrees_leaves_nothing_half_made(
    fleet: Fleet, tmp_path: Path
) -> None:
    fleet.repository.commit({"big.bin": os.urandom(3_000_000)})
    before = world(fleet.repository)
    with mount_small_disk(tmp_path / "disk") as disk:
        fleet.configure(worktree={"root": str(disk.root)}, limits={"disk_floor": "0B"})

        refused = spawn(fleet.repository, "a", "-")

        require_refused(refused, ExitCode.SYSTEM, "")
        assert world(fleet.repository) == before
        assert list(disk.root.iterdir()) == []
        assert tasks(fleet.repository) == []


def test_a_set_up_that_fails_holds_the_agent_back(fleet: Fleet) -> None:
    fleet.repository.commit({"wta.toml": '[worktree]\nsetup = ["echo boom >&2; exit 3"]\n'})
    require_refused(spawn(fleet.repository, "a", "-"), ExitCode.CONFIG, f"{fleet.repository.path}")
    assert tasks(fleet.repository) == []

    wta(fleet.repository.path, "trust", "--yes")
    assert spawn(fleet.repository, "a", "-").status == ExitCode.OK

    task = fleet.await_rest("a")
    assert (task.state, task.reason) == (TaskState.FAILED, Reason.SETUP_FAILED)
    assert task.detail == "set-up command ended with status 3: echo boom >&2; exit 3: boom"
    assert fleet.endings("a") == [ExitReason.SETUP_FAILED]
    assert fleet.said("a") == ""


@pytest.mark.parametrize("required", ["true", "false"])
def test_large_files_without_their_program_are_refused_before_anything_is_made(
    fleet: Fleet, required: str
) -> None:
    fleet.repository.commit({"art/.gitattributes": "*.psd filter=lfs -text\n"})
    fleet.repository.commit({"art/a.psd": "version https://git-lfs.github.com/spec/v1\n"})
    fleet.repository.git("config", "filter.lfs.process", "no-such-git-lfs filter-process")
    fleet.repository.git("config", "filter.lfs.required", required)
    before = world(fleet.repository)

    said = spawn(fleet.repository, "a", "-")

    require_refused(
        said,
        ExitCode.SYSTEM,
        "the repository keeps files in LFS, but no-such-git-lfs is not there: "
        "git could not check out a worktree",
    )
    assert said.stderr.endswith("hint: install git-lfs, then: git lfs install\n")
    assert world(fleet.repository) == before
    assert tasks(fleet.repository) == []


def test_where_git_knows_no_such_filter_the_pointers_are_enough(fleet: Fleet) -> None:
    fleet.repository.commit({".gitattributes": "*.psd filter=lfs -text\n", "a.psd": "pointer\n"})

    fleet.spawn("a", *work())

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.worktree("a").files()["a.psd"] == b"pointer\n"
