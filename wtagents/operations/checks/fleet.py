"""Worktrees, branches, runs and processes against what the store knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.operations.checks.check import failed, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wtagents.core.task import Task
    from wtagents.git.worktrees import Worktree
    from wtagents.operations.checks.check import Check
    from wtagents.operations.context import Context

_STALE_SECONDS = 60.0
_SHOWN = 5


def _tasks(context: Context) -> list[Task]:
    from wtagents.store.tasks import tasks

    return [] if context.reader is None else tasks(context.reader)


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def check_commits(context: Context) -> Iterator[Check]:
    """A branch needs a commit to start from."""
    from wtagents.git.refs import unborn

    if unborn(context.repository):
        yield failed(
            "commits", "the repository has none yet", 'git commit --allow-empty -m "Begin"'
        )


def check_git_locks(context: Context) -> Iterator[Check]:
    """A lock file that a killed git left stops commits, landings or gc. Named, never removed.

    That of a landing that was cut off goes when the landing is finished; by hand it would be worse.
    """
    now = context.clock.now().timestamp()
    ours = _of_landings(context)
    stale = [
        path
        for path in sorted({*_lock_files(context.common_dir), *ours})
        if (age := _age(path, now)) is not None and age > _STALE_SECONDS
    ]
    for path, said in ours.items():
        if path in stale and said:
            yield failed("landing", said, "finish it: wta supervise --once")
    for path in [each for each in stale if each not in ours]:
        yield failed(
            "git lock",
            f"{path} is older than {_STALE_SECONDS:.0f} s",
            f"if no git is at work here (ps -ef | grep git): rm {path}",
        )
    if not stale:
        yield ok("git locks", "none left behind")


def _of_landings(context: Context) -> dict[Path, str]:
    """Return the files with which landings hold something, and of one that was cut off what to say.

    '' for one that is at work, and for a lock of which the note beside it says enough.
    """
    from wtagents.git.advancing.lock import is_being_advanced, mark_place
    from wtagents.git.advancing.settle import unsettled
    from wtagents.git.advancing.swap import is_swapping, locks_of, noted_swap, swap_note

    repository = context.repository
    found = {
        mark_place(each): "" if is_being_advanced(each) else f"it was cut off in {each.path}"
        for each in unsettled(repository)
    }
    mark = noted_swap(repository)
    if mark is not None:
        found |= dict.fromkeys(locks_of(repository, mark), "")
        said = "" if is_swapping(repository) else f"it was cut off as {mark.target} moved"
        found[swap_note(repository)] = said
    return found


def _lock_files(common: Path) -> Iterator[Path]:
    yield from common.glob("*.lock")
    yield from (common / "refs").rglob("*.lock")
    yield from common.glob("worktrees/*/*.lock")


def _age(path: Path, now: float) -> float | None:
    try:
        return now - path.stat().st_mtime
    except OSError:
        return None


def check_worktrees(context: Context) -> Iterator[Check]:
    """A worktree that is registered but gone, or that lies where a lost `.git` would hurt."""
    from wtagents.git.worktrees import worktrees

    found = [item for item in worktrees(context.repository) if not item.bare]
    troubles = [*_absent(context, found), *_nested(context, found)]
    yield from troubles
    if not troubles:
        yield ok("worktrees", f"{len(found)} registered, each in its place")


def _absent(context: Context, found: list[Worktree]) -> Iterator[Check]:
    tasks = {task.worktree: task for task in _tasks(context)}
    for item in found:
        if item.path.exists():
            continue
        yield failed(
            "worktree",
            f"{item.path} is registered but not there",
            f"mount it or move it back; otherwise: {_way_on(tasks.get(item.path))}",
        )


def _way_on(task: Task | None) -> str:
    """Return what mends a worktree that is gone for good."""
    from wtagents.core.lifecycle import ENDED_TASK_STATES

    if task is None:
        return "git worktree prune --dry-run --verbose"
    return f"wta {'cleanup' if task.state in ENDED_TASK_STATES else 'retry'} {task.name}"


def _nested(context: Context, found: list[Worktree]) -> Iterator[Check]:
    main = context.main_worktree
    if main is None:
        return
    main = main.resolve()
    for item in found:
        place = item.path.resolve()
        if place != main and place.is_relative_to(main):
            yield note(
                "worktree",
                f"{item.path} lies inside the main worktree: git clean -ffdx deletes its work",
                f"git worktree move {item.path} {main.parent / place.name}",
            )


def check_branches(context: Context) -> Iterator[Check]:
    """A branch of ours without a task is work that nobody looks after."""
    known = {task.branch for task in _tasks(context)}
    listed = context.repository.read(
        "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/wta/"
    ).text.splitlines()
    stray = [name for name in listed if name not in known]
    if stray:
        yield note(
            "branches",
            f"no task has {_some(stray)}",
            f"look at it: git log {stray[0]}; delete it when merged: git branch -d {stray[0]}",
        )
    else:
        yield ok("branches", "each wta/ branch has its task")


def check_runs(context: Context) -> Iterator[Check]:
    """A run without an end is lost until a tick takes note of it."""
    from wtagents.core.run import RunState
    from wtagents.operations.observe_run import observe_run
    from wtagents.store.runs import latest_runs, live_runs

    db = context.reader
    if db is None:
        return
    names = {task.id: task.name for task in _tasks(context)}
    gone = []
    for run in live_runs(db):
        seen = observe_run(context, run.id)
        if seen.claim is not None and not seen.runner_alive and seen.exit is None:
            gone.append(names.get(run.task_id, run.id))
    lost = [
        names[i] for i, run in latest_runs(db).items() if run.state is RunState.LOST and i in names
    ]
    if gone:
        yield failed("runs", f"the runner is gone of {_some(gone)}", "wta supervise --once")
    if lost:
        yield note("runs", f"ended without a record: {_some(lost)}", f"wta retry {lost[0]}")
    if not gone and not lost:
        yield ok("runs", "none is lost")


def check_orphans(context: Context) -> Iterator[Check]:
    """A process that outlived its run still writes into its worktree."""
    from wtagents.store.runs import live_runs
    from wtagents.system.process import RUN_MARK, marked_processes

    db, folder = context.reader, context.paths.runs
    if db is None or not folder.is_dir():
        return
    live = {str(run.id) for run in live_runs(db)}
    ended = [(RUN_MARK, path.name) for path in folder.iterdir() if path.name not in live]
    left = [str(process.pid) for process in marked_processes(*ended)] if ended else []
    if left:
        pids = " ".join(left)
        yield failed("processes", f"{pids} outlived their run", f"ps -fp {pids}; kill {pids}")
    else:
        yield ok("processes", "none outlived its run")
