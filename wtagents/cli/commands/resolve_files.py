"""Land: merge the three files of one conflict without a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.resolve_files import FileResolution


@click.command(
    cls=WtaCommand,
    examples=[
        "wta resolve-files base.py main.py mine.py src/app.py merged.py",
        "wta resolve-files --keep-both %O %A %B %P %A  # as git's merge driver",
        "wta init --merge-driver  # sets that up",
    ],
)
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("branch", type=click.Path(path_type=Path))
@click.argument("path")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--keep-both", is_flag=True, help="Leave alone what would leave out a line of a side."
)
@click.pass_obj
def command(
    invocation: Invocation,  # noqa: ARG001
    *,
    base: Path,
    target: Path,
    branch: Path,
    path: str,
    out: Path,
    keep_both: bool,
) -> Answer[FileResolution]:
    """Merge TARGET and BRANCH, both made of BASE, and write OUT.

    PATH is the file's name in the repository; an empty BASE says that both sides added it. Rules
    answer what both sides agree on in substance, syntax trees what they merge soundly; of what is
    left one of a few mechanical answers is chosen where people mostly chose it, too, and every line
    that it leaves out is named on stderr. Needs neither a repository nor a model.

    Exit status 0: OUT is written, the rungs are on stderr. 1: left alone, OUT is untouched.
    2: the command line cannot be right.
    """
    from wtagents.operations.resolve_files import ResolveFiles, resolve_files

    request = ResolveFiles(
        base=base, target=target, branch=branch, path=path, out=out, keep_both=keep_both
    )
    return Answer.of(resolve_files(request), lambda *_: ())
