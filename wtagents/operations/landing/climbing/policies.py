"""What may be done about each class of conflict: by which rungs, and by a person with what words.

Classes without markers are never settled by adding everything: nobody would see which side went.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.rung import Rung
from wtagents.core.record import record
from wtagents.git.merging.conflicts import ConflictKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.git.merging.conflicts import Conflict

_TEXT = frozenset({Rung.MEMORY, Rung.RULES, Rung.STRUCTURAL, Rung.CANDIDATES, Rung.AGENT})
_GENERATED = frozenset({Rung.REGENERATE})
_EDIT = "or edit it: the target's lines stand above those of the branch, between markers"
_BY_TARGET, _BY_BRANCH = "take the target's version", "take the branch's version"


@record
class Policy:
    """One class."""

    rungs: frozenset[Rung] = frozenset()
    """Those that may try; a person always may."""
    edit: str = "or write the file as it shall be"
    """What a person can do by hand."""
    by_target: str = _BY_TARGET
    """What it means to take the target's side."""
    by_branch: str = _BY_BRANCH


POLICIES: Mapping[ConflictKind, Policy] = {
    ConflictKind.CONTENT: Policy(rungs=_TEXT | _GENERATED, edit=_EDIT),
    ConflictKind.BOTH_ADDED: Policy(rungs=_TEXT | _GENERATED, edit=_EDIT),
    ConflictKind.BINARY: Policy(rungs=_GENERATED),
    ConflictKind.DELETED_BY_BRANCH: Policy(
        by_target="keep it with the target's change", by_branch="delete it"
    ),
    ConflictKind.DELETED_BY_TARGET: Policy(
        by_target="leave it deleted", by_branch="keep it with the branch's change"
    ),
    ConflictKind.RENAME_DELETE: Policy(
        by_target="as the target has this name", by_branch="as the branch has this name"
    ),
    ConflictKind.RENAMED_APART: Policy(
        edit="or keep both names; say it for each of them",
        by_target="as the target has this name",
        by_branch="as the branch has this name",
    ),
    ConflictKind.RENAMED_TOGETHER: Policy(
        edit=_EDIT,
        by_target="begin with the target's file, which may hold markers itself",
        by_branch="begin with the branch's file, which may hold markers itself",
    ),
    ConflictKind.MOVED_FOLDER: Policy(
        edit="or move it to where its folder went",
        by_target="leave it out",
        by_branch="keep it where git has put it",
    ),
    ConflictKind.FILE_AND_FOLDER: Policy(
        edit="or move it to another name: a folder has its own",
        by_target="as the target has it, under this name",
        by_branch="as the branch has it, under this name",
    ),
    ConflictKind.TYPES: Policy(
        edit="or make it the file or link that it shall be",
        by_target="as the target has it, under this name",
        by_branch="as the branch has it, under this name",
    ),
    ConflictKind.SYMLINK: Policy(
        edit="or point it elsewhere: ln -sfn",
        by_target="point it where the target does",
        by_branch="point it where the branch does",
    ),
    ConflictKind.SUBMODULE: Policy(
        edit="or make a commit with both changes in the submodule first",
        by_target="the target's commit of it",
        by_branch="the branch's commit of it",
    ),
    ConflictKind.MODE: Policy(
        edit="or chmod it as it shall be",
        by_target="content and mode of the target",
        by_branch="content and mode of the branch",
    ),
    ConflictKind.OTHER: Policy(),
}
"""Every class has its row."""


def may_climb(conflict: Conflict, rung: Rung) -> bool:
    """Whether a rung may try it: text rungs ask for text of both sides under the limit."""
    allowed = rung in POLICIES[conflict.kind].rungs
    return allowed and (conflict.is_resolvable or rung is Rung.REGENERATE)
