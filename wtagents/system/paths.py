"""Where things are: the state folder of a repository and everything in it.

$XDG_STATE_HOME/wta/<repository id>/        0700
    repository.json    path of the repository this folder belongs to
    state.db           the store
    hub.git            private bare repository
    scratch/           worktree of the hub, for gates; scratch-2, … are further slots
    runs/<run id>/     see `RunFolder`
    resources/<task>/  see `ResourceFolder`
    gates/             output of gate commands
    rooms/             folders for one act, see `system/folders/rooms.py`
    trash/             worktrees that were cleaned up
    trusted/           configuration files as they were trusted last
    reports/           defects of wta itself
    web.log            complaints of the applications that are shown in browsers
    cron.sh, cron-*.log  what cron runs, and what that said the last time
    service.sh         what systemd runs
    claims/            who holds which path, for the hook of agents
    radar/             snapshots of worktrees and merges that were only tried
    *.lock             repository.lock, hub.lock, supervisor.lock, merger.lock, radar.lock
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from wtagents.core.record import record
from wtagents.system.digest import digest


def state_home() -> Path:
    """Folder of all state folders: `$XDG_STATE_HOME/wta`, by default `~/.local/state/wta`."""
    root = os.environ.get("XDG_STATE_HOME", "")
    return (Path(root) if root else Path.home() / ".local" / "state") / "wta"


def config_home() -> Path:
    """Folder of the user's configuration: `$XDG_CONFIG_HOME/wta`, by default `~/.config/wta`."""
    root = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(root) if root else Path.home() / ".config") / "wta"


def repository_id(common_dir: Path) -> str:
    """Return the folder's name and 16 digits of the hash of its canonical path."""
    canonical = common_dir.resolve()
    folder = canonical.parent.name if canonical.name == ".git" else canonical.stem
    readable = re.sub(r"[^A-Za-z0-9._-]", "-", folder)[:40] or "repository"
    return f"{readable}-{digest(bytes(canonical), size=8)}"


@record
class StatePaths:
    """The state folder of one repository."""

    root: Path

    @classmethod
    def of_repository(cls, common_dir: Path) -> StatePaths:
        """Return the state folder that belongs to a repository's common git directory."""
        return cls(root=state_home() / repository_id(common_dir))

    @property
    def accounts(self) -> Path:
        """Folder of what all repositories of the user share about accounts."""
        return self.root.parent / "accounts"

    @property
    def repository(self) -> Path:
        return self.root / "repository.json"

    @property
    def database(self) -> Path:
        return self.root / "state.db"

    @property
    def hub(self) -> Path:
        return self.root / "hub.git"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    def slot(self, number: int) -> Path:
        """Return the folder of a scratch worktree for gates; they count from 1."""
        return self.scratch if number == 1 else self.root / f"scratch-{number}"

    @property
    def gates(self) -> Path:
        return self.root / "gates"

    @property
    def resolving(self) -> Path:
        return self.root / "resolving"

    @property
    def rooms(self) -> Path:
        return self.root / "rooms"

    @property
    def trash(self) -> Path:
        return self.root / "trash"

    @property
    def trusted(self) -> Path:
        return self.root / "trusted"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def repository_lock(self) -> Path:
        return self.root / "repository.lock"

    @property
    def hub_lock(self) -> Path:
        """Held while the hub is built."""
        return self.root / "hub.lock"

    @property
    def supervisor_lock(self) -> Path:
        return self.root / "supervisor.lock"

    @property
    def merger_lock(self) -> Path:
        return self.root / "merger.lock"

    @property
    def claims(self) -> Path:
        return self.root / "claims"

    @property
    def radar(self) -> Path:
        return self.root / "radar"

    @property
    def radar_lock(self) -> Path:
        return self.root / "radar.lock"

    @property
    def supervisor_log(self) -> Path:
        return self.root / "supervisor.log"

    @property
    def web_log(self) -> Path:
        """What the applications of `wta dashboard --web` complained about."""
        return self.root / "web.log"

    @property
    def cron_script(self) -> Path:
        return self.root / "cron.sh"

    @property
    def service_script(self) -> Path:
        return self.root / "service.sh"

    def cron_log(self, command: str) -> Path:
        """What a command said when cron ran it the last time."""
        return self.root / f"cron-{command}.log"

    def task_lock(self, task_id: int) -> Path:
        """Held by whoever begins a run of the task."""
        return self.root / f"task-{task_id}.lock"

    def checkout_lock(self, task_id: int) -> Path:
        """Held by whoever checks out the files of the task's worktree, the git process included."""
        return self.root / f"task-{task_id}.checkout.lock"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    def resources(self, task_id: int) -> ResourceFolder:
        """Return the folders that a task has for itself beside its worktree."""
        return ResourceFolder(root=self.root / "resources" / str(task_id))

    def run(self, run_id: str) -> RunFolder:
        """Return the folder of a run."""
        return RunFolder(root=self.runs / run_id)


