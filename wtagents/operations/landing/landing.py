"""One merge request on its way, and the guarded moves of its row.

Request and task move in one transaction, so that no reader ever sees one without the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.merge import MergeRequest, MergeState, Rejection
from wtagents.core.record import record, replace
from wtagents.core.task import Task, TaskState
from wtagents.core.text import printable
from wtagents.operations.landing.outcome import Refusal
from wtagents.store.merges import move_merge_request
from wtagents.store.tasks import move_task

if TYPE_CHECKING:
    from typing import Unpack

    from wtagents.core.ids import Oid
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell
    from wtagents.store.merges import MergeChanges

ATTEMPTS = 5
"""How often a landing begins before a person is asked."""
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
            moved = move_merge_request(
                db, self.request.id, to, at=self.context.clock.now(), **changes
            )
        return None if moved is None else replace(self, request=moved)

    def begin(self, *, source: Oid, onto: Oid) -> Landing | None:
        """Note what lands on what; the task counts as landing from here on."""
        now = self.context.clock.now()
        with self.context.database.write(actor=_ACTOR) as db:
            if self.task.state is not TaskState.MERGING:
                task = move_task(db, self.task.id, TaskState.MERGING, at=now)
                if task is None:
                    return None
            else:
                task = self.task
            moved = move_merge_request(
                db,
                self.request.id,
                MergeState.REPLAYING,
                at=now,
                source=source,
                onto=onto,
                candidate=None,
                resolutions=(),
                gates=(),
            )
        return None if moved is None else replace(self, task=task, request=moved)

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

    def finish(self, candidate: Oid, detail: str) -> None:
        """Record that the target has it."""
        self.tell(f"{self.task.name}: merged, {detail}")
        self._end(MergeState.MERGED, TaskState.MERGED, detail=detail, hint="", candidate=candidate)

    def begin_again(self, why: str, rejection: Rejection) -> Landing | None:
        """Put the request back into the queue; after too many times reject it and return None."""
        attempts = self.request.attempts + 1
        if attempts >= ATTEMPTS:
            again = f"wta merge {self.task.name}"
            detail = f"{why}, {attempts} times in a row"
            replace(self, request=replace(self.request, attempts=attempts)).reject(
                Refusal(rejection=rejection, detail=detail, hint=f"try again: {again}")
            )
            return None
        self.tell(f"{self.task.name}: {why}; beginning again")
        return self.move(MergeState.WAITING, attempts=attempts, detail=why)

    def _end(self, to: MergeState, task_to: TaskState, **changes: Unpack[MergeChanges]) -> None:
        now = self.context.clock.now()
        changes["detail"] = detail = printable(changes.get("detail", ""))
        with self.context.database.write(actor=_ACTOR) as db:
            moved = move_merge_request(db, self.request.id, to, at=now, **changes)
            if moved is not None:
                shown = detail if to is MergeState.REJECTED else ""
                move_task(
                    db,
                    self.task.id,
                    task_to,
                    at=now,
                    expected=(TaskState.MERGING,),
                    detail=shown,
                )
