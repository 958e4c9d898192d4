"""What the processes of a race do, and what the victims of a kill were doing."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.advancing.advance import advance
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree
from wtagents.system.lock import hold_lock


class Place(TypedDict):
    repository: str
    root: str
    name: str
    base: str


class Step(TypedDict):
    repository: str
    branch: str
    old: str
    new: str


def add(place: Place) -> str:
    """Add a worktree under the repository lock."""
    repo, path = Repository.at(Path(place["repository"])), Path(place["root"]) / place["name"]
    lock = Path(place["root"]) / "repository.lock"
    with hold_lock(lock, seconds=100, what="the repository"):
        add_worktree(
            repo,
            path,
            branch=BranchName(f"wta/{place['name']}"),
            base=Oid(place["base"]),
            task=TaskName(place["name"]),
            owner="state",
        )
    return "made"


def add_and_fill(place: Place) -> str:
    """Add a worktree under the repository lock, then fill it outside."""
    add(place)
    fill_worktree(Repository.at(Path(place["repository"])), Path(place["root"]) / place["name"])
    return "made"


def advance_once(step: Step) -> str:
    """Try to move a target; return the kind of the outcome, or of the refusal."""
    repo = Repository.at(Path(step["repository"]))
    try:
        outcome = advance(repo, BranchName(step["branch"]), Oid(step["old"]), Oid(step["new"]))
    except StateError as error:
        return type(error).__name__
    return type(outcome).__name__
