"""Where an operation works: one repository, its state folder, its settings, the clock.

Everything is opened when it is first asked for: a command pays only for what it uses.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from wtagents.core.errors import NotFoundError, SystemFault
from wtagents.system.clock import RandomIds, SystemClock
from wtagents.system.files import make_private_folder
from wtagents.system.paths import StatePaths, discover_common_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wtagents.core.config.settings import Layer, Settings
    from wtagents.git.repo import Repository
    from wtagents.operations.world import World
    from wtagents.store.database import Database
    from wtagents.system.clock import Clock, IdSource

LOCK_SECONDS = 60.0
"""How long a command waits for another one that creates or removes a worktree."""


class Context:
    """The repository that a command is about."""

    def __init__(
        self,
        start: Path,
        *,
        flags: Sequence[Layer] = (),
        clock: Clock | None = None,
        ids: IdSource | None = None,
    ) -> None:
        common_dir = discover_common_dir(start)
        if common_dir is None:
            raise NotFoundError(
                f"{start} is not in a git repository",
                hint="cd into the repository, or name it: wta -C PATH …",
            )
        self.common_dir = common_dir
        self.paths = StatePaths.of_repository(common_dir)
        self.clock: Clock = clock or SystemClock()
        self.ids: IdSource = ids or RandomIds()
        self._start = start
        self._flags = tuple(flags)

    def another(self, *, clock: Clock | None = None) -> Context:
        """Return a context of the same repository for another thread."""
        return Context(self._start, flags=self._flags, clock=clock or self.clock, ids=self.ids)

    def reload_settings(self) -> None:
        """Read the configuration again when it is next asked for."""
        self.__dict__.pop("settings", None)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("database", "reader"):
            opened = self.__dict__.pop(name, None)
            if opened is not None:
                opened.close()

    @cached_property
    def main_worktree(self) -> Path | None:
        """The folder of the user's own checkout; None for a bare repository.

        Raises StateError when git itself does not know it.
        """
        if self.common_dir.name == ".git":
            return self.common_dir.parent
        return self.repository.main_worktree

    @cached_property
    def database(self) -> Database:
        """The store, made on first use."""
        from wtagents.store.database import open_database

        make_private_folder(self.paths.root)
        opened = open_database(self.paths.database)
        self._note_repository()
        return opened

    def _note_repository(self) -> None:
        """Leave in the state folder whose it is, for whoever looks for all repositories."""
        if self.paths.repository.exists():
            return
        import json

        from wtagents.system.files import write_atomic

        note = {"path": str(self.common_dir.resolve())}
        # A later command writes it where this one cannot; nothing else needs it.
        with suppress(SystemFault, OSError):
            write_atomic(self.paths.repository, f"{json.dumps(note)}\n".encode())

    @cached_property
    def reader(self) -> Database | None:
        """The store for reading; None while nothing was ever stored."""
        from wtagents.store.database import open_read_only

        return open_read_only(self.paths.database) if self.paths.database.exists() else None

    @property
    def records(self) -> Database:
        """The store for a command that only looks, also on a disk that takes no writes."""
        from wtagents.store.database import open_read_only

        if self.reader is None:
            return open_read_only(self.paths.database)
        return self.reader

    @cached_property
    def repository(self) -> Repository:
        """The user's repository, through the hardened door."""
        from wtagents.git.repo import Repository

        return Repository.at(self.common_dir)

    @cached_property
    def settings(self) -> Settings:
        """Defaults under `wta.toml` under the user's file under flags.

        `wta.toml` is read from the main worktree only, never from a task's branch.
        """
        from wtagents.core.config.settings import resolve_settings
        from wtagents.system.config_file import load_layers

        return resolve_settings((*load_layers(self.main_worktree), *self._flags))

    @cached_property
    def world(self) -> World:
        """The processes and worktrees that a tick acts on."""
        from wtagents.operations.world import Machine

        return Machine(self)

    @contextmanager
    def repository_lock(self) -> Iterator[None]:
        """Hold the one lock round every worktree and branch change of wta in this repository."""
        from wtagents.system.lock import hold_lock

        make_private_folder(self.paths.root)
        with hold_lock(
            self.paths.repository_lock, seconds=LOCK_SECONDS, what="creating or removing worktrees"
        ):
            yield
