"""The swap of a target, and the locks that a git leaves that was killed in it.

A note in the common directory says what is swapped, held by flock by us and by the git that swaps:
while somebody holds it, the target may move yet.

Git makes the lock of a ref empty and by itself, and writes into it later: no file of ours can be
its second name, nor can it bear a mark from its first moment. Reftables, which have no such lock,
are refused (`Repository.at`); for a ref that is packed the lock is the same. So a lock is ours if
it holds one of the two commits; an empty one, if all of this is true, and else it stays:

    a swap of exactly this target was cut off, and nobody holds its note
    the lock is our user's, and was made when that swap may have run: the note has the time
    no process has it open, and no git is at work in the repository or a checkout

Whoever lives keeps an empty lock open, or is a git that has written all that it will. What is set
aside wrongly is therefore at worst the lock of another git that was killed in the same minute.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.git.advancing.lock import Mark, mark_in, mark_text
from wtagents.git.checkouts import every_checkout
from wtagents.git.refs import swap_ref
from wtagents.git.repo import COMMAND_SECONDS, GitError
from wtagents.git.stale_locks import set_aside
from wtagents.system.lock import create_held, is_held, take_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.git.repo import Repository

_NOTE = "wta-swap"


def swap_target(repo: Repository, mark: Mark, *, back: bool = False) -> bool:
    """Move a target to `new`, or back; False when it is not where it moves from.

    Raises GitError as `swap_ref`; what a git left that was killed is gone then, or the note stays.
    Raises StateError while somebody else is in the middle of a swap, the git of a dead landing too.
    """
    with _noted(repo, mark) as held:
        if back:
            why = "wta: the checkout refused"
            return swap_ref(held, mark.target.ref, mark.old, mark.new, reason=why)
        return swap_ref(held, mark.target.ref, mark.new, mark.old, reason="wta: land")


def swap_note(repo: Repository) -> Path:
    """Return where it stands what is swapped; left behind, a swap was cut off."""
    return repo.common_dir / _NOTE


def noted_swap(repo: Repository) -> Mark | None:
    """Return what is being swapped, or was when it was cut off; None: nothing."""
    return mark_in(swap_note(repo))


def is_swapping(repo: Repository) -> bool:
    """Whether somebody living moves a target: we, or a git of a dead landing."""
    note = swap_note(repo)
    return note.is_file() and is_held(note)


def release_swap(repo: Repository) -> None:
    """Set aside the locks of a swap that was cut off; in doubt they and the note stay."""
    note = swap_note(repo)
    descriptor = take_file(note) if note.is_file() else None
    if descriptor is None:
        return
    try:
        mark = mark_in(note)
        if mark is None:
            note.replace(note.with_name(f"{_NOTE}.wta-stale"))
        else:
            _release(repo, mark, descriptor)
    finally:
        os.close(descriptor)


def locks_of(repo: Repository, mark: Mark) -> tuple[Path, Path]:
    """Return the locks that git takes to move a target: on it, and on HEAD if that is there."""
    return repo.common_dir / f"{mark.target.ref}.lock", repo.common_dir / "HEAD.lock"


@contextmanager
def _noted(repo: Repository, mark: Mark) -> Iterator[Repository]:
    """Note a swap for the length of a block; yield the view whose commands hold the note."""
    descriptor = create_held(swap_note(repo), mark_text(mark))
    if descriptor is None:
        raise StateError(
            f"somebody is moving a target, or was cut off in it, and {mark.target} cannot move yet",
            cause="a git command is at work, or left a lock",
            hint="wta doctor; then try again",
        )
    try:
        yield repo.holding(descriptor)
    except BaseException as error:
        if isinstance(error, GitError) and not error.was_killed:
            swap_note(repo).unlink(missing_ok=True)
        else:
            _release(repo, mark, descriptor)
        raise
    else:
        swap_note(repo).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _release(repo: Repository, mark: Mark, descriptor: int) -> None:
    """Set aside what is ours, then the note; the caller holds it, and no git does."""
    locks = locks_of(repo, mark)
    said = _said_in(locks[0])
    is_ours = any(said and f"{oid}\n".startswith(said) for oid in (mark.old, mark.new))
    # Git locks HEAD after the target: where that one is another's, so is the one on HEAD.
    empty = [] if said and not is_ours else [each for each in locks if _is_of(each, descriptor)]
    if is_ours:
        set_aside([locks[0]], repo.common_dir)
    places = (repo.common_dir, *(each.path for each in every_checkout(repo)))
    set_aside(empty, repo.common_dir, unless_git_in=places)
    if not any(each.exists() for each in empty):
        swap_note(repo).unlink(missing_ok=True)


def _said_in(lock: Path) -> str | None:
    try:
        return lock.read_text(errors="replace")
    except OSError:
        return None


def _is_of(lock: Path, descriptor: int) -> bool:
    """Whether an empty lock may be that of the swap whose note is open."""
    since = os.fstat(descriptor).st_mtime
    try:
        status = lock.lstat()
    except OSError:
        return False
    is_in_time = since <= status.st_mtime <= since + COMMAND_SECONDS
    return not status.st_size and status.st_uid == os.geteuid() and is_in_time
