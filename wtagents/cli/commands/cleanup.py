"""Keep: move what ended tasks left into the trash, by proof only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import some_names_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Cell, Style
    from wtagents.core.keeping.traces import Traces
    from wtagents.operations.keeping.cleanup import Cleaned, Cleanup
    from wtagents.operations.keeping.cron import CronBlock
    from wtagents.operations.keeping.purge import Purged


@click.command(
    cls=WtaCommand,
    examples=[
        "wta cleanup --dry-run",
        "wta cleanup",
        "wta cleanup fix-login  # its later changes go along into the trash",
        "wta cleanup --purge fix-login  # its archived commits, too, for good",
        "wta cleanup --install-cron",
    ],
)
@some_names_argument
@click.option("--dry-run", is_flag=True, help="Say what would go, and why the rest stays.")
@click.option("--all", "all_of_them", is_flag=True, help="As many as may go, not only a few.")
@click.option("--purge", is_flag=True, help="Forget gone tasks for good, commits included.")
@click.option("--yes", is_flag=True, help="With --purge: do not ask.")
@click.option("--install-cron", is_flag=True, help="Let cron tick and clean up this repository.")
@click.option("--remove-cron", is_flag=True, help="Take our block out of the crontab.")
@click.pass_obj
def command(
    invocation: Invocation,
    names: tuple[str, ...],
    *,
    dry_run: bool,
    all_of_them: bool,
    purge: bool,
    yes: bool,
    install_cron: bool,
    remove_cron: bool,
) -> Answer[Cleanup] | Answer[CronBlock] | Answer[tuple[Purged, ...]]:
    """Move worktrees of merged and cancelled tasks into the trash, and delete their branches.

    Only what is proved to be safe goes, a few at a time; commits are archived, and wta undelete
    brings everything back until the trash is swept (cleanup.keep); then its stories, gate logs and
    the archive of what landed go, too, but never a commit that did not land: those go by name and
    with --purge only. Every doubt keeps. Exit status 1: a task that was named stays.
    """
    from wtagents.cli.progress import Counter
    from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup

    if install_cron or remove_cron:
        if names or dry_run or all_of_them or purge or (install_cron and remove_cron):
            raise click.UsageError("--install-cron and --remove-cron stand alone")
        return _cron(invocation, install=install_cron)
    if purge:
        return _purge(invocation, names, dry_run=dry_run, yes=yes)
    request = CleanupRequest(names=names, all=all_of_them, dry_run=dry_run)
    with Counter(invocation, "looking at" if dry_run else "cleaning up") as count:
        result = cleanup(invocation.context, request, count=count)
    return Answer.of(result, partial(_lines, dry_run=dry_run))


def _purge(
    invocation: Invocation, names: tuple[str, ...], *, dry_run: bool, yes: bool
) -> Answer[tuple[Purged, ...]]:
    import sys

    from wtagents.cli.render import ask, screen_style
    from wtagents.operations.keeping.purge import purge

    if not names:
        raise click.UsageError("--purge needs the name of a task that was cleaned up")
    planned = purge(invocation.context, names, dry_run=True)
    lines = partial(_purged, word="would go for good")
    if dry_run:
        return Answer.of(planned, lines)
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise click.UsageError("nothing brings it back: add --yes")
        if not ask("Forget it for good?", about=lines(planned.data, screen_style(invocation))):
            return Answer.of(planned, lambda *_: ["nothing was forgotten"])
    return Answer.of(
        purge(invocation.context, names, dry_run=False), partial(_purged, word="gone for good")
    )


def _purged(found: tuple[Purged, ...], style: Style, *, word: str) -> Iterator[str]:
    from wtagents.core.figures import plural

    for each in found:
        parts = [
            *(["its files in the trash"] if each.item else []),
            plural(len(each.commits), "archived commit"),
            plural(len(each.checkpoints), "checkpoint"),
        ]
        yield f"{style.heading(each.task)} {word}: {', '.join(parts)}"


def _cron(invocation: Invocation, *, install: bool) -> Answer[CronBlock]:
    from wtagents.operations.keeping.cron import install_cron, remove_cron

    act = install_cron if install else remove_cron
    return Answer.of(act(invocation.context), _cron_lines)


def _cron_lines(block: CronBlock, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.text import visible

    if block.installed:
        yield "the crontab has these lines" + ("" if block.changed else ", as before")
        yield from (style.paint(f"  {visible(line)}", Tone.FAINT) for line in block.lines)
    else:
        yield "taken out of the crontab" if block.changed else "the crontab has none of our lines"


def _lines(done: Cleanup, style: Style, *, dry_run: bool) -> Iterator[str]:
    from wtagents.cli.style import Column
    from wtagents.core.figures import plural
    from wtagents.core.text import printable

    columns = (Column(""), Column(""), Column("", flexible=True))
    yield from style.table(columns, [_row(each, dry_run=dry_run) for each in done.tasks])
    for item in done.swept:
        word = "would be swept" if dry_run else "swept"
        yield f"{word} from the trash: {printable(item.branch)} at {item.tip.short}"
    forgotten = [traces for traces in done.forgotten if traces.counts]
    for traces in forgotten:
        word = "would be forgotten" if dry_run else "forgotten"
        yield f"{word}: {_left(traces)}"
    if not (done.tasks or done.swept or forgotten):
        yield "there is nothing to clean up"
    if done.lacking:
        from wtagents.core.size import size_text

        yield (
            f"the trash takes {size_text(done.lacking)} too much: what never landed stays"
            " until its time; to forget a task: wta cleanup --purge NAME"
        )
    if done.left:
        yield f"{plural(done.left, 'more task')} may go: wta cleanup --all"
    moved = [each.task for each in done.tasks if each.folder is not None]
    if moved:
        yield f"bring one back: wta undelete {moved[0]}"


def _left(traces: Traces) -> str:
    from wtagents.core.figures import plural

    words = {
        "runs": "run",
        "gate_logs": "gate log",
        "commits": "archived commit",
        "checkpoints": "checkpoint",
    }
    counted = [plural(number, words[kind]) for kind, number in traces.counts.items()]
    return f"{', '.join(counted)} of {traces.task}"


def _row(each: Cleaned, *, dry_run: bool) -> tuple[Cell | str, ...]:
    from wtagents.cli.style import Cell, Tone
    from wtagents.core.keeping.retention import Keep
    from wtagents.core.text import printable

    if isinstance(each.verdict, Keep):
        return each.task, Cell("kept", Tone.FAINT), printable(each.verdict.reason)
    word = "may go" if dry_run else "gone"
    return each.task, Cell(word, Tone.GOOD), printable(each.verdict.proof)
