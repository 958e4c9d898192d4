"""Heavy ignored folders that a new worktree begins with: which, and whether they fit. Pure."""

from __future__ import annotations

from enum import StrEnum


class CopyFallback(StrEnum):
    """What is done where the file system cannot share blocks between files."""

    COPY = "copy"
    """Copy every byte."""
    HARDLINK = "hardlink"
    """The same files under two names: what changes one in place changes the other."""
    SKIP = "skip"
    """Leave it out."""


_LOCKS = {
    "node_modules": (
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
    ),
    ".venv": ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.txt"),
    "venv": ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.txt"),
    "target": ("Cargo.lock",),
    "vendor": ("composer.lock", "Gemfile.lock", "go.sum", "Cargo.lock"),
    "Pods": ("Podfile.lock",),
    "deps": ("mix.lock",),
}


def lock_files(folder: str) -> tuple[str, ...]:
    """Return the files that say what is in a folder, as paths beside it."""
    parent, slash, name = folder.rstrip("/").rpartition("/")
    return tuple(f"{parent}{slash}{lock}" for lock in _LOCKS.get(name, ()))


def is_copyable(folder: str) -> bool:
    """Whether a path names a folder below the repository, by its words alone."""
    parts = folder.rstrip("/").split("/")
    return all(part not in {"", ".", "..", ".git"} for part in parts)
