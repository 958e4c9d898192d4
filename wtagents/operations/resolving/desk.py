"""The desk: a throwaway checkout of a half-merged tree, in which a person decides.

    <state>/resolving/<task>/opened.json    what was opened; written last, removed first
    <state>/resolving/<task>/tree/          the files, markers labelled target and branch

What a person has put there is never overwritten: a desk that is open stays as it is until its
content is kept as answers, or given up.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.record import record, replace
from wtagents.git.merging.changes import tree_changes
from wtagents.git.merging.conflicts import Blob, Conflict, ConflictKind
from wtagents.git.merging.scratch import Scratch, fill_scratch
from wtagents.system.files import load_json, make_private_folder, write_json

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.resolving.step import Step


@record
class Opened:
    """What stood on the desk when it was opened."""

    task_id: int
    """A name may come again for another task."""
    commit: Oid
    tip: Oid
    onto: Oid
    half: Oid
    conflicts: tuple[Conflict, ...]
    left: tuple[str, ...]
    decided: tuple[str, ...] = ()
    """Paths for which a person took one side as it is."""

    @property
    def waiting(self) -> tuple[Conflict, ...]:
        """The conflicts that the person decides."""
        return tuple(each for each in self.conflicts if each.path in self.left)


class Desk:
    """The desk of one task; the caller holds its lock."""

    def __init__(self, context: Context, hub: Hub, task: Task) -> None:
        self.root = context.paths.resolving / task.name.folder
        self.scratch = Scratch(hub=hub.repo, root=self.root)
        self._hub = hub
        self._task = task

    @property
    def folder(self) -> Path:
        """Where the person works."""
        return self.scratch.tree

    def opened(self) -> Opened | None:
        """Return what is open; None when nothing is."""
        found = load_opened(self.root) if self.folder.is_dir() else None
        return found if found is not None and found.task_id == self._task.id else None

    def open(self, step: Step) -> Opened:
        """Put a step on the desk; what stood there is gone. Raises SystemFault."""
        self.clear()
        make_private_folder(self.root.parent)
        make_private_folder(self.root)
        with self._hub.library() as library:
            commit = library.write_synthetic(step.tree, step.source.onto)
        fill_scratch(self.scratch, commit, target=self._task.target, onto=step.source.onto)
        opened = Opened(
            task_id=self._task.id,
            commit=commit,
            tip=step.source.tip,
            onto=step.source.onto,
            half=step.half,
            conflicts=step.conflicts,
            left=tuple(each.path for each in step.left),
        )
        self._note(opened)
        return opened

    def take(self, opened: Opened, conflict: Conflict, blob: Blob | None) -> Opened:
        """Put one side's version of a path there, or its absence."""
        path = conflict.path
        literal = "--literal-pathspecs"
        if blob is None:
            self.scratch.git(literal, "rm", "-f", "-q", "--ignore-unmatch", "--", path)
        else:
            info = f"{blob.mode:o},{blob.oid},{path}"
            self.scratch.git("update-index", "--add", "--replace", "--cacheinfo", info)
            self.scratch.git("checkout-index", "--force", "--", path)
        after = replace(opened, decided=tuple(dict.fromkeys((*opened.decided, path))))
        self._note(after)
        return after

    def snapshot(self) -> Oid:
        """Store what stands there now and return the tree."""
        self.scratch.git("add", "--all")
        return Oid(self.scratch.git("write-tree").text)

    def is_untouched(self, opened: Opened) -> bool:
        """Whether the person has done nothing there yet."""
        return not opened.decided and not tree_changes(self._hub, opened.commit, self.snapshot())

    def is_bare(self, opened: Opened) -> bool:
        """Whether nothing is there but what was opened, not even a file that git ignores."""
        if not self.is_untouched(opened):
            return False
        return not self.scratch.git("ls-files", "--others", "-z").fields

    def clear(self) -> None:
        """Drop the desk with all that is on it."""
        (self.root / "opened.json").unlink(missing_ok=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def _note(self, opened: Opened) -> None:
        write_json(self.root / "opened.json", _dump(opened))


def load_opened(root: Path) -> Opened | None:
    """Return what is open in the folder of a desk; None when nothing is."""
    said = load_json(root / "opened.json")
    return _parse(said) if said is not None else None


def _dump(opened: Opened) -> dict[str, Any]:
    return {
        "task": opened.task_id,
        "commit": opened.commit,
        "tip": opened.tip,
        "onto": opened.onto,
        "half": opened.half,
        "left": opened.left,
        "decided": opened.decided,
        "conflicts": [
            {
                "path": each.path,
                "kind": each.kind.name,
                "resolvable": each.is_resolvable,
                "sides": [
                    [blob.mode, blob.oid] if blob else None
                    for blob in (each.base, each.target, each.branch)
                ],
            }
            for each in opened.conflicts
        ],
    }


def _parse(said: dict[str, Any]) -> Opened | None:
    try:
        return Opened(
            task_id=int(said["task"]),
            commit=Oid(said["commit"]),
            tip=Oid(said["tip"]),
            onto=Oid(said["onto"]),
            half=Oid(said["half"]),
            left=tuple(said["left"]),
            decided=tuple(said["decided"]),
            conflicts=tuple(_conflict(each) for each in said["conflicts"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _conflict(said: dict[str, Any]) -> Conflict:
    base, target, branch = (
        Blob(mode=side[0], oid=Oid(side[1])) if side else None for side in said["sides"]
    )
    return Conflict(
        path=said["path"],
        kind=ConflictKind[said["kind"]],
        base=base,
        target=target,
        branch=branch,
        is_resolvable=said["resolvable"],
    )
