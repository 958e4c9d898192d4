"""What became of an undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Tone
from wtagents.core.figures import plural
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.operations.undo import UndoOutcome


def undo_lines(outcome: UndoOutcome, style: Style) -> Iterator[str]:
    """Say what was taken back, or what builds on it, and what to do next."""
    name = style.heading(outcome.task)
    commits = plural(len(outcome.commits), "commit")
    if outcome.rejection is not None:
        yield f"{name} {style.paint('not undone', Tone.BAD)}: {printable(outcome.detail)}"
    elif outcome.dry_run:
        why = f"; {outcome.detail}" if outcome.detail else ""
        word = style.paint("would be undone", Tone.NOTICE)
        yield f"{name} {word} on {outcome.target}: {commits}, by one on top{why}"
        return
    else:
        at = f" at {outcome.new.short}" if outcome.new and outcome.new != outcome.old else ""
        why = f"; {outcome.detail}" if outcome.detail else ""
        yield f"{name} {style.paint('undone', Tone.GOOD)} on {outcome.target}{at}: {commits}{why}"
    for gate in outcome.gates:
        verdict = style.paint(*(("passed", Tone.GOOD) if gate.passed else ("failed", Tone.BAD)))
        yield f"  gate {verdict} in {gate.seconds:.1f} s: {printable(gate.command)}"
    if outcome.undone and not outcome.verified and outcome.new != outcome.old:
        yield f"  {style.paint('not verified: no gate looked at it', Tone.NOTICE)}"
    if outcome.warning:
        yield f"  {style.paint(printable(outcome.warning), Tone.NOTICE)}"
    if outcome.push is not None:
        tone = Tone.GOOD if outcome.push.pushed else Tone.BAD
        yield f"  {style.paint(printable(outcome.push.line), tone)}"
        if outcome.push.hint:
            yield f"  next: {style.paint(printable(outcome.push.hint), Tone.ACCENT)}"
    yield f"  next: {style.paint(printable(outcome.hint), Tone.ACCENT)}"
