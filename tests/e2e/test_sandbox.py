"""Agents inside their walls: what they must be able to do, and what they try in vain."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.fleet import Fleet
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from tests.support.walls import require_walls
from wtagents.core.errors import ConfigError, SystemFault
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.run import ExitReason
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.operations.checks.check import Check, Health
from wtagents.operations.checks.sandbox import check_sandbox
from wtagents.operations.confining.choose import choose_sandbox
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.steering.stop import stop
from wtagents.system.process import signal_processes

pytestmark = [pytest.mark.e2e, pytest.mark.walls]

GIT = """\
work() { echo "$1" > file && git add file && git commit -qm "$1"; }
note() { echo "$1 $?" >> "$TMPDIR/report"; }
work one; note commit
touch "$TMPDIR/packed"; until test -e "$TMPDIR/go"; do sleep 0.02; done
work two; note commit
git commit -q --amend -m "two, better"; note amend
git branch wta/mine && git branch -q -D wta/mine; note branch
git rebase -q --force-rebase HEAD~2 >"$TMPDIR/said" 2>&1; note rebase
git status >/dev/null; note status
git diff --exit-code HEAD~1 HEAD >/dev/null; note diff
git gc --auto; note gc
echo made > "$WTA_WORKTREE/../probe" 2>/dev/null; note escape
echo cached > ~/.cache/kept; note cache
echo cached > "$UV_CACHE_DIR/kept"; note moved
touch /dev/shm/wta-test-$$ && rm /dev/shm/wta-test-$$; note memory
"""
CANARIES = (
    ".bashrc",
    ".ssh/id_ed25519",
    ".config/wta/config.toml",
    ".local/state/wta/other/state.db",
)


@pytest.fixture(params=["bubblewrap", "landlock"])
def mode(request: pytest.FixtureRequest, fleet: Fleet, sandbox: Sandbox) -> SandboxMode:
    """Use one kind of walls, where this machine has it."""
    mode = require_walls(request.param)
    (sandbox.home / ".cache").mkdir()
    fleet.configure(sandbox={"mode": mode.value})
    return mode


def report(fleet: Fleet, name: str) -> Path:
    return fleet.context.paths.resources(fleet.task(name).id).temporary / "report"


def doctors_word(fleet: Fleet) -> Check:
    [check] = check_sandbox(fleet.context)
    return check


def test_git_works_inside(fleet: Fleet, mode: SandboxMode, sandbox: Sandbox) -> None:
    (sandbox.home / "uv").mkdir()
    sandbox.set_variable("UV_CACHE_DIR", str(sandbox.home / "uv"))
    fleet.repository.git("config", "gc.auto", "1")
    fleet.repository.git("config", "commit.gpgSign", "true")
    fleet.spawn_command("a", "sh", "-c", GIT)
    told = report(fleet, "a")
    wait_until((told.parent / "packed").exists, what=lambda: fleet.describe("a"))
    fleet.repository.git("pack-refs", "--all")
    (told.parent / "go").touch()

    assert fleet.await_rest("a").state is TaskState.READY, fleet.describe("a")

    assert told.read_text().split("\n") == [
        *("commit 0", "commit 0", "amend 0"),
        f"branch {int(mode is SandboxMode.LANDLOCK)}",
        *("rebase 0", "status 0", "diff 1", "gc 0"),
        *("escape 2", "cache 0", "moved 0", "memory 0", ""),
    ]
    assert fleet.repository.subjects("main..wta/a") == ["two, better", "one"]
    assert (sandbox.home / ".cache" / "kept").read_text() == "cached\n"
    assert fleet.status("a").sandbox is mode
    fleet.repository.git("fsck", "--strict")


def test_nothing_else_can_be_changed(fleet: Fleet, mode: SandboxMode, sandbox: Sandbox) -> None:
    for name in CANARIES:
        place = sandbox.home / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{place.read_text() if place.exists() else ''}# secret\n")
    fleet.spawn("other", *("write other.txt <<END", "done", "END", 'commit "Other"'))
    fleet.await_rest("other")
    common, paths = fleet.context.common_dir, fleet.context.paths
    places = [
        *(sandbox.home / name for name in CANARIES),
        *(sandbox.home / name for name in ("new", ".ssh/authorized_keys", ".gitconfig")),
        *(common / name for name in ("config", "hooks/pre-commit", "HEAD", "info/exclude")),
        *(common / name for name in ("refs/heads/main", "refs/tags/v1", "packed-refs")),
        *(fleet.task("other").worktree / name for name in ("other.txt", "new", ".git")),
        *(common / "worktrees" / "other" / name for name in ("HEAD", "commondir")),
        *(fleet.repository.path / name for name in ("README.md", "new")),
        *(paths.database, paths.hub / "HEAD", paths.repository_lock, paths.root / "new"),
    ]
    before = {place: place.read_bytes() if place.exists() else None for place in places}
    script = """\
