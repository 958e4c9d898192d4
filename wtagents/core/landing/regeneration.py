"""Generated files: nobody merges them, a command writes them again. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.protected import protecting_pattern
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@record
class Regeneration:
    """Which files a command writes."""

    paths: tuple[str, ...]
    """Patterns as in `core/landing/protected.py`."""
    command: str
    """For a shell, at the root of the repository."""

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.command} (writes {', '.join(self.paths)})"

    def writes(self, path: str) -> bool:
        """Whether a path of a tree is one of its files."""
        return bool(protecting_pattern(path, self.paths))


LOCK_FILES: Mapping[str, str] = {
    "package-lock.json": "npm install --package-lock-only --ignore-scripts",
    "yarn.lock": "yarn install --mode update-lockfile",
    "pnpm-lock.yaml": "pnpm install --lockfile-only --ignore-scripts",
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
    "Cargo.lock": "cargo update -w",
    "go.sum": "go mod tidy",
    "Gemfile.lock": "bundle lock",
    "composer.lock": "composer update --lock --no-scripts",
}
"""Files that a tool writes, and what most projects let it do; a person declares it."""


def advise_regeneration(paths: Iterable[str]) -> str:
    """Return the setting that would have solved the first lock file among paths, or ''."""
    for path in paths:
        command = LOCK_FILES.get(path.rpartition("/")[2])
        if command:
            return f'[[merge.regenerate]] paths = ["{path}"], command = "{command}"'
    return ""
