"""The commands: found by file name in `cli/commands/`, imported only when called.

A module `commands/dry_dock.py` is the command `wta dry-dock`; it exports `command`. The first line
of its docstring is `Section: what it does.` and is read as text, so that `wta --help` imports
none of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from wtagents import __version__
from wtagents.cli.answer import Answer
from wtagents.cli.invocation import (
    GLOBAL_OPTIONS,
    VERSION_OPTION,
    WtaCommand,
    help_option,
    short_options_first,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from click.parser import _OptionParser

ALIASES = {"ls": "status"}
SECTIONS = {
    "Steer": "Hand out work and steer it",
    "Look": "See what happens",
    "Land": "Bring it onto the target branch",
    "Keep": "Keep house",
}
"""First word of a command's docstring and the heading it stands under, in this order."""

_FOLDER = f"{__file__.rpartition(os.sep)[0]}/commands"

EXIT_CODES = (
    "0    done, or answered",
    "1    carried out, and the outcome is a no: rejected, undelivered, red",
    "2    the command line cannot be right",
    "3    a setting is wrong, or the repository's commands are not trusted",
    "4    the repository or the task does not allow it now; nothing was changed",
    "5    git, the agent program or the disk is missing, too old, full or broken",
    "6    it did not happen in the time given",
    "70   a defect of wta; a report file is named",
    "130  Ctrl-C",
)

FIRST_STEPS = """\
Begin with: wta init, wta doctor, wta spawn NAME PROMPT, wta status
Each command explains itself: wta COMMAND --help"""


class WtaGroup(click.Group):
    """`wta` itself. A command that was added by hand comes before a file of the same name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands, without aliases."""
        files = {
            entry.name.removesuffix(".py").replace("_", "-")
            for entry in os.scandir(_FOLDER)
            if entry.name.endswith(".py") and not entry.name.startswith("_")
        }
        return sorted(files | set(self.commands))

    def make_parser(self, ctx: click.Context) -> _OptionParser:
        """Return the parser of the global options."""
        return short_options_first(super().make_parser(ctx))

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """Return the option that asks for this page, always the same one."""
        self._help_option = self._help_option or help_option(ctx)
        return self._help_option

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None where there is no such file."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name in self.commands:
            return self.commands[name]
        if name not in self.list_commands(ctx):
            return None
        from importlib import import_module

        module = import_module(f"wtagents.cli.commands.{name.replace('-', '_')}")
        command = module.command
        if not isinstance(command, WtaCommand):
            raise TypeError(f"{module.__name__}.command is not a WtaCommand")
        command.name = name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, or say which ones come close."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is not None:
            return command.name, command, args[1:]
        if name.startswith("-"):
            ctx.fail(f"no such option: {name}")
        raise click.UsageError(f"no such command: {name}{self._suggestion(ctx, name)}", ctx)

    def _suggestion(self, ctx: click.Context, name: str) -> str:
        from difflib import get_close_matches

        close = get_close_matches(name, [*self.list_commands(ctx), *ALIASES], n=3)
        return f" (did you mean {' or '.join(close)}?)" if close else ""

    def get_help(self, ctx: click.Context) -> str:
        """Return the help without click's formatter: this page is shown often and fits as it is."""
        options = [record for p in self.get_params(ctx) if (record := p.get_help_record(ctx))]
        left = max(len(names) for names, _ in options)
        parts = [
            "Usage: wta [OPTIONS] COMMAND [ARGUMENTS]",
            f"{self.help}",
            *self._sections(ctx),
            _section("Options", [f"{names:{left}}  {text}" for names, text in options]),
            _section("Exit status", EXIT_CODES),
            FIRST_STEPS,
        ]
        return "\n\n".join(parts)

    def _sections(self, ctx: click.Context) -> Iterator[str]:
        names = self.list_commands(ctx)
        width = max((len(name) for name in names), default=0)
        lines: dict[str, list[str]] = {title: [] for title in SECTIONS.values()}
        for name in names:
            section, summary = self._summary(name)
            lines.setdefault(SECTIONS.get(section, "More"), []).append(f"{name:{width}}  {summary}")
        for title, entries in lines.items():
            if entries:
                yield _section(title, entries)

    def _summary(self, name: str) -> tuple[str, str]:
        """Return the section and the summary that stand in the first line of a command's file."""
        if name in self.commands:
            return "", self.commands[name].get_short_help_str()
        path = f"{_FOLDER}/{name.replace('-', '_')}.py"
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs 3 ms of `--help`
            line = file.readline().strip().strip('"').rstrip(".")
        section, colon, summary = line.partition(": ")
        return (section, summary) if colon else ("", line)


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {line}" for line in lines)])


def _answer_without_command(context: click.Context) -> Answer[str] | None:
    """A bare `wta` shows the tasks there are, or its help."""
    if context.invoked_subcommand is not None:
        return None
    if context.obj.version:
        return Answer(__version__, lambda version, _: [f"wta {version}"])
    from wtagents.cli.bare import has_something_to_show, show_dashboard

    if has_something_to_show(context.obj):
        show_dashboard(context.obj)
        return None
    return Answer(context.get_help(), lambda text, _: text.splitlines())


root = WtaGroup(
    name="wta",
    callback=click.pass_context(_answer_without_command),
    invoke_without_command=True,
    params=[*GLOBAL_OPTIONS, VERSION_OPTION],
    help="Many Claude Code agents in parallel on one git repository.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