for place do
    (echo planted >> "$place") 2>/dev/null && echo "wrote $place" >> "$TMPDIR/report"
    (mv "$WTA_WORKTREE/file" "$place") 2>/dev/null && echo "moved $place" >> "$TMPDIR/report"
done
cat ~/.ssh/id_ed25519 ~/.local/state/wta/other/state.db >> "$TMPDIR/report" 2>/dev/null
git update-ref refs/heads/main HEAD 2>/dev/null && echo "moved main" >> "$TMPDIR/report"
(echo gitdir: /nowhere > .git) 2>/dev/null && echo "moved itself" >> "$TMPDIR/report"
echo end >> "$TMPDIR/report"
"""
    fleet.spawn_command("a", "sh", "-c", script, "sh", *map(str, places))
    fleet.await_rest("a")

    able = ["moved itself"] if mode is SandboxMode.LANDLOCK else []
    assert [line for line in report(fleet, "a").read_text().split("\n") if line not in able] == [
        "end",
        "",
    ]
    assert {place: place.read_bytes() if place.exists() else None for place in places} == before | {
        paths.database: paths.database.read_bytes()
    }


def test_a_program_that_lies_in_memory_is_there_inside(fleet: Fleet, mode: SandboxMode) -> None:
    with tempfile.TemporaryDirectory(prefix="wta-test-", dir="/dev/shm") as name:
        (program := Path(name, "agent")).write_text('#!/bin/sh\ntouch "$0"; . "${0%/*}/beside"\n')
        (program.parent / "beside").write_text("echo it > it; git add it; git commit -qm It\n")
        program.chmod(0o755)
        os.utime(program, (1, 1))
        fleet.spawn_command("a", str(program))
        assert fleet.await_rest("a").state is TaskState.READY, fleet.describe("a")
        is_kept = program.stat().st_mtime == 1
    assert is_kept is (mode is SandboxMode.BUBBLEWRAP), "Landlock leaves shared memory open"


def test_set_up_commands_are_inside_too(fleet: Fleet, mode: SandboxMode, sandbox: Sandbox) -> None:
    setup = ["(echo planted > ~/planted) 2>/dev/null || echo kept > kept"]
    for inside in (True, False):
        fleet.configure(sandbox={"mode": mode.value, "gates": inside}, worktree={"setup": setup})
        name = "a" if inside else "b"
        fleet.spawn(name, "say hello")
        fleet.await_rest(name)
        assert (fleet.task(name).worktree / "kept").exists() is inside
        assert (sandbox.home / "planted").exists() is not inside


def test_an_agent_is_asked_to_end_and_tells_how_it_ended(fleet: Fleet, mode: SandboxMode) -> None:
    fleet.configure(sandbox={"mode": mode.value}, limits={"retries": 0})
    asked = "trap 'echo asked > $TMPDIR/report; exit 3' TERM; touch $TMPDIR/up; sleep 60 & wait"
    fleet.spawn_command("a", "sh", "-c", asked)
    wait_until((report(fleet, "a").parent / "up").exists, what=lambda: fleet.describe("a"))

    stop(fleet.context, ["a"])

    assert report(fleet, "a").read_text() == "asked\n"
    fleet.await_gone("a")
    fleet.spawn_command("b", "sh", "-c", "kill -9 $$")
    fleet.await_rest("b")
    ended = fleet.run("b").exit
    assert ended is not None
    assert (ended.reason, ended.exit_code) == (ExitReason.LOST, -signal.SIGKILL), mode


def test_whoever_is_killed_nobody_is_left_inside(fleet: Fleet, mode: SandboxMode) -> None:
    fleet.configure(sandbox={"mode": mode.value}, limits={"retries": 0})
    fleet.spawn_command("a", "sh", "-c", "setsid sleep 600 & touch $TMPDIR/up; sleep 600")
    wait_until((report(fleet, "a").parent / "up").exists, what=lambda: fleet.describe("a"))

    signal_processes([fleet.agent("a")], signal.SIGKILL)

    fleet.await_rest("a")
    fleet.await_gone("a")


def test_links_to_what_later_sessions_obey_are_put_back(
    fleet: Fleet, mode: SandboxMode, sandbox: Sandbox
) -> None:
    """A mount over a link lies over its end, so the link itself can be replaced for a moment."""
    if mode is not SandboxMode.BUBBLEWRAP:
        pytest.skip("Landlock leaves these files open")
    dots, home = sandbox.home / "dots", sandbox.home / ".claude"
    for folder in (dots, home):
        folder.mkdir()
    (dots / "settings.json").write_text("{}\n")
    (home / "settings.json").symlink_to("../dots/settings.json")
    (home / "agents").symlink_to("../nowhere")
    program = sandbox.work / "claude"
    program.write_text(_REPLACES)
    program.chmod(0o755)
    fleet.configure(
        sandbox={"mode": mode.value},
        limits={"retries": 0},
        agent={"kind": "claude", "program": str(program)},
    )
    spawn(fleet.context, SpawnRequest(name="a", prompt="do it", agent=AgentSpec()))
    aside = home / "settings.json.wta-1"
    wait_until(aside.exists, what=lambda: fleet.describe("a"))
    kill_hard(fleet.runner("a").pid)
    fleet.await_rest("a")

    assert (home / "settings.json").readlink() == Path("../dots/settings.json")
    assert (home / "agents").readlink() == Path("../nowhere")
    assert (dots / "settings.json").read_text() == "{}\n"
    assert ((home / "CLAUDE.md").read_text(), aside.read_text()) == ("", "evil\n")


_REPLACES = """\
#!/bin/sh
case "$*" in *stream-json*) ;; --version) echo 2.1.329; exit;; *) echo "{}"; exit;; esac
cd ~/.claude || exit
while :; do
    rm -rf settings.json agents; mkdir agents
    for file in settings.json CLAUDE.md ../dots/settings.json agents/new; do
        (echo evil > $file) 2>/dev/null
    done
    sleep 0.1
