"""What is known of one task, as named facts: for the terminal and for the dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import age, ago, count, money, plural
from wtagents.core.landing.merge import MergeState
from wtagents.core.text import printable
from wtagents.operations.radar.named import place_text
from wtagents.operations.telling.status_words import context_share, sandbox_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Run
    from wtagents.operations.telling.status import TaskStatus

SANDBOX = "sandbox"
_CLASHES, _PLACES = 5, 3


def task_facts(item: TaskStatus, now: datetime) -> Iterator[tuple[str, str]]:
    """Name every fact; one without a name goes on with the one before, one may be ''."""
    yield from _place(item)
    yield from _life(item, now)
    yield from _work(item)
    yield from _clashes(item)
    yield from _landing(item)


def _place(item: TaskStatus) -> Iterator[tuple[str, str]]:
    task = item.task
    yield "branch", f"{task.branch}, from {task.base.short}"
    yield "target", f"{task.target}{', merged when ready' if task.merge_when_ready else ''}"
    yield "worktree", printable(str(task.worktree))
    spec = task.agent
    limits = [
        f"profile {spec.profile}" if spec.profile else "",
        f"at most {plural(spec.max_turns, 'turn')}" if spec.max_turns else "",
        f"at most {money(spec.budget_usd)}" if spec.budget_usd else "",
        f"at most {age(spec.timeout_seconds)}" if spec.timeout_seconds else "",
    ]
    model = item.usage.model or spec.model
    program = " ".join(w for w in (spec.kind, model, spec.permission_mode, *spec.argv) if w)
    yield "agent", printable(", ".join(word for word in (program, *limits) if word))
    if item.sandbox is not None:
        yield SANDBOX, sandbox_words(item.sandbox)
    if item.resources is not None:
        held = item.resources
        ports = held.ports.words if held.ports else "none free"
        yield "ports", f"{ports}, compose project {held.compose_project}"
        yield "room", printable(str(held.temporary.parent))


def _life(item: TaskStatus, now: datetime) -> Iterator[tuple[str, str]]:
    task = item.task
    yield "state", f"{task.state} for {age((now - task.changed_at).total_seconds())}"
    if task.reason:
        detail = f": {printable(task.detail)}" if task.detail else ""
        yield "reason", f"{str(task.reason).replace('_', ' ')}{detail}"
    if item.run is not None:
        yield "run", _run(item.run, now)
    yield from _checks(item)
    yield "activity", ago(item.activity_age)
    if item.pulse is not None:
        yield "doing", printable(item.pulse.doing)
    if item.waiting_messages:
        yield "messages", f"{item.waiting_messages} not delivered yet"


def _checks(item: TaskStatus) -> Iterator[tuple[str, str]]:
    """Say what looked at the work of the last run."""
    ended = item.run.exit if item.run is not None else None
    for check in ended.checks if ended is not None else ():
        yield "check", f"{check.verdict}: {printable(check.command)}"
        if not check.passed:
            yield "log", printable(check.log)


def _run(run: Run, now: datetime) -> str:
    begun = f"{run.number}{', resumed' if run.resumes else ''}, {run.state}"
    if run.exit is None:
        return f"{begun} for {age((now - run.created_at).total_seconds())}"
    detail = f": {printable(run.exit.detail)}" if run.exit.detail else ""
    return f"{begun}, {str(run.exit.reason).replace('_', ' ')}{detail}"


def _work(item: TaskStatus) -> Iterator[tuple[str, str]]:
    facts, usage = item.worktree, item.usage
    if facts is not None:
        parts = [
            plural(facts.commits, "commit"),
            plural(facts.files_changed, "file"),
            f"+{facts.insertions} -{facts.deletions}",
            f"{facts.uncommitted} uncommitted" if facts.uncommitted else "",
            f"{facts.operation} in progress" if facts.operation else "",
        ]
        yield "work", ", ".join(part for part in parts if part)
    tokens = [
        plural(usage.turns, "turn") if usage.turns else "",
        f"{count(usage.input_tokens)} tokens in" if usage.input_tokens else "",
        f"{count(usage.output_tokens)} out" if usage.output_tokens else "",
        money(usage.cost_usd),
    ]
    yield "usage", ", ".join(part for part in tokens if part)
    if context_share(item):
        yield "context", f"{context_share(item)} of {count(usage.context_window)} tokens"


def _clashes(item: TaskStatus) -> Iterator[tuple[str, str]]:
    """Say whom it clashes with, where, and who came second."""
    for clash in item.clashes[:_CLASHES]:
        other = clash.beside(item.task.name)
        what = f"with its target {other}" if clash.with_target else f"with {other}"
        who = "" if clash.with_target else f", {clash.later} came second"
        yield "clash", f"{what} in {plural(len(clash.places) + len(clash.misfits), 'place')}{who}"
        for place in clash.places[:_PLACES]:
            yield "", place_text(place, clash)
        for misfit in clash.misfits[:_PLACES]:
            yield "", printable(misfit.text)
    if item.clashes:
        yield "", f"all of it: wta radar {item.task.name}"


def _landing(item: TaskStatus) -> Iterator[tuple[str, str]]:
    merge = item.merge
    if merge is None:
        return
    yield "merge", _merge(merge)
    yield from (("held", printable(hold.detail)) for hold in merge.holds)
    if merge.approves is not None:
        yield "approved", "a person let pass what was held"
    for resolution in merge.resolutions:
        dropped = f", {plural(len(resolution.dropped), 'line')} dropped"
        text = f"{printable(resolution.path)} by {resolution.solver}"
        yield "resolved", f"{text}{dropped if resolution.dropped else ''}"
        yield from (("dropped", printable(line)) for line in resolution.dropped)
    for gate in merge.gates:
        verdict = "passed" if gate.passed else "failed"
        kind = "tests" if gate.is_tests else "gate"
        yield kind, f"{verdict} in {gate.seconds:.1f} s: {printable(gate.command)}"
        if not gate.passed:
            yield "log", printable(gate.log)


def _merge(merge: MergeRequest) -> str:
    words = [f"{merge.state} onto {merge.target}"]
    if merge.rejection:
        words.append(str(merge.rejection).replace("_", " "))
    if merge.state is MergeState.MERGED and merge.candidate:
        words.append(f"at {merge.candidate.short}")
    if merge.skip_gate:
        words.append("gates skipped")
    if merge.detail:
        words.append(printable(merge.detail))
    return ", ".join(words)
