"""Keep: look for every known hazard, each with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.bundle import Bundle
    from wtagents.operations.checks.check import Check


@click.command(
    cls=WtaCommand,
    examples=[
        "wta doctor",
        "wta doctor --accept  # after a look at what changed in .git",
        "wta doctor --bundle  # one archive for a bug report",
        "wta doctor --json | jq '.data[] | select(.health != \"ok\")'",
    ],
)
@click.option("--accept", is_flag=True, help="Accept git's configuration and hooks as they are.")
@click.option(
    "--bundle",
    "target",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Write all that a bug report needs, without prompts and texts, to a .tar.gz.",
)
@click.pass_obj
def command(
    invocation: Invocation, *, accept: bool, target: str | None
) -> Answer[tuple[Check, ...]] | Answer[tuple[str, ...]] | Answer[Bundle]:
    """Check programs, state, disk, git settings, worktrees, runs and processes.

    Nothing is changed or removed. Exit status 1: something has failed; its remedy stands below.

    --accept is for the tripwire: landings stop when the shared git configuration or hooks change,
    until a person has looked at them.

    --bundle writes an archive that only you can read; nothing is sent anywhere.
    """
    from wtagents.operations.doctor import accept as accept_changes
    from wtagents.operations.doctor import doctor

    if accept and target is not None:
        raise click.UsageError("--accept changes something and --bundle only looks: one at a time")
    if target is not None:
        from pathlib import Path

        from wtagents.operations.bundle import bundle

        path = Path(target) if target else None
        return Answer.of(bundle(invocation.context, path), _bundled)
    if accept:
        return Answer.of(accept_changes(invocation.context), _accepted)
    return Answer.of(doctor(invocation.context), _lines)


def _bundled(written: Bundle, style: Style) -> Iterator[str]:
    import shlex

    from wtagents.cli.style import Tone
    from wtagents.core.figures import plural
    from wtagents.core.size import size_text
    from wtagents.core.text import visible

    size = size_text(sum(each.size for each in written.files))
    files = plural(len(written.files), "file")
    yield f"wrote {style.paint(visible(str(written.path)), Tone.ACCENT)}: {files}, {size}"
    yield "not in it: prompts, messages, transcripts, diffs, credentials by their shape"
    yield f"look at it before you send it: tar -xzf {shlex.quote(visible(str(written.path)))}"
    for each in written.missing:
        yield f"{style.paint('missing', Tone.NOTICE)}  {each.part}: {visible(each.why)}"


def _accepted(changed: tuple[str, ...], style: Style) -> Iterator[str]:
    del style
    from wtagents.core.text import printable

    yield from (f"accepted: {printable(line)}" for line in changed)
    if not changed:
        yield "nothing had changed"


def _lines(checks: tuple[Check, ...], style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.figures import plural, text_width
    from wtagents.core.text import printable
    from wtagents.operations.checks.check import Health

    tones = {Health.OK: Tone.GOOD, Health.NOTE: Tone.NOTICE, Health.FAILED: Tone.BAD}
    width = max(text_width(check.name) for check in checks)
    for check in checks:
        word = style.paint(f"{check.health:6}", tones[check.health])
        yield f"{word}  {check.name:{width}}  {printable(check.finding)}"
        if check.remedy:
            yield f"{'':{width + 10}}{style.paint(printable(check.remedy), Tone.ACCENT)}"
    failures = sum(check.health is Health.FAILED for check in checks)
    notes = sum(check.health is Health.NOTE for check in checks)
    yield ""
    yield f"{plural(len(checks), 'check')}, {failures} failed, {plural(notes, 'note')}"
