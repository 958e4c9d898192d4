"""How commands are made: the options that all have, examples in the help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wtagents.cli.call import Invocation
from wtagents.cli.options import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.parser import _OptionParser


def short_options_first(parser: _OptionParser) -> _OptionParser:
    """Let click know `-C` at once: first it looks for 1 ms for long options of about that name."""
    parser._long_opt = {**parser._long_opt, **parser._short_opt}  # noqa: SLF001 - no other way in
    return parser


def help_option(context: click.Context) -> click.Option:
    """Return click's own option, without the millisecond that its translation takes."""

    def show(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        del parameter
        if value and not context.resilient_parsing:
            from wtagents.cli.render import show_page

            show_page(context.get_help())
            context.exit()

    return click.Option(
        [*context.help_option_names, "help"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        help="Show this message and exit.",
        callback=show,
    )


class WtaCommand(click.Command):
    """A command with the global options and a section of examples."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.examples = tuple(examples)
        self.params = [*self.params, *_HIDDEN_GLOBAL_OPTIONS]

    def make_parser(self, ctx: click.Context) -> _OptionParser:
        """Return the parser of its command line."""
        return short_options_first(super().make_parser(ctx))

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """Return the option that asks for the help of this command, always the same one."""
        self._help_option = self._help_option or help_option(ctx)
        return self._help_option

    def invoke(self, ctx: click.Context) -> Any:
        """Remember whose answer it will be."""
        invocation = ctx.obj
        if isinstance(invocation, Invocation) and self.name:
            invocation.command = self.name
            if invocation.verbosity:
                from wtagents.cli.render import narrate_log

                narrate_log(invocation.verbosity)
        return super().invoke(ctx)

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Show the examples as they are typed."""
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"  {line}\n")
        formatter.write("\nAlso -C PATH, --json, -v, --no-color: see wta --help\n")


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    invocation = context.obj
    if value is None or value is False or not isinstance(invocation, Invocation):
        return
    match parameter.name:
        case "folder":
            invocation.folder = value
        case "json":
            invocation.json = True
        case "version":
            invocation.version = True
        case "verbose":
            invocation.verbosity += value
        case "no_color":
            invocation.color = False
        case _:
            raise AssertionError(parameter.name)


def _global_options(*, hidden: bool) -> list[click.Parameter]:
    common: dict[str, Any] = {"expose_value": False, "callback": _remember, "hidden": hidden}
    return [
        click.Option(
            ["-C", "folder"],
            type=Place(folder=True),
            metavar="PATH",
            is_eager=True,
            help="Work on the repository at PATH, not in the current folder.",
            **common,
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            is_eager=True,
            help="Print the answer as one versioned JSON document.",
            **common,
        ),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            help="Say on stderr what is done; twice for every program.",
            **common,
        ),
        click.Option(
            ["--no-color"], is_flag=True, help="No colours; so does NO_COLOR=1.", **common
        ),
    ]


GLOBAL_OPTIONS = _global_options(hidden=False)
_HIDDEN_GLOBAL_OPTIONS = _global_options(hidden=True)
VERSION_OPTION = click.Option(
    ["--version"], is_flag=True, expose_value=False, callback=_remember, help="Show the version."
)
