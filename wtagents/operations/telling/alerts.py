"""alerts: find out what a person is to be told, and what of it is due. The store remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.record import record
from wtagents.core.tending.alert import Notification, compose, is_due
from wtagents.core.tending.alert_causes import KINDS, budget_alerts, event_alerts, standing_alerts
from wtagents.core.tending.strain import own_strains, shared_strains
from wtagents.operations.surroundings import budget_of, observe_ledger
from wtagents.store.alerts import (
    note_alerts,
    note_told,
    noted_alerts,
    unseen_events,
    untold_alerts,
)
from wtagents.store.events import add_event
from wtagents.store.landed_checks import red_since
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.tending.alert import Alert
    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.core.tending.strain import Strain
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


@record
class _News:
    """What was not noted yet."""

    found: list[Alert]
    standing: set[str]
    """Keys of all alerts that stand now."""
    strains: list[Strain]
    seen: int | None
    """The latest event that was looked at."""


def note_what_is_new(context: Context, snapshot: Snapshot) -> None:
    """Compare the world with what was noted; writes only where something has changed."""
    with context.database.read() as db:
        news = _look(context, db, snapshot)
    if news is None:
        return
    with context.database.write(actor="tick") as db:
        # Another tick may have noted the same meanwhile.
        news = _look(context, db, snapshot)
        if news is not None:
            note_alerts(db, news.found, standing=news.standing, seen=news.seen)
            for strain in news.strains:
                _note_strain(db, strain, snapshot.at)


def _look(context: Context, db: Database, snapshot: Snapshot) -> _News | None:
    """Return what is new, None where nothing is."""
    events = unseen_events(db)
    before = {each.key for each in noted_alerts(db) if each.standing}
    strains = _strains(context, db, snapshot)
    standing = _standing(context, db, snapshot, strains)
    relevant = [each for each in events if each.kind in KINDS]
    known = {task.id: task for task in tasks(db, removed=True)} if relevant else {}
    needing = [each.task for each in standing if each.task]
    happened = event_alerts(relevant, known, needing, context.clock.now())
    found = [*(each for each in standing if each.key not in before), *happened]
    keys = {each.key for each in standing}
    if not (found or events or keys != before):
        return None
    return _News(
        found=found,
        standing=keys,
        strains=[each for each in strains if each.key not in before],
        seen=events[-1].id if events else None,
    )


def take_due(context: Context, *, at_once: bool = False) -> Notification | None:
    """Return what is to be told now, and remember it as told: twice is worse than not at all."""
    db, settings = context.database, context.settings.notify
    now = context.clock.now()
    waiting = untold_alerts(db)
    batch = 0.0 if at_once else settings.batch
    if not is_due(waiting, now, batch=batch, quiet=settings.quiet):
        return None
    with db.write(actor="tick"):
        note_told(db, waiting, now)
    wanted = [each for each in waiting if each.topic in settings.events]
    return compose(wanted, title_of(context, wanted)) if wanted else None


def is_anything_untold(context: Context) -> bool:
    """Whether something waits for the end of a batch or of quiet hours."""
    return bool(untold_alerts(context.database))


def title_of(context: Context, alerts: list[Alert]) -> str:
    """Name the repository, and since when where it has waited for the end of quiet hours."""
    name = context.paths.root.name if context.main_worktree is None else context.main_worktree.name
    quiet = context.settings.notify.quiet
    since = [each.at.astimezone() for each in alerts]
    waited = quiet is not None and since and quiet.cover(min(since))
    return f"wta: {name}, since {min(since):%H:%M}" if waited else f"wta: {name}"


def _standing(
    context: Context, db: Database, snapshot: Snapshot, strains: list[Strain]
) -> list[Alert]:
    settings = context.settings
    red = red_since(db) if settings.merge.post_gate else {}
    return [
        *standing_alerts(snapshot, settings.limits.thresholds, red),
        *budget_alerts(snapshot, budget_of(settings), strains),
    ]


def _strains(context: Context, db: Database, snapshot: Snapshot) -> list[Strain]:
    budget = budget_of(context.settings)
    shared = shared_strains(budget, observe_ledger(context, db))
    return [*shared, *own_strains(budget, snapshot)]


def _note_strain(db: Database, strain: Strain, at: datetime) -> None:
    """Append that little is left of a budget: once for each budget and what it is counted in."""
    add_event(
        db,
        EventKind.BUDGET_STRAINED,
        at=at,
        task_id=strain.task_id,
        data={"budget": strain.budget, "words": strain.words, "used_up": strain.used_up},
    )
