"""Which files of a repository are tests, and how some of them are run by name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.protected import protecting_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEST_PATHS = (
    "test_*.py",
    "*_test.py",
    "*_test.go",
    "*.test.?s",
    "*.test.?sx",
    "*.test.??s",
    "*.spec.?s",
    "*.spec.?sx",
    "*.spec.??s",
    "*_spec.rb",
    "*_test.rb",
    "*_test.exs",
)
"""Names by which test programs find their files; read as `merge.protected` is."""
FILES, FOLDERS = "{files}", "{folders}"
_WORDS_LIMIT = 60_000
"""Characters of paths that one command gets: a shell takes 128 KiB."""


def is_test(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path is that of a test."""
    return bool(protecting_pattern(path, patterns))


def commands_for(template: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the shell commands that run these files, as many at once as a shell takes.

    `{files}` stands for the files, `{folders}` for the folders that they are in; without either the
    files stand at the end. A name that is no plain text is left out.
    """
    plain = [path for path in paths if path.isprintable()]
    return tuple(_filled(template, some) for some in _portions(plain))


def _portions(paths: list[str]) -> Iterator[list[str]]:
    some: list[str] = []
    room = _WORDS_LIMIT
    for path in paths:
        room -= len(path) + 8
        if some and room < 0:
            yield some
            some, room = [], _WORDS_LIMIT - len(path) - 8
        some.append(path)
    if some:
        yield some


def _filled(template: str, paths: list[str]) -> str:
    from shlex import quote

    files = " ".join(quote(f"./{path}") for path in paths)
    folders = dict.fromkeys(path.rpartition("/")[0] for path in paths)
    places = " ".join(quote(f"./{folder}" if folder else ".") for folder in folders)
    if FILES not in template and FOLDERS not in template:
        return f"{template} {files}"
    # One pass, so that a folder of that name is not filled in again.
    before, *rest = template.split(FILES)
    parts = [part.replace(FOLDERS, places) for part in (before, *rest)]
    return files.join(parts)
