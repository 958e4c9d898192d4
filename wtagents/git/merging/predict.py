"""Three-way merges in the object store: no checkout, no index, nothing of the user's is touched."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git.merging.conflicts import Blob, Conflict, Remark, classify
from wtagents.git.new_hub import CONFIGURATION
from wtagents.git.objects import EMPTY_TREE
from wtagents.git.repo import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.git.hub import Hub
    from wtagents.git.objects import Library

Attributes: TypeAlias = "list[tuple[str, Oid]]"
"""Path and blob of files."""
_CONFLICTED = 1
"""Exit status of `merge-tree` when there are conflicts; above it are errors."""


@record
class TreeMerge:
    """The result of a three-way merge."""

    tree: Oid
    """With conflicts: their markers are in it, labelled "target" and "branch"."""
    conflicts: tuple[Conflict, ...]

    @property
    def is_clean(self) -> bool:
        """Whether git could decide everything."""
        return not self.conflicts


@record
class MergeDesk:
    """A merge room with the objects beside it, held open for many merges into one target."""

    hub: Hub
    library: Library
    room: Repository


@contextmanager
def open_merge_desk(hub: Hub, target: Oid) -> Iterator[MergeDesk]:
    """Hold a merge room open for a block."""
    with hub.library() as library, merge_room(hub, library, target) as room:
        yield MergeDesk(hub=hub, library=library, room=room)


def merge_trees(hub: Hub, *, base: Oid | None, target: Oid, branch: Oid) -> TreeMerge:
    """Merge what `branch` changed since `base` into `target`; all are commits of the hub.

    `base` None stands for the empty tree. With an ancestor of both as base this is `git merge`;
    with the parent of `branch` it is `git cherry-pick`.
    """
    with hub.library() as library, merge_room(hub, library, target) as room:
        return merge_in_room(room, library, base=base, target=target, branch=branch)


def merge_commits(hub: Hub, *, target: Oid, branch: Oid) -> TreeMerge:
    """Merge two commits as `git merge` does, several merge bases included."""
    with hub.library() as library, merge_room(hub, library, target) as room:
        return merge_histories(room, library, target, branch)


def merge_in_room(
    room: Repository, library: Library, *, base: Oid | None, target: Oid, branch: Oid
) -> TreeMerge:
    """`merge_trees` for a caller that merges several times and keeps the room open.

    `merge-tree` takes a base since git 2.40 only; before, two commits that are children of the base
    and carry the trees of the two sides have exactly this base.
    """
    if base is None:
        base = library.write_synthetic(EMPTY_TREE)
    sides = [
        commit
        if library.commit(commit).parents == (base,)
        else library.write_synthetic(library.commit(commit).tree, base)
        for commit in (target, branch)
    ]
    return merge_histories(room, library, *sides)


def merge_histories(room: Repository, library: Library, target: Oid, branch: Oid) -> TreeMerge:
    """Merge two commits, counted from what their histories share."""
    heads = room.common_dir / "refs" / "heads"
    (heads / "target").write_text(f"{target}\n")
    (heads / "branch").write_text(f"{branch}\n")
    done = room.git(
        "merge-tree",
        "--write-tree",
        "-z",
        "--messages",
        "--allow-unrelated-histories",
        "target",
        "branch",
        ok=(0, _CONFLICTED),
        timeout=600,
    )
    tree, stages, remarks = parse_merge_tree(done.fields)
    return TreeMerge(tree=tree, conflicts=classify(stages, remarks, library))


@contextmanager
def merge_room(
    hub: Hub, library: Library, target: Oid, *, attributes: Attributes | None = None
) -> Iterator[Repository]:
    """Yield a throwaway repository over the hub's objects, for merges into one target.

    Its two branches are called "target" and "branch", so that is what markers and the names of
    files moved aside say. Its checkout holds the target's `.gitattributes` and nothing else:
    `union` and `-merge` are honoured; drivers have no configuration here and cannot run.
    `attributes` is the answer of `attribute_files`, where it has been asked already.
    """
    with hub.room("merge") as place:
        room = place.path / "git"
        (room / "refs" / "heads").mkdir(parents=True)
        (room / "objects").mkdir()
        (room / "HEAD").write_text("ref: refs/heads/none\n")
        (room / "config").write_bytes(CONFIGURATION.replace(b"\tbare = true\n", b""))
        if (hub.path / "shallow").is_file():
            (room / "shallow").write_bytes((hub.path / "shallow").read_bytes())
        checkout = place.path / "checkout"
        checkout.mkdir()
        for path, oid in attribute_files(hub, target) if attributes is None else attributes:
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            (checkout / path).write_bytes(library.blob(oid))
        view = Repository(common_dir=room, git_dir=room, work_tree=checkout)
        yield view.with_objects(hub.repo.objects).holding(place.lock)


def attribute_files(hub: Hub, target: Oid) -> Attributes:
    """Return the `.gitattributes` of a commit; git lists all of its files for that."""
    listed = hub.repo.read("ls-tree", "-r", "-z", "--full-tree", target)
    if b".gitattributes\0" not in listed.stdout:
        return []
    found = []
    for line in listed.fields:
        facts, _, path = line.partition("\t")
        mode, _, oid = facts.split(" ")
        if path.rpartition("/")[2] == ".gitattributes" and mode in ("100644", "100755"):
            found.append((path, Oid(oid)))
    return found


def parse_merge_tree(
    fields: list[str],
) -> tuple[Oid, dict[str, dict[int, Blob]], list[Remark]]:
    """Read the answer of `merge-tree -z`: the tree, the unmerged stages, the messages."""
    tree, rest = Oid(fields[0]), iter(fields[1:])
    stages: dict[str, dict[int, Blob]] = {}
    for field in rest:
        if not field:
            break
        facts, _, path = field.partition("\t")
        mode, oid, stage = facts.split(" ")
        stages.setdefault(path, {})[int(stage)] = Blob(mode=int(mode, 8), oid=Oid(oid))
    remarks = []
    for number in rest:
        paths = tuple(next(rest) for _ in range(int(number)))
        remarks.append(Remark(kind=next(rest), paths=paths))
        next(rest)
    return tree, stages, remarks
