"""Merge requests on their way, and the guarded moves of their rows.

Request and task move in one transaction, so that no reader ever sees one without the other; the
requests of a batch move together, because each transaction waits for the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeRequest, MergeState, Rejection
from wtagents.core.record import record, replace
from wtagents.core.task import Task, TaskState
from wtagents.core.text import printable
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.words import superseded_words
from wtagents.store.answers import drop_answers
from wtagents.store.lessons import drop_notes, settle_lessons
from wtagents.store.merges import merge_request_by_id, move_merge_request
from wtagents.store.tasks import move_task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import GateResult
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell
    from wtagents.store.database import Database
    from wtagents.store.merges import MergeChanges

ATTEMPTS = 5
"""How often a landing is cut off before a person is asked."""
_ACTOR = "merger"


@record
class Landing:
    """One request, as this process knows it; whoever has it holds the merger lock."""

    context: Context
    task: Task
    request: MergeRequest
    tell: Tell

    def move(self, to: MergeState, **changes: Unpack[MergeChanges]) -> Landing | None:
        """Move the row on; None when somebody was faster."""
        with self.context.database.write(actor=_ACTOR) as db:
            return self.move_in(db, to, **changes)

    def move_in(
        self, db: Database, to: MergeState, **changes: Unpack[MergeChanges]
    ) -> Landing | None:
        """`move` within an open transaction."""
        moved = move_merge_request(db, self.request.id, to, at=self.context.clock.now(), **changes)
        return None if moved is None else replace(self, request=moved)

    def begin_in(self, db: Database, *, source: Oid, onto: Oid) -> Landing | None:
        """Note what lands on what; the task counts as landing from here on."""
        stored = merge_request_by_id(db, self.request.id)
        if stored is None or stored.state is not self.request.state:
            # Somebody withdrew it: its task must not be left merging.
            return None
        task: Task | None = self.task
        if self.task.state is not TaskState.MERGING:
            now = self.context.clock.now()
            task = move_task(db, self.task.id, TaskState.MERGING, at=now)
        if task is None:
            return None
        drop_notes(db, self.request.id)
        begun = self.move_in(
            db,
            MergeState.REPLAYING,
            source=source,
            onto=onto,
            candidate=None,
            resolutions=(),
            gates=(),
            patch="",
            batch=None,
            place=None,
        )
        return None if begun is None else replace(begun, task=task)

    def reject(self, refusal: Refusal) -> None:
        """Give the task back with the reason; the target is untouched."""
        word = "held" if refusal.holds else "rejected"
        self.tell(f"{self.task.name}: {word}, {refusal.line}")
        changes: MergeChanges = {
            "detail": refusal.line,
            "hint": refusal.hint,
            "rejection": refusal.rejection,
        }
        if refusal.gates:
            changes["gates"] = refusal.gates
        if refusal.holds:
            changes["holds"] = refusal.holds
            changes["candidate"] = refusal.candidate
            changes["resolutions"] = refusal.resolutions
        self._end(MergeState.REJECTED, TaskState.READY, **changes)

    def withdraw(self, why: str) -> None:
        """Take the request back: the task is not ready any more."""
        self.tell(f"{self.task.name}: withdrawn, {why}")
        self._end(MergeState.WITHDRAWN, TaskState.READY, detail=why)

    def finish(self, candidate: Oid, detail: str, *, hint: str = "") -> None:
        """Record that the target has it; `hint` says what is left for a person to do."""
        with self.context.database.write(actor=_ACTOR) as db:
            self.finish_in(db, candidate, detail, hint=hint)
        self.tell(f"{self.task.name}: merged, {detail}")

    def finish_in(self, db: Database, candidate: Oid, detail: str, *, hint: str = "") -> None:
        """`finish` within an open transaction, without a word."""
        self._end_in(
            db, MergeState.MERGED, TaskState.MERGED, detail=detail, hint=hint, candidate=candidate
        )

    def cut_off(self, warning: str = "") -> None:
        """Put the request back into the queue; after too many times ask a person.

        `warning` is what a person has to look at, if anything.

        One that kills its merger again and again must not do so for ever.
        """
        attempts = self.request.attempts + 1
        said = f"the landing was cut off while {self.request.state}"
        why = f"{said}; {warning}" if warning else said
        if attempts >= ATTEMPTS:
            again = f"wta merge {self.task.name}"
            detail = f"{why}, {attempts} times in all"
            replace(self, request=replace(self.request, attempts=attempts)).reject(
                Refusal(rejection=Rejection.CUT_OFF, detail=detail, hint=f"try again: {again}")
            )
            return
        self.tell(f"{self.task.name}: {why}; beginning again")
        self.move(MergeState.WAITING, attempts=attempts, detail=why)

    def supersede(self, warning: str = "") -> None:
        """Put the request back into the queue because somebody else moved the target."""
        superseded, target = self.request.superseded + 1, self.request.target
        why = "; ".join(filter(None, (superseded_words(target, superseded), warning)))
        self.tell(f"{self.task.name}: {why}")
        self.move(MergeState.WAITING, superseded=superseded, detail=why, batch=None, place=None)

    def _end(self, to: MergeState, task_to: TaskState, **changes: Unpack[MergeChanges]) -> None:
        with self.context.database.write(actor=_ACTOR) as db:
            self._end_in(db, to, task_to, **changes)

    def _end_in(
        self, db: Database, to: MergeState, task_to: TaskState, **changes: Unpack[MergeChanges]
    ) -> None:
        now = self.context.clock.now()
        changes["detail"] = detail = printable(changes.get("detail", ""))
        if move_merge_request(db, self.request.id, to, at=now, **changes) is None:
            return
        if to is MergeState.MERGED:
            drop_answers(db, self.task.id)
        settle_lessons(db, self.request, to, changes.get("rejection"), now)
        shown = detail if to is MergeState.REJECTED else printable(changes.get("hint", ""))
        move_task(db, self.task.id, task_to, at=now, expected=(TaskState.MERGING,), detail=shown)


def begin_all(
    landings: Sequence[tuple[Landing, Oid, Oid]],
) -> list[Landing | None]:
    """Begin landings with their sources and targets' tips; None for one that somebody moved."""
    if not landings:
        return []
    with landings[0][0].context.database.write(actor=_ACTOR) as db:
        return [landing.begin_in(db, source=tip, onto=onto) for landing, tip, onto in landings]


