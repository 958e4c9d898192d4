"""Advance: a target's ref and the checkouts that have it move together, or not at all.

    lock each checkout   its `index.lock`, with our mark and both commits in it, held by flock
    look                 would the update touch the user's work? (`checkouts.py`)
    announce             the index names `new`, the files are still `old`
    swap the ref         compare-and-swap from `old` to `new`
    update the files     `read-tree -m -u old new` over the index as it was, then rename it
    unlock

The index comes before the ref: a `git commit` reads HEAD, then the index, and only then asks for
the lock. One that saw the new tip with the old index would silently take the landing back.

Interrupted between any two steps it goes to where the ref is, or leaves its lock; killed, the lock
is left as well: `finish_advance` reads it and goes on or back. A lock of somebody else is never
touched, nor one that a living process holds: ours, or a git that outlived us.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from wtagents.core.errors import UsageError, WtaError
from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git.checkouts import (
    Checkout,
    business,
    checkouts,
    is_beginning,
    paths_in_the_way,
    refused_paths,
)
from wtagents.git.refs import ref_value, swap_ref
from wtagents.git.repo import GitError
from wtagents.system.files import load_json
from wtagents.system.lock import create_held, take_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.ids import BranchName
    from wtagents.git.repo import Repository

_MARK = "wta advance v1"
_COPY = "wta-index"
_KEPT = "wta-kept"
_PROBE = "wta-probe"
_CHECKOUT_SECONDS = 1800.0


@record
class Advanced:
    """The target is at the new commit, and so are its checkouts."""

    checkouts: tuple[Path, ...]


@record
class Moved:
    """Somebody was faster: nothing was changed."""

    actual: Oid | None
    """Where the target is; None when the branch is gone."""


@record
class CheckoutDirty:
    """The update would overwrite files that are not committed: nothing was changed."""

    checkout: Path
    paths: tuple[str, ...]


@record
class CheckoutBusy:
    """Somebody works in a checkout of the target: nothing was changed."""

    checkout: Path
    operation: str
    is_passing: bool = False
    """Whether it is one git command, which may have ended in a moment."""


class _Refused(Exception):
    def __init__(self, outcome: CheckoutDirty | CheckoutBusy) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def advance(
    repo: Repository, target: BranchName, old: Oid, new: Oid, *, configuration: str = ""
) -> Advanced | Moved | CheckoutDirty | CheckoutBusy:
    """Move a target from `old` to `new`, whose objects are in the repository.

    The caller checked the tripwire: updating a checkout runs the user's own filters.
    `configuration` is that of the rooms in which checkouts are looked at, where it is known.

    Raises GitError when git refuses; then the ref and the files are back at `old`.
    """
    finish_advance(repo, target)
    actual = ref_value(repo, target.ref)
    if actual != old:
        return Moved(actual=actual)
    try:
        with ExitStack() as locks:
            found = checkouts(repo, target)
            held = repo.holding(
                *(locks.enter_context(_locked(each, target, old, new)) for each in found)
            )
            for checkout in found:
                paths = paths_in_the_way(repo, checkout, old, new, configuration=configuration)
                if paths:
                    raise _Refused(CheckoutDirty(checkout=checkout.path, paths=tuple(paths)))
            try:
                _announce(held, found, old, new)
                if not swap_ref(held, target.ref, new, old, reason="wta: land"):
                    _retract(found)
                    return Moved(actual=ref_value(repo, target.ref))
                _update_all(held, found, target, old, new)
            except _Refused:
                _retract(found)
                raise
            except BaseException:
                for checkout in found:
                    _settle(held, checkout, target, old, new)
                raise
    except _Refused as refused:
        return refused.outcome
    if checkouts(repo, target) != found:
        bring_along(repo, target, old, new)
    return Advanced(checkouts=tuple(each.path for each in found))


def bring_along(repo: Repository, target: BranchName, old: Oid, new: Oid) -> None:
    """Bring a checkout to `new` that came to the target with the index of `old` as it moved.

    A `git checkout` reads the tip first and names the branch last. Edits in the way stay there.
    """
    for late in checkouts(repo, target):
        view = repo.seen_from(late.git_dir, late.path)
        with suppress(_Refused, WtaError), _locked(late, target, old, new) as descriptor:
            staged = view.git("diff-index", "--cached", "--quiet", old, ok=(0, 1)).status
            if not staged and ref_value(repo, target.ref) == new:
                _settle(repo.holding(descriptor), late, target, old, new)


def _announce(repo: Repository, found: list[Checkout], old: Oid, new: Oid) -> None:
    """Let the indexes name `new`; as they were they are kept beside, until all is settled.

    Git itself looks once more whether the files are those of `old`; they do not move yet.
    """
    for checkout in found:
        shutil.copy2(checkout.index, checkout.git_dir / _KEPT)
        try:
            _announce_in(repo, checkout, old, new, refresh=False)
        except GitError:
            # A file that was only touched is no edit: git finds out when it reads it again.
            try:
                _announce_in(repo, checkout, old, new, refresh=True)
            except GitError as refused:
                paths = tuple(refused_paths(refused.stderr))
                if not paths:
                    raise
                raise _Refused(CheckoutDirty(checkout=checkout.path, paths=paths)) from None


def _announce_in(
    repo: Repository, checkout: Checkout, old: Oid, new: Oid, *, refresh: bool
) -> None:
    kept = checkout.git_dir / _KEPT
    view = repo.seen_from(checkout.git_dir, checkout.path)
    with _index_copy(checkout, kept) as copy:
        if refresh:
            _refresh(view, copy)
            shutil.copy2(copy, kept)
        view.git("read-tree", "-m", old, new, env=_index_at(copy), timeout=_CHECKOUT_SECONDS)


def _retract(found: list[Checkout]) -> None:
    """Let the indexes be as they were."""
    for checkout in found:
        with suppress(FileNotFoundError):
            (checkout.git_dir / _KEPT).replace(checkout.index)


def _update_all(
    repo: Repository, found: list[Checkout], target: BranchName, old: Oid, new: Oid
) -> None:
    """Bring all checkouts to `new`; where one refuses, the ref goes back to `old`."""
    updated = 0
    try:
        for checkout in found:
            _update(repo, checkout, old, new)
            updated += 1
    except BaseException as error:
        is_back = swap_ref(repo, target.ref, old, new, reason="wta: the checkout refused")
        paths = refused_paths(error.stderr) if isinstance(error, GitError) else []
        if is_back and paths and not updated:
            # An edit came just now; git looks at all files before it touches one.
            raise _Refused(CheckoutDirty(checkout=found[0].path, paths=tuple(paths))) from None
        raise


def _settle(repo: Repository, checkout: Checkout, target: BranchName, old: Oid, new: Oid) -> None:
    """Bring a checkout to where the target is, whatever was done to it before."""
    tip = ref_value(repo, target.ref) or old
    _repair(repo, checkout, new if tip == old else old, tip)
    (checkout.git_dir / _KEPT).unlink(missing_ok=True)


def finish_advance(repo: Repository, target: BranchName) -> list[Path]:
    """Bring the checkouts of an interrupted advance to where the target is; return them.

    Raises GitError when an edit that was made since is in the way; it and our lock stay.
    """
    finished = []
    for checkout in checkouts(repo, target):
        descriptor = take_file(checkout.lock)
        if descriptor is None:
            continue
        try:
            mark = _parse_mark(checkout.lock)
            if mark is not None:
                _settle(repo.holding(descriptor), checkout, target, mark.old, mark.new)
                checkout.lock.unlink(missing_ok=True)
                finished.append(checkout.path)
        finally:
            os.close(descriptor)
    return finished


def is_advancing(repo: Repository, target: BranchName) -> bool:
    """Whether a checkout of the target is still held: a git of a dead advance may be at work."""
    return any(_parse_mark(each.lock) is not None for each in checkouts(repo, target))


@record
class _Mark:
    """What stands in a lock of ours."""

    old: Oid
    new: Oid


def _parse_mark(lock: Path) -> _Mark | None:
    found = load_json(lock)
    if not isinstance(found, dict) or found.get("mark") != _MARK:
        return None
    try:
        return _Mark(old=Oid.parse(found["old"]), new=Oid.parse(found["new"]))
    except (TypeError, KeyError, UsageError):
        return None


@contextmanager
def _locked(checkout: Checkout, target: BranchName, old: Oid, new: Oid) -> Iterator[int]:
    """Hold the index of a checkout as git itself does; refuse where somebody works in it.

    Yields the descriptor that the commands inherit: a git that outlives us goes on holding it.
    A checkout that could not be settled keeps the lock, for `finish_advance`.
    """
    _require_at_rest(checkout)
    mark = {"mark": _MARK, "target": target, "old": old, "new": new}
    descriptor = create_held(checkout.lock, json.dumps(mark).encode())
    if descriptor is None:
        raise _Refused(
            CheckoutBusy(
                checkout=checkout.path,
                operation=f"another git command ({checkout.lock} exists)",
                is_passing=True,
            )
        )
    try:
        _require_at_rest(checkout)
        yield descriptor
    finally:
        if not (checkout.git_dir / _KEPT).exists():
            checkout.lock.unlink(missing_ok=True)
        os.close(descriptor)


def _require_at_rest(checkout: Checkout) -> None:
    operation = business(checkout)
    if operation:
        raise _Refused(CheckoutBusy(checkout=checkout.path, operation=operation))


def _update(repo: Repository, checkout: Checkout, old: Oid, new: Oid) -> None:
    """Bring files and index from `old` to `new`; changes to other paths stay as they are.

    Git works on a copy of the index, so that a death leaves the old index and our lock. That the
    index as it was kept says what lies on the disk, git has found out for the announcement.
    """
    kept = checkout.git_dir / _KEPT
    with _index_copy(checkout, kept) as copy:
        _read_tree(repo, checkout, copy, old, new)
    kept.unlink()


def _repair(repo: Repository, checkout: Checkout, old: Oid, new: Oid) -> None:
    """Do `_update` where an earlier one was cut off: some files are at `new` already.

    What git was cut off writing is a beginning of the new file; it is removed, nothing is lost.
    """
    view = repo.seen_from(checkout.git_dir, checkout.path)
    said = view.read("diff-tree", "-r", "-z", "--no-renames", old, new).fields
    unlike = {tree: _unlike(view, tree) for tree in (old, new)}
    entries = []
    for facts, path in zip(said[::2], said[1::2], strict=True):
        old_mode, new_mode, old_blob, new_blob, _ = facts.removeprefix(":").split(" ")
        place = checkout.path / path
        if _is_at(place, new_mode, path, unlike[new]):
            entries.append(f"{new_mode} {new_blob}\t{path}\0")
            continue
        entries.append(f"{old_mode} {old_blob}\t{path}\0")
        torn = not _is_at(place, old_mode, path, unlike[old])
        if torn and is_beginning(view, place, (old_blob, new_blob)):
            place.unlink(missing_ok=True)
    seen = os.fsencode("".join(entries))
    with _probe(view, old) as env:
        view.git("update-index", "-z", "--index-info", stdin=seen, env=env)
        halfway = Oid(view.git("write-tree", env=env).text)
    with _index_copy(checkout, checkout.index) as copy:
        view.git("update-index", "-z", "--index-info", stdin=seen, env=_index_at(copy))
        _refresh(view, copy)
        _read_tree(repo, checkout, copy, halfway, new)


def _read_tree(repo: Repository, checkout: Checkout, index: Path, old: Oid, new: Oid) -> None:
    repo.seen_from(checkout.git_dir, checkout.path).git(
        "read-tree", "-m", "-u", old, new,
        env=_index_at(index),
        config={"checkout.workers": "2", "protocol.allow": "user"},
        timeout=_CHECKOUT_SECONDS,
    )  # fmt: skip


def _refresh(view: Repository, index: Path) -> None:
    """Let an index know again what `stat` says of files that are as it says."""
    refresh = ("update-index", "-q", "--refresh")
    view.git(*refresh, env=_index_at(index), ok=(0, 1), timeout=_CHECKOUT_SECONDS)


def _index_at(path: Path) -> dict[str, str]:
    return {"GIT_INDEX_FILE": str(path)}


@contextmanager
def _index_copy(checkout: Checkout, source: Path) -> Iterator[Path]:
    """Yield a copy of an index, as old as the original; it becomes the index in the end.

    Git compares its age with that of the files to find edits that `stat` does not show.
    """
    copy = checkout.git_dir / _COPY
    (checkout.git_dir / f"{_COPY}.lock").unlink(missing_ok=True)
    shutil.copy2(source, copy)
    try:
        yield copy
        copy.replace(checkout.index)
    finally:
        copy.unlink(missing_ok=True)


def _unlike(view: Repository, tree: Oid) -> set[str]:
    """Return the paths of a tree whose file on the disk is not as the tree says."""
    with _probe(view, tree) as env:
        _refresh(view, view.git_dir / _PROBE)
        listing = ("diff-files", "-z", "--name-only", "--ignore-submodules=dirty")
        return set(view.git(*listing, env=env).fields)


@contextmanager
def _probe(view: Repository, tree: Oid) -> Iterator[dict[str, str]]:
    """Yield the variables of a throwaway index that holds a tree."""
    probe = view.git_dir / _PROBE
    env = _index_at(probe)
    probe.with_name(f"{_PROBE}.lock").unlink(missing_ok=True)
    try:
        view.git("read-tree", tree, env=env)
        yield env
    finally:
        probe.unlink(missing_ok=True)


def _is_at(place: Path, mode: str, path: str, unlike: set[str]) -> bool:
    """Whether the disk holds one version of a path; mode 000000 says that it is absent."""
    if not mode.strip("0"):
        return not os.path.lexists(place)
    return path not in unlike
