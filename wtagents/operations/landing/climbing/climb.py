"""The files of one conflict while they climb: what is left, and what was made of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.resolution import ConflictText
from wtagents.core.record import record
from wtagents.operations.landing.climbing.policies import may_climb

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import Resolution
    from wtagents.core.landing.resolution import Dropped
    from wtagents.core.landing.rung import Rung
    from wtagents.git.hub import Hub
    from wtagents.git.merging.conflicts import Blob, Conflict
    from wtagents.git.merging.rebase import ReplayConflict
    from wtagents.operations.landing.landing import Landing


@record
class Answer:
    """What a rung made of one conflicted path."""

    resolution: Resolution
    content: bytes | Blob | None
    """None: the path is not there any more."""
    dropped: tuple[Dropped, ...] = ()
    """What it leaves out, in the words of whoever answered."""


@record
class Attempt:
    """Which way to go where more than one is open."""

    choice: int | None = None
    """The number of the mechanical candidate to take; None: the resolver is asked."""
    refused: tuple[str, ...] = ()
    """What was wrong with the resolver's answers before."""
    last: bool = False
    """Whether only who tries last is asked."""


@record
class Resolved:
    """A tree without the conflict."""

    tree: Oid
    resolutions: tuple[Resolution, ...]


class Climb:
    """One conflict of a replay on its way up; nothing outside the hub changes."""

    def __init__(
        self, landing: Landing, hub: Hub, conflict: ReplayConflict, target_tip: Oid
    ) -> None:
        self.landing = landing
        self.hub = hub
        self.conflict = conflict
        self.target_tip = target_tip
        self.reserved: tuple[Conflict, ...] = ()
        """What is made last, of everything else."""
        self._answers: dict[str, Answer] = {}

    @property
    def left(self) -> tuple[Conflict, ...]:
        """The conflicted paths that no rung has solved or reserved."""
        return tuple(
            each
            for each in self.conflict.conflicts
            if each.path not in self._answers and each not in self.reserved
        )

    def reserve(self, conflicts: Iterable[Conflict]) -> None:
        """Set paths aside; until they are answered they have the target's version."""
        self.reserved += tuple(conflicts)

    def left_for(self, rung: Rung) -> tuple[Conflict, ...]:
        """Return what is left and of a class that a rung may try, where it is switched on."""
        if rung not in self.landing.context.settings.merge.ladder:
            return ()
        return tuple(each for each in self.left if may_climb(each, rung))

    def texts(self, conflicts: Collection[Conflict]) -> tuple[ConflictText, ...]:
        """Return the three sides of text conflicts."""
        with self.hub.library() as library:

            def text(blob: Blob | None) -> str | None:
                return library.blob(blob.oid).decode() if blob else None

            return tuple(
                ConflictText(
                    path=each.path,
                    base=text(each.base),
                    target=text(each.target) or "",
                    branch=text(each.branch) or "",
                )
                for each in conflicts
            )

    def text_of(self, answer: Answer) -> str:
        """Return the text of an answer to a text conflict, '' where it is none any more."""
        content = answer.content
        if content is None:
            return ""
        if isinstance(content, bytes):
            return content.decode()
        with self.hub.library() as library:
            return library.blob(content.oid).decode(errors="replace")

    def answer(self, answers: Iterable[Answer]) -> None:
        """Keep what a rung has solved."""
        self._answers |= {each.resolution.path: each for each in answers}

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What is solved so far."""
        return tuple(self._answers.values())

    def tree(self) -> Oid:
        """Store and return the tree as far as it is solved."""
        with self.hub.library() as library:
            files = {
                each.path: library.blob(each.target.oid) for each in self.reserved if each.target
            }
            entries: dict[str, tuple[int, Oid] | None] = {}
            for path, answer in self._answers.items():
                if isinstance(answer.content, bytes):
                    files[path] = answer.content
                else:
                    blob = answer.content
                    entries[path] = (blob.mode, blob.oid) if blob else None
            tree = library.write_tree_entries(self.conflict.tree, entries)
            return library.write_tree_with(tree, files)

    def resolved(self) -> Resolved:
        """Return the tree in which every conflicted path is as its rung has it."""
        if any(each.path not in self._answers for each in self.conflict.conflicts):
            raise AssertionError("a conflict that nobody has solved")
        found = (self._answers[path].resolution for path in sorted(self._answers))
        return Resolved(tree=self.tree(), resolutions=tuple(found))
