"""A person who goes on working on main while tasks land: commits in its checkout, or pushes."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tests.support.repository import RepositoryBuilder

if TYPE_CHECKING:
    from pathlib import Path

_TRIES = 40
"""How often a person tries again what git refused, because something else was under way."""


@dataclass
class BusyPerson:
    """Makes one commit after the other at random moments, in a thread, until told to stop.

    What git refuses with a message, like a lock or a rejected push, is tried again a moment later.
    """

    repository: RepositoryBuilder
    place: Path
    """Where the own clone goes."""
    seed: int = field(kw_only=True)
    pushes: bool = field(kw_only=True)
    """Whether the work comes from an own clone; main is not checked out then."""
    longest_pause: float = field(default=1.0, kw_only=True)
    """Seconds; may be changed at any time."""
    made: list[str] = field(default_factory=list, init=False)
    """Subjects of the commits that git said it has made, or pushed, on main."""
    refused: list[str] = field(default_factory=list, init=False)
    """What git said when it refused."""

    def __post_init__(self) -> None:
        self.place.mkdir()
        self._clone = RepositoryBuilder(self.place)
        self._clone.git("clone", "--quiet", str(self.repository.path), ".")
        if self.pushes:
            self.repository.checkout("elsewhere", new=True)
        self._random = random.Random(self.seed)  # noqa: S311 - a seed that can be repeated
        self._stop = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def _live(self) -> None:
        number = 0
        try:
            while not self._stop.wait(self._random.uniform(0.0, self.longest_pause)):
                number += 1
                name = f"mine-{number:04}.txt"
                (self._push if self.pushes else self._commit)(name)
                self.made.append(f"Add {name}")
        except BaseException as fault:  # noqa: BLE001 - it is raised where the test looks
            self._fault = fault

    def _commit(self, name: str) -> None:
        """Add a file to the checkout that wta lands into."""
        self.repository.write({name: f"{name}\n"})
        self._until_done(self.repository, "add", "--", name)
        self._until_done(self.repository, "commit", "--quiet", "-m", f"Add {name}")

    def _push(self, name: str) -> None:
        """Make a commit in the own clone and push it, on top of what is there by then."""
        self._clone.git("pull", "--quiet", "--rebase")
        self._clone.commit({name: f"{name}\n"}, f"Add {name}")
        for _ in range(_TRIES):
            try:
                self._clone.git("push", "--quiet")
            except AssertionError as said:
                self.refused.append(str(said))
                self._clone.git("pull", "--quiet", "--rebase")
            else:
                return
        raise AssertionError(f"could never be pushed: {self.refused[-1]}")

    def _until_done(self, checkout: RepositoryBuilder, *command: str) -> None:
        for _ in range(_TRIES):
            try:
                checkout.git(*command)
            except AssertionError as said:
                self.refused.append(str(said))
                self._stop.wait(0.02)
            else:
                return
        raise AssertionError(f"git {command[0]} never went through: {self.refused[-1]}")