def move_all(
    landings: Sequence[tuple[Landing, MergeState, MergeChanges]],
) -> list[Landing | None]:
    """Move rows on together; None for one that somebody was faster to move."""
    if not landings:
        return []
    with landings[0][0].context.database.write(actor=_ACTOR) as db:
        return [landing.move_in(db, to, **changes) for landing, to, changes in landings]


def put_back(landings: Sequence[Landing], why: str) -> None:
    """Put requests back into the queue that are not to blame: it does not count as an attempt."""
    changes: MergeChanges = {"detail": why, "batch": None, "place": None}
    move_all([(landing, MergeState.WAITING, changes) for landing in landings])


def advance_all(
    landings: Sequence[Landing], gates: tuple[GateResult, ...]
) -> tuple[Landing, ...] | Landing:
    """Pass the point of no return with all of them, or with none: return the one in the way.

    In the way is one that was withdrawn, or whose row does not say what was built and verified.
    """
    moved: list[Landing] = []
    try:
        with landings[0].context.database.write(actor=_ACTOR) as db:
            for landing in landings:
                stored = merge_request_by_id(db, landing.request.id)
                same = stored is not None and _same_work(stored, landing.request)
                after = landing.move_in(db, MergeState.ADVANCING, gates=gates) if same else None
                if after is None:
                    raise _InTheWay(landing)
                moved.append(after)
    except _InTheWay as found:
        return found.landing
    return tuple(moved)


def finish_all(landings: Sequence[tuple[Landing, Oid, str]], *, hint: str = "") -> None:
    """Record that the target has them, each with its last commit and the words about it.

    `hint` says what is left for a person to do, if anything is.
    """
    with landings[0][0].context.database.write(actor=_ACTOR) as db:
        for landing, candidate, detail in landings:
            landing.finish_in(db, candidate, detail, hint=hint)
    for landing, _, detail in landings:
        landing.tell(f"{landing.task.name}: merged, {detail}")


class _InTheWay(Exception):
    def __init__(self, landing: Landing) -> None:
        super().__init__(landing.task.name)
        self.landing = landing


def _same_work(stored: MergeRequest, known: MergeRequest) -> bool:
    return all(
        getattr(stored, name) == getattr(known, name)
        for name in ("state", "source", "onto", "candidate", "patch", "target", "task_id")
    )