@record
class ResourceFolder:
    """What a task has for itself: gone with its worktree."""

    root: Path

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def cache(self) -> Path:
        return self.root / "cache"


@record
class RunFolder:
    """Everything that a runner reads and writes.

    order.json     what to do; written before the runner starts (see `core/order.py`)
    checkout.lock  held (flock) while the files of the worktree are still being written; a second
                   name of the task's own lock, so that it is free when git is gone
    claim.json     the runner's identity; created exclusively, first of all
    agent.json     the agent process's identity
    heartbeat      its mtime says "the runner is alive"
    stream.ndjson  the agent's stdout, line by line, as all that programs say without credentials;
                   its size and mtime are the activity
    stderr.txt     the agent's stderr
    setup.log      output of the set-up commands
    checks.log     output of the checks
    refused.txt    hosts that its programs were kept from, each once
    runner.log     what the runner itself has to complain about
    pulse.json     what the agent does now (replaced as a whole, at most 4 times a second)
    pulses.ndjson  the pulses there were, each with the time and the size of the stream then
    trail.json     what the worktree has been, look by look; written by the keeper of checkpoints
    inbox/N.json   messages for the agent, N = message id
    stop           its runner is to stop the agent, politely
    urged          all its processes were asked to end, as its mtime says when
    taken/N.json   what became of message N
    exit.json      how it ended (renamed into place, last of all)
    own/           files of the agent program that this run alone sees in the place of shared ones
    """

    root: Path

    @property
    def order(self) -> Path:
        return self.root / "order.json"

    @property
    def checkout_lock(self) -> Path:
        return self.root / "checkout.lock"

    @property
    def claim(self) -> Path:
        return self.root / "claim.json"

    @property
    def agent(self) -> Path:
        return self.root / "agent.json"

    @property
    def heartbeat(self) -> Path:
        return self.root / "heartbeat"

    @property
    def stream(self) -> Path:
        return self.root / "stream.ndjson"

    @property
    def stderr(self) -> Path:
        return self.root / "stderr.txt"

    @property
    def setup_log(self) -> Path:
        return self.root / "setup.log"

    @property
    def checks_log(self) -> Path:
        return self.root / "checks.log"

    @property
    def refused(self) -> Path:
        return self.root / "refused.txt"

    @property
    def runner_log(self) -> Path:
        return self.root / "runner.log"

    @property
    def trail(self) -> Path:
        return self.root / "trail.json"

    @property
    def pulse(self) -> Path:
        return self.root / "pulse.json"

    @property
    def pulses(self) -> Path:
        return self.root / "pulses.ndjson"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def taken(self) -> Path:
        return self.root / "taken"

    @property
    def stop(self) -> Path:
        return self.root / "stop"

    @property
    def urged(self) -> Path:
        return self.root / "urged"

    @property
    def exit(self) -> Path:
        return self.root / "exit.json"

    @property
    def own(self) -> Path:
        return self.root / "own"

    @property
    def instructions(self) -> Path:
        """Task text for the agent where `CLAUDE.local.md` must not be written."""
        return self.root / "instructions.md"


def discover_common_dir(start: Path) -> Path | None:
    """Return the common git directory of the repository that holds a folder, without asking git.

    Follows `.git` files and `commondir` as gitrepository-layout(5) describes. A bare repository is
    recognised when `start` is its own folder.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        entry = folder / ".git"
        if entry.is_dir():
            return entry
        if entry.is_file():
            return _common_dir_of_link(entry)
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
            return _common_dir(folder)
    return None


def _common_dir_of_link(link: Path) -> Path | None:
    text = link.read_text(errors="replace").strip()
    if not text.startswith("gitdir:"):
        return None
    return _common_dir((link.parent / text.removeprefix("gitdir:").strip()).resolve())


def _common_dir(git_dir: Path) -> Path | None:
    pointer = git_dir / "commondir"
    if pointer.is_file():
        git_dir = (git_dir / pointer.read_text(errors="replace").strip()).resolve()
    return git_dir if (git_dir / "HEAD").is_file() else None
