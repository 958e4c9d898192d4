"""Every hazard that `wta doctor` knows, made on purpose."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import start_apart
from tests.support.ready_tasks import Fleet
from tests.support.records import NOW
from tests.support.stored import ended_run, stored_run, stored_task
from wtagents.core.errors import ExitCode
from wtagents.core.run import RunState
from wtagents.operations.checks.check import Check, Health
from wtagents.operations.context import Context
from wtagents.operations.doctor import HAZARDS, doctor
from wtagents.store.runs import move_run
from wtagents.system.process import RUN_MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clock import ManualClock
    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder

pytestmark = pytest.mark.walls

SCRIPTED = '[agent]\nkind = "scripted"\n'


@pytest.fixture(autouse=True)
def own_settings(sandbox: Sandbox) -> Path:
    """Use the built-in agent: what is installed on the machine is no matter of these tests."""
    own = sandbox.config / "wta" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text(f'{SCRIPTED}[limits]\ndisk_floor = "1MB"\n')
    return own


def checks(repository: RepositoryBuilder, name: str = "") -> list[Check]:
    found = doctor(Context(repository.path)).data
    return [check for check in found if name in ("", check.name)]


def one(repository: RepositoryBuilder, name: str) -> tuple[Health, str, str]:
    [check] = checks(repository, name)
    return check.health, check.finding, check.remedy


def programs_without(name: str, folder: Path, sandbox: Sandbox) -> None:
    """Make PATH a folder that has everything this test needs but one program."""
    folder.mkdir()
    for needed in {"git", "sh", "env"} - {name}:
        (folder / needed).symlink_to(str(shutil.which(needed)))
    sandbox.set_variable("PATH", str(folder))


def test_a_healthy_repository_has_nothing_to_mend(repository: RepositoryBuilder) -> None:
    result = doctor(Context(repository.path))
    assert result.exit_code is ExitCode.OK
    assert [check for check in result.data if check.health is Health.FAILED] == []
    assert not Context(repository.path).paths.root.exists()


def test_every_finding_that_failed_has_a_remedy(tmp_path: Path, sandbox: Sandbox) -> None:
    sandbox.set_variable("PATH", str(tmp_path))
    folder = tmp_path / "r"
    (folder / ".git").mkdir(parents=True)
    for name, text in {"HEAD": "ref: refs/heads/main\n", "config": ""}.items():
        (folder / ".git" / name).write_text(text)
    (folder / ".git" / "objects").mkdir()
    (folder / ".git" / "refs").mkdir()
    result = doctor(Context(folder))
    sick = [check for check in result.data if check.health is Health.FAILED]
    assert result.exit_code is ExitCode.UNFULFILLED
    assert "git" in {check.name for check in sick}
    assert [check.name for check in sick if not check.remedy] == []


def test_each_hazard_says_why_it_is_one() -> None:
    assert [hazard.__name__ for hazard in HAZARDS if not hazard.__doc__] == []


def test_a_missing_agent_is_named(repository: RepositoryBuilder, own_settings: Path) -> None:
    own_settings.write_text('[agent]\nprogram = "no-such-claude"\n')
    health, finding, remedy = one(repository, "agent")
    assert (health, finding) == (Health.FAILED, "no-such-claude: no-such-claude is not installed")
    assert remedy


def test_a_wrong_configuration_is_a_finding(
    repository: RepositoryBuilder, own_settings: Path
) -> None:
    own_settings.write_text("[limits]\nagents = 0\n")
    [check] = [check for check in checks(repository) if check.health is Health.FAILED]
    assert check.name == "settings"
    assert "limits.agents cannot be 0" in check.finding
    assert one(repository, "git locks")[0] is Health.OK


def test_a_state_folder_open_to_others(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    context.database.close()
    context.paths.root.chmod(0o755)
    health, finding, remedy = one(repository, "state folder")
    assert (health, remedy) == (Health.FAILED, f"chmod 700 {context.paths.root}")
    assert "(drwxr-xr-x)" in finding


def test_a_state_folder_that_cannot_be_made(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    sandbox.set_variable("XDG_STATE_HOME", str(file))
    expected = (Health.FAILED, f"{file} cannot be written", "set XDG_STATE_HOME")
    assert one(repository, "state folder") == expected


def test_a_damaged_database(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        for number in range(200):
            stored_task(db, f"task-{number}", prompt="x" * 300)
    context.database.checkpoint()
    context.database.close()
    assert one(repository, "database")[0] is Health.OK
    path = context.paths.database
    damaged = bytearray(path.read_bytes())
    damaged[8192:60_000] = os.urandom(60_000 - 8192)
    path.write_bytes(damaged)
    health, _, remedy = one(repository, "database")
    assert health is Health.FAILED
    assert f"mv {path} {path}.damaged" in remedy


def test_what_is_no_database_is_said_once(repository: RepositoryBuilder) -> None:
    path = Context(repository.path).paths.database
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text("this is no database, but it is long enough to be looked at")
    sick = [check for check in checks(repository) if check.health is Health.FAILED]
    assert [(check.name, check.finding) for check in sick] == [
        ("database", f"the state in {path} is damaged: file is not a database")
    ]


def test_a_full_disk(repository: RepositoryBuilder, own_settings: Path) -> None:
    own_settings.write_text(f'{SCRIPTED}[limits]\ndisk_floor = "999999TB"\n')
    for name in ("disk of the state", "disk of the worktrees"):
        assert one(repository, name)[0] is Health.FAILED


def test_work_without_a_supervisor(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        stored_task(db, "waits")
    expected = (Health.FAILED, "none runs, but there is work: waits", "wta supervise")
    assert one(repository, "supervisor") == expected
    program = (
        "import sys, signal; from pathlib import Path; from wtagents.system.lock import try_lock\n"
        "with try_lock(Path(sys.argv[1])) as held: print(held, flush=True); signal.pause()\n"
    )
    argv = [sys.executable, "-c", program, str(context.paths.supervisor_lock)]
    holder = start_apart(argv)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"True\n"
    assert one(repository, "supervisor")[:2] == (Health.OK, "runs")
    holder.kill()
    holder.communicate()


def test_a_clock_behind_the_records(repository: RepositoryBuilder, clock: ManualClock) -> None:
    context = Context(repository.path, clock=clock)
    with context.database.write() as db:
        stored_task(db, at=clock.now())
    clock.set_wall_back(3600)
    [check] = [check for check in doctor(context).data if check.name == "clock"]
    assert (check.health, check.finding) == (
        Health.FAILED,
        "it is 3600 s behind the newest record",
    )


def commands_for_that_nobody_trusted(repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": '[merge]\ngate = ["pytest"]\n'})
    assert one(repository, "trust")[::2] == (Health.FAILED, "wta trust")


@pytest.mark.parametrize(
    ("settings", "name", "health"),
    [
        ({"gc.pruneExpire": "now"}, "gc.pruneExpire", Health.FAILED),
        ({"core.hooksPath": "hooks"}, "core.hooksPath", Health.NOTE),
        ({"rerere.autoUpdate": "true"}, "rerere.autoUpdate", Health.NOTE),
        ({"rebase.updateRefs": "yes"}, "rebase.updateRefs", Health.NOTE),
        (
            {"receive.denyCurrentBranch": "updateInstead"},
            "receive.denyCurrentBranch",
            Health.NOTE,
        ),
        ({"receive.denyCurrentBranch": "no"}, "receive.denyCurrentBranch", Health.NOTE),
        ({"commit.gpgSign": "true"}, "signing", Health.FAILED),
        (
            {"commit.gpgSign": "1", "user.signingKey": "k", "gpg.program": "true"},
            "signing",
            Health.NOTE,
        ),
        (
            {"commit.gpgSign": "on", "user.signingKey": "k", "gpg.program": "/no/gpg"},
            "signing",
            Health.FAILED,
        ),
    ],
)
def test_settings_of_git_that_endanger(
    repository: RepositoryBuilder, settings: dict[str, str], name: str, health: Health
) -> None:
    for key, value in settings.items():
        repository.git("config", key, value)
    found, _, remedy = one(repository, name)
    assert found is health
    assert remedy


def test_harmless_settings_of_git(repository: RepositoryBuilder) -> None:
    harmless = {
        "core.hooksPath": "~/hooks",
        "gc.pruneExpire": "2.weeks",
        "rerere.autoUpdate": "false",
        "receive.denyCurrentBranch": "refuse",
        "extensions.worktreeConfig": "true",
    }
    for key, value in harmless.items():
        repository.git("config", key, value)
    assert one(repository, "git settings")[0] is Health.OK


def test_nobody_to_commit_as(repository: RepositoryBuilder, sandbox: Sandbox) -> None:
    (sandbox.home / ".gitconfig").write_text("")
    assert one(repository, "identity") == (
        Health.FAILED,
        "user.name and user.email not set: agents cannot commit",
        'git config user.name "…"',
    )


def test_large_files_without_git_lfs(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    programs_without("git-lfs", tmp_path / "bin", sandbox)
    assert checks(repository, "git-lfs") == []
    repository.commit({"art/.gitattributes": "*.psd filter=lfs diff=lfs -text\n"})
    install = "install git-lfs, then: git lfs install"
    assert one(repository, "git-lfs") == (
        Health.NOTE,
        "it is not there: agents find small pointers instead of the files kept in LFS",
        install,
    )
    repository.git("config", "filter.lfs.process", "git-lfs filter-process")
    assert one(repository, "git-lfs") == (
        Health.FAILED,
        "the repository keeps files in LFS, but git-lfs is not there: no task can begin",
        install,
    )


def test_submodules_are_named(repository: RepositoryBuilder) -> None:
    repository.commit({".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ./x\n'})
    assert one(repository, "submodules")[0] is Health.NOTE


def test_a_tracked_or_linked_instructions_file(repository: RepositoryBuilder) -> None:
    assert checks(repository, "CLAUDE.local.md") == []
    link = repository.path / "CLAUDE.local.md"
    link.symlink_to("README.md")
    assert "it is a symbolic link" in one(repository, "CLAUDE.local.md")[1]
    link.unlink()
    repository.commit({"CLAUDE.local.md": "mine\n"})
    assert "it is tracked" in one(repository, "CLAUDE.local.md")[1]


def test_an_unborn_branch(tmp_path: Path) -> None:
    from tests.support.repository import RepositoryBuilder as Builder

    assert one(Builder.create(tmp_path / "new"), "commits")[0] is Health.FAILED


@pytest.mark.parametrize("name", ["HEAD.lock", "refs/heads/main.lock", "worktrees/side/index.lock"])
def test_a_lock_that_a_killed_git_left(
    repository: RepositoryBuilder, tmp_path: Path, name: str
) -> None:
    repository.worktree(tmp_path / "side", "side")
    lock = repository.path / ".git" / name
    lock.touch()
    assert one(repository, "git locks")[0] is Health.OK
    os.utime(lock, (0, 0))
    health, _, remedy = one(repository, "git lock")
    assert health is Health.FAILED
    assert remedy.endswith(f"rm {lock}")
    assert lock.exists()


def test_a_worktree_that_is_gone(repository: RepositoryBuilder, tmp_path: Path) -> None:
    side = repository.worktree(tmp_path / "side", "side")
    shutil.rmtree(side.path)
    health, finding, remedy = one(repository, "worktree")
    assert health is Health.FAILED
    assert finding == f"{side.path} is registered but not there"
    assert "git worktree prune --dry-run" in remedy


def test_the_worktree_of_a_task_that_is_gone_has_its_way_on(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    shutil.rmtree(worktree.path)
    _, finding, remedy = one(fleet.main, "worktree")
    assert finding == f"{worktree.path} is registered but not there"
    assert remedy == "mount it or move it back; otherwise: wta retry fix"
    fleet.cancel("fix")
    assert one(fleet.main, "worktree")[2].endswith("otherwise: wta cleanup fix")


def test_a_worktree_inside_the_repository(repository: RepositoryBuilder) -> None:
    side = repository.worktree(repository.path / "trees" / "side", "side")
    health, finding, remedy = one(repository, "worktree")
    assert health is Health.NOTE
    assert str(side.path) in finding
    assert remedy == f"git worktree move {side.path} {repository.path.parent / 'side'}"


def test_branches_that_no_task_has(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        stored_task(db, "mine")
    repository.branch("wta/mine")
    assert one(repository, "branches")[0] is Health.OK
    for number in range(7):
        repository.branch(f"wta/stray-{number}")
    health, finding, _ = one(repository, "branches")
    assert health is Health.NOTE
    assert finding.endswith("wta/stray-4 and 2 more")


def test_a_run_whose_runner_is_gone(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        run = stored_run(db, stored_task(db, "alone"))
    folder = context.paths.run(run.id)
    folder.root.mkdir(parents=True)
    gone = '{"boot_id": "another boot", "pid": 1, "start": 1}'
    folder.claim.write_text(gone)
    expected = (Health.FAILED, "the runner is gone of alone", "wta supervise --once")
    assert one(repository, "runs") == expected
    with context.database.write() as db:
        move_run(db, run.id, RunState.LOST, at=NOW)
    assert one(repository, "runs") == (
        Health.NOTE,
        "ended without a record: alone",
        "wta retry alone",
    )


def test_a_process_that_outlived_its_run(repository: RepositoryBuilder, sandbox: Sandbox) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        run = ended_run(db, stored_task(db, "over"))
    context.paths.run(run.id).root.mkdir(parents=True)
    assert one(repository, "processes")[0] is Health.OK
    sandbox.set_variable(RUN_MARK, str(run.id))
    left = start_apart([sys.executable, "-c", "print('up', flush=True); input()"])
    assert left.stdout is not None
    left.stdout.readline()
    sandbox.set_variable(RUN_MARK, None)
    health, finding, remedy = one(repository, "processes")
    assert (health, finding) == (Health.FAILED, f"{left.pid} outlived their run")
    assert remedy == f"ps -fp {left.pid}; kill {left.pid}"
    left.communicate(b"\n")
    assert one(repository, "processes")[0] is Health.OK


def test_doctor_changes_nothing(
    repository: RepositoryBuilder, tree_of: Callable[[Path], dict[str, bytes]]
) -> None:
    before = tree_of(repository.path)
    doctor(Context(repository.path))
    assert tree_of(repository.path) == before


@pytest.fixture
def tree_of() -> Callable[[Path], dict[str, bytes]]:
    def read(folder: Path) -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    return read
