"""Checkpoints in the hub: a commit with everything that lay in a worktree, under a ref of its own.

    refs/wta/checkpoint/<task id>/<number>

The look is that of the radar (`git/merging/lookout.py`), so one that found nothing new reads no
file. The parent of the commit is what was checked out. What else is known stands in its message as
JSON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any

from wtagents.core.ids import BranchName, Oid, RefName
from wtagents.core.keeping.checkpoint import Cause, Checkpoint
from wtagents.core.record import record, replace
from wtagents.git.merging.lookout import AUTHOR, room_view, write_child
from wtagents.git.new_hub import carry_shallow
from wtagents.git.objects import Commit
from wtagents.system.files import load_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from wtagents.git.hub import Hub
    from wtagents.git.merging.lookout import Round, Sight
    from wtagents.git.repo import Repository

_REFS = "refs/wta/checkpoint/"
_FORMAT = (
    "%(refname)%00%(objectname)%00%(tree)%00%(parent)%00%(committerdate:unix)%00%(contents:body)%00"
)
_COMMIT_FORMAT = "%H%x00%T%x00%P%x00%ct%x00%b%x00"
_FIELDS = 6
_ADDED = "added"
"""In the room of a worktree: the index with the files that the radar passes over."""
_NOTED = "added.json"
"""Beside it: of which look it is, what those files looked like, and its tree."""


@record
class Files:
    """What a checkpoint holds besides what the radar sees."""

    include: tuple[str, ...]
    """Patterns of ignored files."""
    largest: int
    """Bytes of a file above which its changes are left out."""
    also: tuple[str, ...] = ()
    """Paths that must be in it, ignored or not."""


@record
class Whole:
    """A worktree with everything that a checkpoint is to hold."""

    tree: Oid
    index: Path
    """Holds the tree, with what its files look like."""
    left_out: tuple[str, ...]


def checkpoint_ref(task_id: int, number: int) -> RefName:
    """Return where a checkpoint is kept."""
    return RefName(f"{_REFS}{task_id}/{number}")


def checkpoints_of(hub: Hub, task_id: int) -> list[Checkpoint]:
    """Return the checkpoints of a task, oldest first."""
    return all_checkpoints(hub, f"{_REFS}{task_id}/").get(task_id, [])


def all_checkpoints(hub: Hub, refs: str = _REFS) -> dict[int, list[Checkpoint]]:
    """Return the checkpoints of all tasks, each oldest first."""
    said = hub.repo.read("for-each-ref", f"--format={_FORMAT}", refs).stdout.decode()
    fields = said.split("\0")[:-1]
    found: dict[int, list[Checkpoint]] = {}
    for at in range(0, len(fields), _FIELDS):
        ref, *rest = fields[at : at + _FIELDS]
        task_id, _, number = ref.strip().removeprefix(_REFS).partition("/")
        found.setdefault(int(task_id), []).append(_parsed(int(number), rest))
    return {key: sorted(each, key=lambda one: one.number) for key, each in found.items()}


def _parsed(number: int, fields: Sequence[str]) -> Checkpoint:
    commit, tree, head, at, body = fields
    said: dict[str, Any] = json.loads(body)
    return Checkpoint(
        number=number,
        commit=Oid(commit),
        tree=Oid(tree),
        head=Oid(head),
        branch=BranchName(said["branch"]) if said["branch"] else None,
        at=datetime.fromtimestamp(int(at), UTC),
        cause=Cause(said["cause"]),
        run=said["run"],
        turn=said["turn"],
        message=said.get("message", ""),
        left_out=tuple(said["left_out"]),
    )


def held_paths(hub: Hub, checkpoint: Checkpoint, paths: Sequence[str]) -> list[str]:
    """Return those of the paths that a checkpoint holds."""
    if not paths:
        return []
    listing = ("--literal-pathspecs", "ls-tree", "-r", "-z", "--name-only", "--full-tree")
    return hub.repo.read(*listing, checkpoint.tree, "--", *paths).fields


@record
class Lines:
    """How much two states differ."""

    files: int
    insertions: int
    deletions: int


def lines_between(hub: Hub, trees: Sequence[Oid]) -> list[Lines]:
    """Return how much each tree differs from the one before it; one git process."""
    asked = "".join(f"{old} {new}\n" for old, new in pairwise(trees)).encode()
    said = hub.repo.read(
        "diff-tree", "--stdin", "-r", "-z", "--no-renames", "--numstat", stdin=asked
    )
    found: list[list[str]] = []
    for field in os.fsdecode(said.stdout).split("\0"):
        facts = field
        while header := re.match(r"[0-9a-f]{40} [0-9a-f]{40}\n", facts):
            facts = facts[header.end() :]
            found.append([])
        if facts:
            found[-1].append(facts)
    return [
        Lines(
            files=len(lines),
            insertions=sum(_number(line, 0) for line in lines),
            deletions=sum(_number(line, 1) for line in lines),
        )
        for lines in found
    ]


def _number(line: str, column: int) -> int:
    """Return a column of `--numstat`; '-' stands for a binary file."""
    text = line.split("\t", 2)[column]
    return int(text) if text.isdigit() else 0


def whole_tree(
    round_: Round, worktree: Path, sight: Sight, *, room: Path, files: Files, afresh: bool
) -> Whole:
    """Add to a look what the radar passes over: large files, and the ignored ones that are chosen.

    Files that look as they did are not read again, unless `afresh`: the index is right then, too.

    Raises GitError for what git cannot read.
    """
    view = room_view(round_.lookout, room, worktree)
    sizes = {path: _size(worktree / path) for path in (*sight.passed, *_chosen(view, files))}
    added = {path: _stamp(worktree / path) for path, size in sizes.items() if size <= files.largest}
    left_out = tuple(path for path in sizes if path not in added)
    if not added:
        return Whole(tree=sight.tree, index=room / "index", left_out=left_out)
    noted, before = [sight.tree, added], load_json(room / _NOTED)
    if isinstance(before, list) and before[:2] == noted and not afresh:
        return Whole(tree=Oid(before[2]), index=room / _ADDED, left_out=left_out)
    index = room / _ADDED
    index.with_name(f"{_ADDED}.lock").unlink(missing_ok=True)
    shutil.copy2(room / "index", index)
    within = {"GIT_INDEX_FILE": str(index)}
    view.git(
        "update-index", "--add", "--replace", "-z", "--stdin",
        stdin=os.fsencode("".join(f"{path}\0" for path in added)), env=within, timeout=600,
    )  # fmt: skip
    tree = Oid(view.git("write-tree", env=within).text)
    write_json(room / _NOTED, [*noted, tree], durable=False)
    return Whole(tree=tree, index=index, left_out=left_out)


def _chosen(view: Repository, files: Files) -> Iterator[str]:
    """Yield the untracked files that a pattern names, and those of `also`; no link leads away."""
    yield from files.also
    if files.include:
        asked = ("ls-files", "-z", "--others", "--ignored")
        patterns = (f"--exclude={pattern}" for pattern in files.include)
        yield from (path for path in view.read(*asked, *patterns).fields if path[-1] != "/")


def _size(path: Path) -> float:
    """Return the size of a file or link; no other thing can be kept."""
    try:
        seen = path.lstat()
    except OSError:
        return inf
    return seen.st_size if stat.S_ISREG(seen.st_mode) or stat.S_ISLNK(seen.st_mode) else inf


def _stamp(path: Path) -> str:
    seen = path.lstat()
    return f"{seen.st_mtime_ns}.{seen.st_size}.{seen.st_ino}.{seen.st_mode}"


def keep_checkpoint(
    hub: Hub,
    round_: Round,
    task_id: int,
    new: Checkpoint,
    *,
    earlier: Sequence[Checkpoint],
) -> Checkpoint:
    """Bring a tree of the lookout into the hub and return the checkpoint with its commit.

    Raises GitError when its number is taken or an object is gone.
    """
    commit = write_child(
        round_.lookout, new.tree, new.head, message=_message(new), at=int(new.at.timestamp())
    )
    carry_shallow(round_.repo, hub.path)
    hub.take(
        round_.lookout.hub.repo.objects,
        commit,
        known=[earlier[-1].commit] if earlier else (),
        create=checkpoint_ref(task_id, new.number),
    )
    return replace(new, commit=commit)


def copy_checkpoint(hub: Hub, commit: Oid, task_id: int) -> Checkpoint:
    """Make a checkpoint of one task the first one of another; the same again changes nothing."""
    said = hub.repo.read("show", "--no-patch", f"--format={_COMMIT_FORMAT}", commit).stdout
    known = _parsed(1, said.decode().rstrip("\n").split("\0")[:-1])
    first = replace(known, cause=Cause.FORK, run=0, turn=0, message="")
    person = f"{AUTHOR} {int(first.at.timestamp())} +0000".encode()
    with hub.library() as library:
        oid = library.write_commit(
            Commit(
                tree=first.tree,
                parents=(first.head,),
                author=person,
                committer=person,
                message=f"{_message(first)}\n".encode(),
            )
        )
    hub.update_refs([f"update {checkpoint_ref(task_id, 1)} {oid}"])
    return replace(first, commit=oid)


def _message(new: Checkpoint) -> str:
    """Return what the commit says: a title, and what is known as JSON in ASCII."""
    told = {
        "cause": new.cause,
        "run": new.run,
        "turn": new.turn,
        "message": new.message,
        "branch": new.branch,
        "left_out": new.left_out,
    }
    return f"checkpoint {new.number}\n\n{json.dumps(told)}"


def drop_checkpoints(hub: Hub, task_id: int, dropped: Iterable[Checkpoint]) -> None:
    """Forget checkpoints, all or none; their objects go when the hub is tidied."""
    hub.update_refs(
        f"delete {checkpoint_ref(task_id, each.number)} {each.commit}" for each in dropped
    )
