"""One-line mistakes that real tools make; a simulation that misses one proves little."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A line of the loop, and what it becomes."""

    name: str
    file: str
    line: str
    becomes: str
    seed: int
    """One that notices it; where the loop has changed since, one of the next does."""
    lands: bool = False
    """Whether it is landings that notice."""


ADMISSION = "wtagents/core/tending/admission.py"
RECONCILE = "wtagents/core/tending/reconcile.py"
SETTLE = "wtagents/core/tending/settle.py"
SUSPICION = "wtagents/core/tending/suspicion.py"
APPLY = "wtagents/operations/apply.py"
OBSERVE_RUN = "wtagents/operations/observe_run.py"
BEGIN = "wtagents/operations/starting/begin.py"
RUNS = "wtagents/store/runs.py"
TASKS = "wtagents/store/tasks.py"

MUTANTS = (
    Mutant(
        name="the row of a run is added beyond the capacity",
        file=RUNS,
        line="  < :capacity AND NOT EXISTS",
        becomes="  < 99 AND NOT EXISTS",
        seed=87,
    ),
    Mutant(
        name="retries are not counted",
        file=APPLY,
        line="task.attempts + settlement.failed_attempt",
        becomes="task.attempts",
        seed=3,
    ),
    Mutant(
        name="retries without an end",
        file=SETTLE,
        line="    if attempts >= policy.retries:",
        becomes="    if attempts > policy.retries:",
        seed=3,
    ),
    Mutant(
        name="an end without a record is success",
        file=APPLY,
        line="ExitReason.REBOOTED if rebooted else ExitReason.LOST",
        becomes="ExitReason.COMPLETED",
        seed=1,
    ),
    Mutant(
        name="ready without a commit",
        file=SETTLE,
        line="    if facts is not None and not facts.commits:",
        becomes="    if facts is None:",
        seed=5,
    ),
    Mutant(
        name="the agent of a dead runner is not stopped",
        file=APPLY,
        line="    stopped = context.world.stop_runs(lost)",
        becomes=(
            "    stopped = context.world.stop_runs(())\n"
            "    stopped.counts.update(dict.fromkeys(lost, 0))"
        ),
        seed=2,
    ),
    Mutant(
        name="a firm stop leaves the agent",
        file=APPLY,
        line="    stopped = context.world.stop_runs(barred)",
        becomes=(
            "    stopped = context.world.stop_runs(())\n"
            "    stopped.counts.update(dict.fromkeys(barred, 0))"
        ),
        seed=4,
    ),
    Mutant(
        name="the end of a run is not noted",
        file=RECONCILE,
        line="        yield NoteExit(run_id=run.id, exit=facts.exit)",
        becomes="        yield from ()",
        seed=1,
    ),
    Mutant(
        name="an unclaimed run is never started again",
        file=RECONCILE,
        line="        yield LaunchRunner(run_id=run.id)",
        becomes="        yield from ()",
        seed=9,
    ),
    Mutant(
        name="a wish to stop is polite for ever",
        file=RECONCILE,
        line="        yield StopFirmly(run_ids=(run.id,))\n    elif run.state",
        becomes="        yield from ()\n    elif run.state",
        seed=4,
    ),
    Mutant(
        name="a task that was stopped while it was prepared begins",
        file="wtagents/operations/starting/begin.py",
        line="    return task.wish is Wish.WORK and is_prepared and not pauses",
        becomes="    return task and is_prepared is not None and not pauses",
        seed=34,
    ),
    Mutant(
        name="a stop that a crash has cut off is never said",
        file=RECONCILE,
        line="        if not facts.told_to_stop:\n            yield StopRun(run_id=run.id)",
        becomes="        yield from ()",
        seed=30,
    ),
    Mutant(
        name="a change of state without its event",
        file=TASKS,
        line="    add_event(db, EventKind.TASK_MOVED, at=at, task_id=task_id, data=data)\n",
        becomes="",
        seed=1,
    ),
    Mutant(
        name="words are delivered when they are posted",
        file=APPLY,
        line="    if message is None or message.delivered_at is not None or message.failed:",
        becomes=(
            "    with context.database.write() as db:\n"
            "        mark_delivered(db, action.message_id, action.run_id, context.clock.now())\n"
            "    if message is None:"
        ),
        seed=4,
    ),
    Mutant(
        name="a process is known by its pid alone",
        file=OBSERVE_RUN,
        line="    runner_alive = claim is not None and world.is_alive(claim)",
        becomes="    runner_alive = claim is not None",
        seed=4,
    ),
    Mutant(
        name="a pause without an end",
        file=ADMISSION,
        line="        if task.rests_until_later(self._now):",
        becomes="        if task.not_before is not None:",
        seed=1,
    ),
    Mutant(
        name="an agent that was stopped by a person goes on",
        file=SETTLE,
        line="    if task.wish is Wish.STOP:",
        becomes="    if task.wish is Wish.CANCEL:",
        seed=70,
    ),
    Mutant(
        name="one agent suffers for what keeps all from getting on",
        file=SUSPICION,
        line="    common = suspected > 1 and 2 * suspected > len(looks)",
        becomes="    common = False",
        seed=72,
    ),
    Mutant(
        name="a step follows the other at once",
        file=SUSPICION,
        line="    if passed < PATIENCE:",
        becomes="    if passed < SECOND_LOOK:",
        seed=28,
    ),
    Mutant(
        name="a limit of the account is a failure like any other",
        file=SETTLE,
        line="    limited_until = limit_end(end)",
        becomes="    limited_until = None",
        seed=36,
    ),
    Mutant(
        name="words that a run did not hear are given up",
        file=RECONCILE,
        line="        if not message.is_words:\n            yield DropMessage",
        becomes="        if message.is_words:\n            yield DropMessage",
        seed=1,
    ),
    Mutant(
        name="a task that was cancelled works on",
        file=RECONCILE,
        line="    if task.wish is Wish.CANCEL:",
        becomes="    if task.wish is None:",
        seed=1,
    ),
    Mutant(
        name="a spawn that died half-way is not finished",
        file=RECONCILE,
        line="    if task.state in (TaskState.QUEUED, TaskState.PREPARING):",
        becomes="    if task.state is TaskState.QUEUED:",
        seed=3,
    ),
    Mutant(
        name="who is paused starts",
        file="wtagents/core/tending/pause.py",
        line="        return self.frozen or task_id in self.tasks",
        becomes="        return self.frozen",
        seed=1,
    ),
    Mutant(
        name="a red check is no reason",
        file=SETTLE,
        line="    red = failed_check(end.checks)",
        becomes="    red = None",
        seed=6,
    ),
    Mutant(
        name="what live runs may use counts as left",
        file="wtagents/operations/surroundings.py",
        line="        reserved=reserved(db),",
        becomes="        reserved=Spent(),",
        seed=6,
    ),
    Mutant(
        name="a run is not told its share",
        file="wtagents/operations/starting/order.py",
        line="_least(settings.budget.run_tokens, run.allowance.tokens)",
        becomes="settings.budget.run_tokens",
        seed=82,
    ),
    Mutant(
        name="a warning is said again and again",
        file="wtagents/operations/telling/alerts.py",
        line="        strains=[each for each in strains if each.key not in before],",
        becomes="        strains=strains,",
        seed=6,
    ),
    Mutant(
        name="nobody is warned before a budget is used up",
        file="wtagents/core/tending/strain.py",
        line="if line.spent >= round(line.limit * budget.warn, USD_DIGITS))",
        becomes="if line.spent >= line.limit)",
        seed=6,
    ),
    Mutant(
        name="who is killed has used nothing",
        file=APPLY,
        line="    return pulse.usage if pulse is not None else Usage()",
        becomes="    return Usage()",
        seed=118,
    ),
    Mutant(
        name="main moves without looking where it is",
        file="wtagents/git/refs.py",
        line='                new,\n                old or "",\n',
        becomes="                new,\n",
        seed=1,
        lands=True,
    ),
    Mutant(
        name="a commit of the person is written over",
        file="wtagents/git/advancing/advance.py",
        line="    actual = ref_value(repo, target.ref)\n    if actual",
        becomes="    actual = old = ref_value(repo, target.ref) or old\n    if actual",
        seed=7,
        lands=True,
    ),
    Mutant(
        name="what a person writes after a kill counts as half a file of git",
        file="wtagents/git/advancing/repair.py",
        line="        return _Where.TORN if self._is_torn(change) else _Where.EDITED, None",
        becomes="        return _Where.TORN, None",
        seed=687,
        lands=True,
    ),
    Mutant(
        name="a landing is recorded before main has moved",
        file="wtagents/operations/landing/advance.py",
        line="    result = _advance_target(context, target, members)\n",
        becomes=(
            '    finish_all([(row, each.commit, "") for row, each in zip(advancing, members)])\n'
            "    result = _advance_target(context, target, members)\n"
        ),
        seed=2,
        lands=True,
    ),
    Mutant(
        name="a red gate counts as green",
        file="wtagents/operations/landing/gate.py",
        line="        passed=status == 0,",
        becomes="        passed=status is not None,",
        seed=1,
        lands=True,
    ),
    Mutant(
        name="who gives way to a person has failed",
        file="wtagents/operations/landing/batch.py",
        line="            member.landing.supersede(warning)",
        becomes="            member.landing.cut_off()",
        seed=7,
        lands=True,
    ),
    Mutant(
        name="a branch goes before it has landed",
        file="wtagents/core/keeping/retention.py",
        line="    if remains.state not in (TaskState.MERGED, TaskState.CANCELLED):",
        becomes="    if remains.state is TaskState.MERGING:",
        seed=1,
        lands=True,
    ),
    Mutant(
        name="what a killed landing left counts as landed",
        file="wtagents/operations/landing/land.py",
        line="            if ended.is_done:",
        becomes="            if request.candidate:",
        seed=2,
        lands=True,
    ),
)
