"""Many tasks in one file, for `wta spawn --from`: TOML, or one JSON object a line.

    [[task]]
    name = "fix-login"
    prompt = "the login fails for names with a dot; add a test"
    model = "opus"
    after = ["interface"]

Each task says its name, its prompt, and what else `wta spawn` takes, by the names of its options.
What it does not say it takes from the command line. With the agent `command`, `program` is its
command line.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import click

from wtagents.cli.options import read_content
from wtagents.core.errors import UsageError
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIMIT = 50_000_000
"""Bytes of a file."""
_OPTIONS = (
    "after",
    "after-ready",
    "agent",
    "base",
    "budget",
    "max-turns",
    "merge",
    "model",
    "permission-mode",
    "priority",
    "profile",
    "target",
    "timeout",
)
_HINT = "wta spawn --help"


@record
class Entry:
    """One task of a file."""

    name: str
    prompt: str
    program: tuple[str, ...] | None
    options: Mapping[str, Any]
    """As the command gets them from its command line."""


def load_entries(context: click.Context, source: str) -> tuple[Entry, ...]:
    """Return the tasks of a file, `-` for stdin. Raises UsageError, which names file and task."""
    content = read_content(source, limit=LIMIT)
    is_json = content.lstrip()[:1] == "{"
    source = "stdin" if source == "-" else source
    parsed = _json_lines(content, source) if is_json else _toml(content, source)
    entries = tuple(_entry(context, value, place) for place, value in parsed)
    if not entries:
        raise UsageError(f"{source} has no task", hint=_HINT)
    return entries


def _toml(content: str, source: str) -> Iterator[tuple[str, Any]]:
    try:
        document = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{source} is not TOML", cause=str(error), hint=_HINT) from error
    found = document.pop("task", [])
    if document or not isinstance(found, list):
        raise UsageError(f"{source} holds more than [[task]]", hint=_HINT)
    yield from ((f"{source}, task {number}", value) for number, value in enumerate(found, 1))


def _json_lines(content: str, source: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            place = f"{source}, line {number}"
            try:
                yield place, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{place} is not JSON", cause=str(error), hint=_HINT) from error


def _entry(context: click.Context, value: Any, place: str) -> Entry:
    if not isinstance(value, dict):
        raise UsageError(f"{place} is not a table of settings", hint=_HINT)
    left = {key.replace("_", "-"): each for key, each in value.items()}
    texts = [left.pop(key, None) for key in ("name", "prompt")]
    for key, text in zip(("name", "prompt"), texts, strict=True):
        if not isinstance(text, str):
            raise UsageError(f"{place}: {key} is {'no text' if text else 'missing'}", hint=_HINT)
    program = left.pop("program", None)
    if program is not None and not _is_list_of_texts(program):
        raise UsageError(f"{place}: program is no list of texts", hint=_HINT)
    return Entry(
        name=texts[0],
        prompt=texts[1],
        program=None if program is None else tuple(program),
        options=dict(_option(context, key, each, place) for key, each in left.items()),
    )


def _option(context: click.Context, key: str, value: Any, place: str) -> tuple[str, Any]:
    """Return an option by the name that the command knows it by, with its value."""
    if key not in _OPTIONS:
        known = ", ".join(("name", "prompt", "program", *_OPTIONS))
        raise UsageError(f"{place}: there is no setting {key!r}", cause=f"known are {known}")
    option = next(each for each in context.command.params if f"--{key}" in each.opts)
    assert isinstance(option, click.Option)  # noqa: S101 - it has two dashes
    if option.is_flag or option.multiple:
        fits = isinstance(value, bool) if option.is_flag else _is_list_of_texts(value)
        if not fits:
            wanted = "true or false" if option.is_flag else "a list of texts"
            raise UsageError(f"{place}: {key} is not {wanted}", hint=_HINT)
    elif isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError(f"{place}: {key} is no text and no number", hint=_HINT)
    else:
        value = str(value)
    try:
        return option.name or key, option.type_cast_value(context, value)
    except click.BadParameter as error:
        raise UsageError(f"{place}: {key}: {error.message.rstrip('.')}", hint=_HINT) from error


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