done
"""


def test_doctor_tries_it(fleet: Fleet, mode: SandboxMode, sandbox: Sandbox) -> None:
    (sandbox.home / ".ssh").mkdir()
    (sandbox.home / ".ssh" / "id").write_text("secret\n")
    fleet.spawn("a", "say hello")
    fleet.await_rest("a")
    check = doctors_word(fleet)
    assert check.finding.startswith(f"{mode}: 11 forbidden acts tried from inside, none succeeded")
    assert check.health is (Health.OK if mode is SandboxMode.BUBBLEWRAP else Health.NOTE)
    assert not list(sandbox.home.glob("**/.wta-trial"))

    fleet.configure(sandbox={"mode": mode.value, "write": [str(sandbox.home / ".ssh")], "hide": []})

    check = doctors_word(fleet)
    assert (check.health, check.finding) == (
        Health.FAILED,
        f"{mode}: an agent can reach {sandbox.home / '.ssh'}",
    )


def test_what_does_not_work_is_passed_over_or_refused(fleet: Fleet, sandbox: Sandbox) -> None:
    broken = sandbox.work / "bin"
    broken.mkdir()
    (broken / "bwrap").symlink_to("/bin/false")
    sandbox.set_variable("PATH", f"{broken}:/usr/bin:/bin")
    fleet.configure(sandbox={"mode": "bubblewrap"})
    with pytest.raises(SystemFault, match="the sandbox bubblewrap that the settings ask for"):
        fleet.spawn("a", "say hello")
    assert not (fleet.repository.path / ".git" / "refs" / "heads" / "wta" / "a").exists()
    fleet.configure(sandbox={"mode": "auto"})
    chosen = choose_sandbox(fleet.context.settings.sandbox, AgentKind.SCRIPTED)
    assert chosen.mode in {SandboxMode.LANDLOCK, SandboxMode.NONE}
    assert chosen.failed[0] == "bubblewrap: exit status 1"


def test_bypassing_permissions_needs_walls_or_a_persons_word(
    fleet: Fleet, sandbox: Sandbox
) -> None:
    program = sandbox.work / "claude"
    program.write_text('#!/bin/sh\ncase "$1" in --version) echo 2.1.329;; *) echo "{}";; esac\n')
    program.chmod(0o755)
    free = {"kind": "claude", "program": str(program), "permission_mode": "bypassPermissions"}
    asked = SpawnRequest(name="a", prompt="do it", agent=AgentSpec())
    fleet.configure(sandbox={"mode": "none"}, agent=free)
    with pytest.raises(ConfigError, match="an agent that bypasses permissions needs a sandbox"):
        spawn(fleet.context, asked)
    fleet.configure(sandbox={"mode": "none", "network": "none"}, agent=free)
    with pytest.raises(ConfigError, match="Claude Code cannot work without a network"):
        spawn(fleet.context, asked)
    fleet.configure(sandbox={"mode": "none", "allow_bypass": True}, agent=free)
    assert spawn(fleet.context, asked).data.sandbox is SandboxMode.NONE
    stop(fleet.context, ["a"])
