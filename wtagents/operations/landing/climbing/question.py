"""What is asked about the conflicts that are left: their three sides, and who wanted what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.resolver import ConflictRequest
from wtagents.core.isolation.credentials import without_credentials
from wtagents.core.task import TaskState
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from wtagents.operations.landing.climbing.climb import Climb

RESOLVE_SECONDS = 900.0
_WORDS_LIMIT = 20_000
"""Characters of one task's prompt that a resolver gets."""
_COMMITS_LIMIT = 30
"""Commits of the target whose words a resolver gets."""


def question_about_left(climbing: Climb, refused: tuple[str, ...]) -> ConflictRequest:
    """Return the question; `refused` says what was wrong with answers before."""
    landing, left = climbing.landing, climbing.left
    return ConflictRequest(
        task=landing.task.name,
        branch_words=without_credentials(landing.task.prompt[:_WORDS_LIMIT]),
        target=landing.request.target,
        target_words=_target_words(climbing, [each.path for each in left]),
        conflicts=climbing.texts(left),
        refused=refused,
    )


def _target_words(climbing: Climb, paths: list[str]) -> tuple[str, ...]:
    """Return the prompts of tasks, else the subjects of commits, that changed these paths."""
    landing = climbing.landing
    said = climbing.hub.repo.read(
        "--literal-pathspecs",
        "log",
        "-z",
        f"--max-count={_COMMITS_LIMIT}",
        "--format=%s%x09%(trailers:key=Wta-Task,valueonly,separator=%x2C)",
        f"{landing.task.base}..{climbing.target_tip}",
        "--",
        *paths,
    )
    with landing.context.database.read() as db:
        prompts = {
            str(task.name): task.prompt
            for task in tasks(db, removed=True)
            if task.state is TaskState.MERGED
        }
    words = (line.rpartition("\t") for line in said.text.split("\0") if line)
    return tuple(
        dict.fromkeys(
            without_credentials(prompts[name][:_WORDS_LIMIT]) if name in prompts else subject
            for subject, _, name in words
        )
    )
