"""Arguments and options that several commands take."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from wtagents.cli.complete import complete_tasks
from wtagents.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from click.shell_completion import CompletionItem

    from wtagents.cli.call import Invocation

name_argument = click.argument("name", shell_complete=complete_tasks)
names_argument = click.argument(
    "names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_tasks
)
some_names_argument = click.argument(
    "names", nargs=-1, metavar="[NAME]...", shell_complete=complete_tasks
)


class Duration(click.ParamType[float]):
    """A time span: `90s`, `10m`, `1h30m`, or a bare number of seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        from wtagents.core.config.forms import Duration as Form
        from wtagents.core.config.forms import Unfit

        if isinstance(value, float):
            return value
        try:
            seconds: float = Form().read(f"{value}s" if value.isdigit() else value)
        except Unfit:
            self.fail(f"{value!r} is not {Form.expected}", param, ctx)
        return seconds


class Place(click.ParamType[str]):
    """A file or folder that is there, as `click.Path` takes it.

    Making a `click.Path` takes 1 ms, for it translates its name: one is made for what is amiss.
    """

    def __init__(self, *, folder: bool) -> None:
        self.name = "directory" if folder else "file"
        self._fits = os.path.isdir if folder else os.path.isfile

    @cached_property
    def _strict(self) -> click.Path:
        folder = self.name == "directory"
        return click.Path(exists=True, file_okay=not folder, dir_okay=folder)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path as it was given."""
        if not (self._fits(value) and os.access(value, os.R_OK)):
            self._strict.convert(value, param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        return self._strict.shell_complete(ctx, param, incomplete)


def timeout_option(about: str) -> Callable[[Any], Any]:
    """Return the option that says how long a command may wait."""
    return click.option("--timeout", type=Duration(), metavar="DURATION", help=about)


at_option = click.option(
    "--at", metavar="TIME", help="As it was then: 14:05, 90m or 2026-11-21 14:05."
)


def moment_of(invocation: Invocation, at: str | None) -> datetime | None:
    """Return the moment that `--at` means, None for now. Raises UsageError for what is none."""
    if at is None:
        return None
    from wtagents.core.past import parse_past

    return parse_past(at, invocation.context.clock.now())


def read_text(text: str, *, limit: int) -> str:
    """Return the text, or for `-` what stdin holds.

    Raises UsageError for more than `limit` bytes or for what is not UTF-8.
    """
    if text != "-":
        return text
    if sys.stdin.isatty():
        from wtagents.cli.render import narrate

        narrate("reading from the terminal; end with Ctrl-D on a line of its own")
    return decode(sys.stdin.buffer.read(limit + 1), "stdin", limit=limit)


def read_content(source: str, *, limit: int) -> str:
    """Return what a file holds, or for `-` stdin. Raises UsageError as `read_text` does."""
    if source == "-":
        return read_text("-", limit=limit)
    try:
        with open(source, "rb") as file:  # noqa: PTH123 - pathlib takes 1 ms to load
            return decode(file.read(limit + 1), source, limit=limit)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot read {source}", cause=cause, hint="name another file") from error


def decode(content: bytes, source: str, *, limit: int) -> str:
    """Return what a file or stdin holds as text. Raises UsageError as `read_text` does."""
    if len(content) > limit:
        from wtagents.core.size import size_text

        raise UsageError(
            f"{source} holds more than {size_text(limit)}",
            hint="put the text into a file of the repository and name that file",
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{source} is not UTF-8 text",
            cause=f"byte {error.start + 1} is {content[error.start]:#04x}",
            hint="convert it, for example: iconv -f latin1 -t utf8",
        ) from error
