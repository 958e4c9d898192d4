"""Every state that needs a person names the next command."""

from __future__ import annotations

import pytest

from tests.support.records import a_merge, a_pulse, a_question, a_task
from wtagents.core.inquiry import Inquiry
from wtagents.core.landing.merge import MergeState
from wtagents.core.record import replace
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.core.tending.remedy import next_command


def after(state: TaskState, reason: Reason | None = None, **facts: object) -> str:
    given = {"liveness": None, "pulse": None, "merge": None} | facts
    return next_command(a_task(state=state, reason=reason), **given)  # type: ignore[arg-type]


def test_a_question_is_answered_first() -> None:
    asking = a_pulse(question=a_question())
    said = after(TaskState.ACTIVE, pulse=asking, liveness=Liveness.STUCK)
    assert said == "wta answer fix-login --allow, or: wta answer fix-login --deny"
    inquiry = Inquiry(text="Which?", header="", options=(), many=False)
    choosing = a_pulse(question=replace(a_question(), inquiries=(inquiry, inquiry)))
    said = after(TaskState.ACTIVE, pulse=choosing)
    assert said == "wta answer fix-login --choice NUMBER --choice NUMBER"


def test_who_is_silent_is_looked_at() -> None:
    said = after(TaskState.ACTIVE, liveness=Liveness.STUCK)
    assert said == "wta logs fix-login; then: wta stop fix-login"


def test_who_lost_its_runner_is_taken_up_by_a_tick() -> None:
    assert after(TaskState.ACTIVE, liveness=Liveness.LOST) == "wta supervise --once"


@pytest.mark.parametrize("reason", [None, *Reason])
def test_every_failure_has_a_command(reason: Reason | None) -> None:
    said = after(TaskState.FAILED, reason)
    assert "wta " in said
    assert "{" not in said


def test_an_account_without_credit_needs_no_login() -> None:
    unpaid = after(TaskState.FAILED, Reason.AUTHENTICATION, end=ExitReason.BILLING)
    assert unpaid == "add credit to the account, or change its plan; then: wta retry fix-login"
    wrong_key = after(TaskState.FAILED, Reason.AUTHENTICATION, end=ExitReason.AUTHENTICATION)
    assert "/login" in wrong_key
    assert after(TaskState.FAILED, Reason.LOST, end=ExitReason.BILLING) == "wta retry fix-login"


def test_a_rejection_has_its_own_hint() -> None:
    rejected = a_merge(state=MergeState.REJECTED, hint="git status")
    assert after(TaskState.READY, merge=rejected) == "git status"
    assert after(TaskState.READY, merge=a_merge(state=MergeState.REJECTED)) == (
        "wta status fix-login"
    )
    assert after(TaskState.READY, merge=a_merge(state=MergeState.WITHDRAWN)) == (
        "wta merge fix-login"
    )


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (TaskState.QUEUED, ""),
        (TaskState.PREPARING, ""),
        (TaskState.ACTIVE, ""),
        (TaskState.MERGING, ""),
        (TaskState.MERGED, ""),
        (TaskState.CANCELLED, ""),
        (TaskState.READY, "wta merge fix-login"),
        (TaskState.STOPPED, "wta retry fix-login"),
    ],
)
def test_what_goes_on_by_itself_has_none(state: TaskState, said: str) -> None:
    assert after(state) == said
