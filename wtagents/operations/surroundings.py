"""What starts depend on beside the tasks themselves, read for the tick and for those who look."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.agent.account import account_of
from wtagents.core.record import replace
from wtagents.core.task import TaskState
from wtagents.core.tending.budget import NOTHING, Amount, Budget, Ledger, Spent
from wtagents.core.tending.fallback import choose_model
from wtagents.core.tending.snapshot import Surroundings
from wtagents.operations.telling.breakers import observe_breakers
from wtagents.store.after import unfounded
from wtagents.store.limits import account_limits
from wtagents.store.pauses import pauses
from wtagents.store.runs import live_models, live_profiles, live_runs
from wtagents.store.spending import reserved, spent, spent_by_task
from wtagents.store.tasks import queued
from wtagents.system.run_folder import load_pulse
from wtagents.system.sharing.shared_limits import load_limit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.config.settings import Settings
    from wtagents.core.run import Run
    from wtagents.core.task import AgentKind, Task
    from wtagents.core.tending.breaker import Breaker
    from wtagents.core.tending.limit import AccountLimit
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


def observe_surroundings(context: Context, db: Database, tasks: Iterable[Task]) -> Surroundings:
    """Look; `db` is inside an open read block. What costs more is read where somebody waits."""
    now = context.clock.now()
    held = Surroundings(pauses=pauses(db), limits=account_limits(db, now=now))
    queue = (task for task in tasks if task.state is TaskState.QUEUED)
    waiting = set(accounts_by_kind(queue).values())
    if not waiting:
        return held
    return replace(
        held,
        limits=_with_shared(held.limits, context, waiting),
        breakers=observe_breakers(context, db),
        ledger=observe_ledger(context, db),
        models=live_models(db),
        profiles=live_profiles(db),
        queue=queued(db, now=now),
        unfounded=unfounded(db),
        load=context.world.load(),
        free_memory=context.world.free_memory(),
    )


def _with_shared(
    own: Iterable[AccountLimit], context: Context, accounts: Iterable[str]
) -> tuple[AccountLimit, ...]:
    """Add what other repositories of the user have met; the latest end of each account counts."""
    folder, now = context.paths.accounts, context.clock.now()
    limits = {limit.account: limit for limit in own}
    for account in sorted(accounts):
        shared, known = load_limit(folder, account, now), limits.get(account)
        if shared is not None and (known is None or known.until < shared.until):
            limits[account] = shared
    return tuple(limits.values())


def budget_of(settings: Settings) -> Budget:
    """Return what runs, tasks, days and the repository may use."""
    limit = settings.budget
    return Budget(
        run=Amount(usd=settings.agent.budget_usd, tokens=limit.run_tokens),
        task=Amount(usd=limit.task_usd, tokens=limit.task_tokens),
        day=Amount(usd=limit.day_usd, tokens=limit.day_tokens),
        repository=Amount(usd=limit.repository_usd, tokens=limit.repository_tokens),
        warn=limit.warn,
    )


def observe_ledger(context: Context, db: Database) -> Ledger:
    """Add up what was used; costs a look at every run, so only where a budget is shared."""
    if not budget_of(context.settings).is_shared:
        return Ledger()
    midnight = context.clock.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    return Ledger(
        day=spent(db, since=midnight),
        repository=spent(db),
        reserved=reserved(db),
        at_work=_used_so_far(context, db),
        day_ends=(midnight + timedelta(days=1)),
    )


def _used_so_far(context: Context, db: Database) -> Spent:
    """Add up what live runs tell by their pulses."""
    used = Spent()
    for run in live_runs(db):
        pulse = load_pulse(context.paths.run(run.id))
        if pulse is not None:
            tokens = pulse.usage.input_tokens + pulse.usage.output_tokens
            used = used.plus(Spent(usd=pulse.usage.cost_usd, tokens=tokens))
    return used


def budget_words(context: Context, db: Database) -> tuple[str, ...]:
    """Name the budgets of day and repository that are nearly used up."""
    from wtagents.core.tending.strain import shared_strains

    strains = shared_strains(budget_of(context.settings), observe_ledger(context, db))
    return tuple(strain.words for strain in strains)


def spent_for(context: Context, db: Database, task: Task) -> Spent:
    """Return what a task has used, where a budget asks for it."""
    limit = context.settings.budget
    limited = limit.task_usd is not None or limit.task_tokens is not None
    return spent_by_task(db, task.id) if limited else NOTHING


def account_for(task: Task) -> str:
    """Return the account that the next run of a task would work on."""
    return account_of(task.agent.kind, os.environ)


def accounts_by_kind(tasks: Iterable[Task]) -> dict[AgentKind, str]:
    """Return the account of each kind of agent among many tasks; each is looked for once."""
    kinds = {task.agent.kind for task in tasks}
    return {kind: account_of(kind, os.environ) for kind in kinds}


def models_for(context: Context, task: Task) -> tuple[str, ...]:
    """Return the model that a task asks for and those to go on with; '' is the program's own."""
    agent = context.settings.agent
    return tuple(dict.fromkeys((task.agent.model or agent.model or "", *agent.fallback_models)))


def model_for(
    context: Context, task: Task, last: Run | None, breakers: Iterable[Breaker] = ()
) -> str:
    """Return the model that the next run of a task asks for."""
    return choose_model(models_for(context, task), last, breakers)
