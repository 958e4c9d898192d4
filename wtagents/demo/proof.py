"""The demo's proof: what it claims is read from the repository, the files and the process table."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.demo.cast import (
    CONTESTED_FILE,
    MERGED,
    METHODS,
    QUARRELLERS,
    REJECTED,
    load_cast,
)
from wtagents.demo.report import Claim, DemoReport, PartEnd
from wtagents.git.refs import resolve
from wtagents.store.runs import runs_of
from wtagents.system.command import run_command

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Run
    from wtagents.demo.ground import Ground
    from wtagents.operations.context import Context
    from wtagents.operations.telling.status import TaskStatus

_TEST_SECONDS = 60.0
_TARGET = "main"


def prove(
    context: Context, ground: Ground, ended: tuple[TaskStatus, ...], *, seconds: float
) -> DemoReport:
    """Compare what the demo promised with what is there."""
    out = [seen.task.branch for seen in ended if seen.task.state is not TaskState.MERGED]
    return DemoReport(
        agent=ended[0].task.agent.kind,
        repository=ground.repository,
        state=ground.state,
        kept=True,
        seconds=seconds,
        parts=tuple(_part_end(each) for each in ended),
        claims=(
            _worked_at_once(context, ended),
            _target_is_what_landed(context, ended),
            _both_sides_are_there(context, ended),
            _rejected_stayed_out(context, ended),
            _tests_pass(ground),
        ),
        target=_graph(context, _TARGET),
        left_out=tuple(line for branch in out for line in _graph(context, branch, f"^{_TARGET}")),
    )


def _part_end(seen: TaskStatus) -> PartEnd:
    expected = {part.name: part.expected for part in load_cast(seen.task.agent.kind)}
    return PartEnd(
        name=seen.task.name,
        branch=seen.task.branch,
        expected=expected[seen.task.name],
        ended=_ended(seen),
        how=_how(seen),
        usage=seen.usage,
    )


def _ended(seen: TaskStatus) -> str:
    if seen.task.state is TaskState.MERGED:
        return MERGED
    if seen.merge is not None and seen.merge.state is MergeState.REJECTED:
        by_gate = seen.merge.rejection is Rejection.GATE_RED
        return REJECTED if by_gate else f"rejected ({seen.merge.rejection})"
    return str(seen.task.state)


def _how(seen: TaskStatus) -> str:
    merge = seen.merge
    if merge is not None and merge.rejection is Rejection.GATE_RED:
        last = next((line for gate in merge.gates for line in gate.tail.splitlines()[-1:]), "")
        return f"its tests fail on top of {_TARGET}: {last}"
    if seen.task.state is not TaskState.MERGED or merge is None:
        return seen.attention or seen.task.detail
    if merge.resolutions:
        paths = ", ".join(resolution.path for resolution in merge.resolutions)
        return f"conflict in {paths} resolved, verified, tested"
    return "no conflict, tests passed"


def _worked_at_once(context: Context, ended: tuple[TaskStatus, ...]) -> Claim:
    with context.database.read() as db:
        runs = [run for seen in ended for run in runs_of(db, seen.task.id)]
    most = max(sum(_overlap(one, other) for other in runs) for one in runs)
    return Claim(
        says="four agents at once, a worktree each",
        holds=most == len(ended) == len({seen.task.worktree for seen in ended}),
        evidence=f"{most} processes at the same moment",
    )


def _overlap(one: Run, other: Run) -> bool:
    """Whether the other run lived when this one began."""
    return other.created_at <= one.created_at and (
        other.ended_at is None or other.ended_at > one.created_at
    )


def _target_is_what_landed(context: Context, ended: tuple[TaskStatus, ...]) -> Claim:
    tip = resolve(context.repository, f"refs/heads/{_TARGET}")
    landed = [merge for seen in ended if (merge := _landed(seen)) is not None]
    last = max(landed, key=lambda merge: merge.changed_at, default=None)
    repository = context.repository
    checkout = repository.seen_from(repository.common_dir, repository.common_dir.parent)
    dirty = checkout.read("status", "--porcelain").text
    return Claim(
        says=f"{_TARGET} is the last tested candidate",
        holds=last is not None and last.candidate == tip and not dirty,
        evidence=f"at {_short(tip)}, checkout {'changed' if dirty else 'clean'}",
    )


def _landed(seen: TaskStatus) -> MergeRequest | None:
    return seen.merge if seen.task.state is TaskState.MERGED else None


def _both_sides_are_there(context: Context, ended: tuple[TaskStatus, ...]) -> Claim:
    text = context.repository.read("show", f"{_TARGET}:{CONTESTED_FILE}").text
    resolved = [
        seen.task.name
        for seen in ended
        if seen.task.name in QUARRELLERS and seen.merge is not None and seen.merge.resolutions
    ]
    there = [method for method in METHODS if f"def {method}(" in text]
    return Claim(
        says="nothing of the conflict was dropped",
        holds=len(resolved) == 1 and len(there) == len(METHODS),
        evidence=f"{' and '.join(there) or 'neither'} in {CONTESTED_FILE}",
    )


def _rejected_stayed_out(context: Context, ended: tuple[TaskStatus, ...]) -> Claim:
    out = [seen for seen in ended if seen.task.state is not TaskState.MERGED]
    repository = context.repository
    inside, tips = [], []
    for seen in out:
        tip = resolve(repository, seen.task.branch.ref)
        tips.append(f"{seen.task.branch} still at {_short(tip)}")
        base = repository.read("merge-base", "--is-ancestor", seen.task.branch, _TARGET, ok=(0, 1))
        if tip is None or tip == seen.task.base or base.status == 0:
            inside.append(seen.task.name)
    return Claim(
        says=f"what was rejected stayed out of {_TARGET}",
        holds=bool(out) and not inside,
        evidence=", ".join(tips) or "nothing was rejected",
    )


def _tests_pass(ground: Ground) -> Claim:
    argv = (sys.executable, "-m", "unittest", "discover")
    done = run_command(argv, cwd=ground.repository, timeout=_TEST_SECONDS)
    lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
    ran = next((line for line in lines if line.startswith("Ran ")), "no test ran")
    return Claim(
        says=f"the tests pass on {_TARGET}",
        holds=done.ok and ran.startswith("Ran "),
        evidence=f"{ran.partition(' in ')[0]}: {'OK' if done.ok else done.complaint}",
    )


def _graph(context: Context, *revisions: str) -> tuple[str, ...]:
    looks = ("--graph", "--no-color", "--decorate=short", "--decorate-refs=refs/heads/")
    shown = context.repository.read("log", *looks, "--format=%h%d %s", *revisions, "--")
    return tuple(line.rstrip() for line in shown.text.splitlines())


def _short(oid: Oid | None) -> str:
    return oid.short if oid is not None else "nothing"
