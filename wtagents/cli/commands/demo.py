"""Look: the whole walk on a throwaway repository, without a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.demo.report import DemoReport


@click.command(
    cls=WtaCommand,
    examples=["wta demo", "wta demo --keep", "wta demo --claude --keep"],
)
@click.option("--keep", is_flag=True, help="Leave the repository, to look around in it.")
@click.option("--claude", is_flag=True, help="Let Claude Code do the tasks; this costs money.")
@click.pass_obj
def command(invocation: Invocation, *, keep: bool, claude: bool) -> Answer[DemoReport]:
    """Spawn four tasks at once, follow them, land them, and prove what came of it.

    One lands cleanly, two change the same place and need a resolution, one breaks the tests and is
    rejected. Everything happens in a temporary folder: no repository and no state of yours is
    touched. The built-in agent plays all parts, unless --claude hands the same four tasks to Claude
    Code. The exit status is 0 only when all of it went as promised.
    """
    from wtagents.cli.demo_screen import closing, opening
    from wtagents.cli.progress import Progress
    from wtagents.demo.walk import DemoRequest, demo
    from wtagents.system.clock import SystemClock

    request = DemoRequest(claude=claude, keep=keep)
    progress = Progress(invocation)
    progress.say(opening(request))
    clock = SystemClock()
    result = demo(request, lambda scene: progress.show(scene.tasks, now=clock.now()), clock=clock)
    return Answer.of(result, closing)
