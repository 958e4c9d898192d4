"""Land: bring tasks onto their target: replay, resolve, gate, advance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import some_names_argument

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.landing.outcome import MergeOutcome
    from wtagents.operations.landing.preview import MergePreviews


@click.command(
    cls=WtaCommand,
    examples=[
        "wta merge fix-login --dry-run",
        "wta merge fix-login docs",
        "wta merge --ready --squash --push",
        "wta diff fix-login --landing  # look at what is held",
        "wta merge fix-login --approve",
        "wta merge --withdraw fix-login",
    ],
)
@some_names_argument
@click.option("--ready", is_flag=True, help="Every task that is ready.")
@click.option("--dry-run", is_flag=True, help="Say how it would go; nothing is changed or run.")
@click.option("--squash", is_flag=True, help="Land each branch as one commit.")
@click.option("--no-gate", is_flag=True, help="Skip the gates; the record of the merge says so.")
@click.option("--withdraw", is_flag=True, help="Take back the wish to land them.")
@click.option("--approve", is_flag=True, help="Let pass what is held of them: it was looked at.")
@click.option("--push", is_flag=True, help="Push the target to its remote, with a lease.")
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    names: tuple[str, ...],
    *,
    dry_run: bool,
    withdraw: bool,
    **options: bool,
) -> Answer[MergePreviews] | Answer[tuple[MergeOutcome, ...]]:
    """Land the tasks in batches, oldest first; what waits, and why: wta queue.

    Branches that do not clash are replayed one on the other away from your checkout, conflicts
    climb the rungs of merge.ladder up to the resolver (after it merge.resolver_last), every gate
    must pass on the result, then the target and its checkout move together. What candidates or a
    resolver made must pass the tests of both sides, too (merge.test_command). What no rung solves
    is yours: wta resolve NAME.
    Who breaks the gates is named after a second red run; the others land without it. What is
    refused leaves the target untouched and says why. Held is what only a person may let
    pass: a landing that takes back what reached the target after the task began, a protected path
    (merge.protected), a resolution that no gate can verify. An approval covers what was held, at
    the branch as it was.

    --push (merge.push does it each time) pushes exactly what landed: a remote that is ahead stops
    the command before anything lands, one that moved meanwhile is left as it is. No hook runs.
    Exit status 1: one did not land, or was not pushed.
    """
    from wtagents.cli.pages.landing_text import foreseen_lines, outcome_lines
    from wtagents.cli.progress import Steps
    from wtagents.operations.landing.preview import preview
    from wtagents.operations.merge import MergeRequestOptions, merge
    from wtagents.operations.withdraw import withdraw as take_back

    if withdraw:
        if dry_run or any(options.values()):
            raise click.UsageError("--withdraw stands alone with its tasks")
        return Answer.of(take_back(invocation.context, names), outcome_lines)
    wanted = MergeRequestOptions(names=names, **options)
    if dry_run:
        return Answer.of(preview(invocation.context, wanted), foreseen_lines)
    steps = Steps(invocation)
    result = merge(invocation.context, wanted, tell=steps.say)
    steps.clear()
    invocation.wake_for_landings()
    return Answer.of(result, outcome_lines)
