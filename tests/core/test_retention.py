"""The verdict on what is left of a task: every doubt keeps, whoever is in a hurry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.records import NOW
from wtagents.core.ids import Oid
from wtagents.core.keeping.retention import (
    CARRIED,
    REFUSING,
    Keep,
    Remains,
    Remove,
    judge_retention,
    regenerable_folders,
)
from wtagents.core.task import TaskState
from wtagents.core.worktree import Unsaved, UnsavedKind

TIP, OTHER = Oid("a" * 40), Oid("b" * 40)


def remains(**changes: Any) -> Remains:
    facts: dict[str, Any] = {
        "state": TaskState.MERGED,
        "named": False,
        "at_work": "",
        "tip": TIP,
        "landed": TIP,
        "on_disk": True,
        "elsewhere": "",
        "unsaved": (),
        "restored_at": None,
    }
    return Remains(**facts | changes)


def unsaved(*kinds: UnsavedKind) -> tuple[Unsaved, ...]:
    return tuple(Unsaved(kind=kind, detail="x") for kind in kinds)


@pytest.mark.parametrize(
    ("changes", "proof"),
    [
        ({}, "merged; its branch is at what landed, aaaaaaaaaa"),
        ({"tip": None}, "merged; its branch is gone already"),
        ({"unsaved": unsaved(*CARRIED)}, "merged; its branch is at what landed, aaaaaaaaaa"),
        (
            {"named": True, "tip": OTHER},
            "merged and named by a person; its later commits are archived",
        ),
        (
            {"state": TaskState.CANCELLED, "landed": None},
            "cancelled; its commits are archived",
        ),
    ],
)
def test_what_may_go_has_a_proof(changes: dict[str, Any], proof: str) -> None:
    assert judge_retention(remains(**changes)) == Remove(proof=proof)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"at_work": "its agent is at work"}, "its agent is at work"),
        ({"tip": OTHER}, "its branch has moved since it landed"),
        ({"landed": None}, "its branch has moved since it landed"),
        ({"restored_at": NOW}, "it was brought back on 2026-11-21"),
        ({"elsewhere": "/there"}, "its branch is checked out at /there"),
        (
            {"tip": None, "landed": None, "state": TaskState.CANCELLED},
            "its branch is gone, and nothing of it has landed",
        ),
    ],
)
def test_a_doubt_keeps(changes: dict[str, Any], reason: str) -> None:
    assert judge_retention(remains(**changes)) == Keep(reason=reason)


@pytest.mark.parametrize(
    "state", [state for state in TaskState if state not in (TaskState.MERGED, TaskState.CANCELLED)]
)
def test_a_task_that_has_not_ended_stays_even_when_named(state: TaskState) -> None:
    verdict = judge_retention(remains(state=state, named=True))
    assert verdict == Keep(reason=f"the task is {state}")


@pytest.mark.parametrize("state", [TaskState.MERGED, TaskState.CANCELLED])
@pytest.mark.parametrize("kind", sorted(REFUSING))
def test_what_a_rename_would_break_is_refused_whoever_asks(
    state: TaskState, kind: UnsavedKind
) -> None:
    verdict = judge_retention(remains(state=state, named=True, unsaved=unsaved(kind)))
    assert verdict == Keep(reason=f"{kind}: x")


@pytest.mark.parametrize("kind", sorted(set(UnsavedKind) - REFUSING - CARRIED))
def test_work_after_the_landing_waits_for_a_person(kind: UnsavedKind) -> None:
    found = unsaved(kind)
    assert judge_retention(remains(unsaved=found)) == Keep(reason=f"since it landed: {kind}: x")
    assert isinstance(judge_retention(remains(unsaved=found, named=True)), Remove)
    given_up = remains(unsaved=found, state=TaskState.CANCELLED)
    assert isinstance(judge_retention(given_up), Remove)


def test_only_ignored_folders_of_these_names_are_made_again() -> None:
    found = [
        Unsaved(kind=UnsavedKind.IGNORED, detail="node_modules/"),
        Unsaved(kind=UnsavedKind.IGNORED, detail="web/node_modules/"),
        Unsaved(kind=UnsavedKind.IGNORED, detail="my_node_modules/"),
        Unsaved(kind=UnsavedKind.IGNORED, detail="target"),
        Unsaved(kind=UnsavedKind.IGNORED, detail=".env"),
        Unsaved(kind=UnsavedKind.UNTRACKED, detail="new/target/"),
        Unsaved(kind=UnsavedKind.IGNORED, detail="deep/target/"),
        Unsaved(kind=UnsavedKind.NESTED_REPOSITORY, detail="deep/target/checkout"),
    ]
    folders = regenerable_folders(found, ("node_modules/", "target/", "loose"))
    assert folders == ["node_modules", "web/node_modules"]
