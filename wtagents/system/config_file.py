"""Configuration files: `wta.toml` of the main worktree and the user's own `config.toml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.config.settings import Layer
from wtagents.core.errors import ConfigError
from wtagents.system.paths import config_home

if TYPE_CHECKING:
    from pathlib import Path


def repository_file(main_worktree: Path) -> Path:
    """Return where a repository keeps its settings. Never a task's worktree: agents write there."""
    return main_worktree / "wta.toml"


def user_file() -> Path:
    """Return where a person keeps settings for all repositories."""
    return config_home() / "config.toml"


def load_layers(main_worktree: Path | None) -> tuple[Layer, ...]:
    """Return the layers that exist as files, lowest first; a bare repository has none of its own.

    Raises ConfigError when a file cannot be read or is not TOML.
    """
    layers = [load_layer(user_file(), is_repository=False)]
    if main_worktree is not None:
        layers.insert(0, load_layer(repository_file(main_worktree), is_repository=True))
    return tuple(layer for layer in layers if layer is not None)


def load_layer(path: Path, *, is_repository: bool) -> Layer | None:
    """Return what a file says, None where there is none.

    Raises ConfigError when it cannot be read or is not TOML.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}",
            cause=(error.strerror or str(error)).lower(),
            hint=f"check it: ls -la {path}",
        ) from error
    import tomllib

    try:
        values = tomllib.loads(content.decode())
    except ValueError as error:
        cause = " ".join(str(error).split())
        found = re.search(r" \(at line (\d+), column \d+\)$", cause)
        place = f"{path}:{found[1]}" if found else path
        raise ConfigError(
            f"{place}: this is not valid TOML",
            cause=cause,
            hint=f"correct the {'line' if found else 'file'}, or move the file away",
        ) from error
    return Layer(source=str(path), values=values, content=content, is_repository=is_repository)


def last_written(main_worktree: Path | None) -> float:
    """Return when one of the files was written last, in seconds since the epoch; 0.0 for never."""
    files = (
        [user_file()] if main_worktree is None else [user_file(), repository_file(main_worktree)]
    )
    return max((path.stat().st_mtime for path in files if path.is_file()), default=0.0)
