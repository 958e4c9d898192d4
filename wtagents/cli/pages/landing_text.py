"""What became of landings, and how they would go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Tone
from wtagents.core.figures import plural
from wtagents.core.landing.merge import LastResolver, MergeState
from wtagents.core.landing.rung import Rung
from wtagents.core.text import printable
from wtagents.operations.landing.preview import Foreseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.operations.landing.outcome import MergeOutcome
    from wtagents.operations.landing.preview import MergePreview, MergePreviews

_TONES = {
    MergeState.MERGED: Tone.GOOD,
    MergeState.REJECTED: Tone.BAD,
    Foreseen.CLEAN: Tone.GOOD,
    Foreseen.CONFLICT: Tone.NOTICE,
    Foreseen.HELD: Tone.NOTICE,
    Foreseen.REFUSED: Tone.BAD,
}


_SOLVERS = {Rung.AGENT: "the resolver is asked", Rung.PERSON: "a person decides"}
_LAST = {
    LastResolver.AGENTIC: ", then an agent with tools",
    LastResolver.AUTHOR: ", then a copy of the author's conversation",
}


def outcome_lines(outcomes: tuple[MergeOutcome, ...], style: Style) -> Iterator[str]:
    """Say for each task what landed, or why nothing did and what to do next."""
    for outcome in outcomes:
        state = "held" if outcome.holds and not outcome.landed else outcome.state
        word = style.paint(state, _TONES.get(outcome.state, Tone.NOTICE))
        yield f"{style.heading(outcome.task)} {word}{_what(outcome)}"
        yield from (f"  {line}" for line in _how(outcome, style))


def _what(outcome: MergeOutcome) -> str:
    if not outcome.landed:
        why = str(outcome.rejection).replace("_", " ") if outcome.rejection else ""
        parts = [part for part in (why, printable(outcome.detail)) if part]
        return f": {': '.join(parts)}" if parts else ""
    place = f" onto {outcome.target}"
    if outcome.new is None or not outcome.commits:
        return f"{place}: {printable(outcome.detail)}" if outcome.detail else place
    return f"{place} at {outcome.new.short}, {plural(outcome.commits, 'commit')}"


def _how(outcome: MergeOutcome, style: Style) -> Iterator[str]:
    if len(outcome.holds) > 1:
        yield from (f"held {printable(hold.detail)}" for hold in outcome.holds)
    for resolution in outcome.resolutions:
        yield f"{printable(resolution.path)} resolved by {resolution.solver}"
        yield from (f"  dropped {printable(line)}" for line in resolution.dropped)
    yield from _verified(outcome, style)
    if outcome.undone:
        yield style.paint("UNDONE again: a gate was red after it had landed", Tone.BAD)
        yield f"next: {style.paint(f'wta status {outcome.task}', Tone.ACCENT)}"
    if outcome.push is not None:
        yield style.paint(outcome.push.line, Tone.GOOD if outcome.push.pushed else Tone.BAD)
        if outcome.push.hint:
            yield f"next: {style.paint(printable(outcome.push.hint), Tone.ACCENT)}"
    if outcome.hint:
        yield f"next: {style.paint(printable(outcome.hint), Tone.ACCENT)}"


def _verified(outcome: MergeOutcome, style: Style) -> Iterator[str]:
    for gate in outcome.gates:
        verdict = style.paint(*(("passed", Tone.GOOD) if gate.passed else ("failed", Tone.BAD)))
        kind = "tests of both sides" if gate.is_tests else "gate"
        yield f"{kind} {verdict} in {gate.seconds:.1f} s: {printable(gate.command)}"
        if not gate.passed:
            yield f"  its output: {printable(gate.log)}"
    if outcome.landed and not outcome.verified:
        yield style.paint("not verified: no gate looked at it", Tone.NOTICE)
    if outcome.untested:
        yield style.paint(outcome.untested, Tone.NOTICE)


def foreseen_lines(seen: MergePreviews, style: Style) -> Iterator[str]:
    """Say for each task how its landing would go after those before it."""
    several = len({each.batch for each in seen.previews}) > 1
    for each in seen.previews:
        yield from _foreseen(each, style, several=several, last=_LAST.get(seen.resolver_last, ""))
    if not seen.previews:
        yield "no task is ready"
        return
    if seen.gates:
        yield f"gates that must pass: {'; '.join(map(printable, seen.gates))}"
    else:
        yield style.paint("no gate would look at it: set merge.gate in wta.toml", Tone.NOTICE)
    if not seen.trusted:
        yield style.paint("commands of wta.toml are not trusted: wta trust", Tone.BAD)
    if seen.tripped:
        changed = "; ".join(map(printable, seen.tripped))
        yield style.paint(f"every landing is stopped: {changed}; wta doctor --accept", Tone.BAD)


def _foreseen(each: MergePreview, style: Style, *, several: bool, last: str) -> Iterator[str]:
    tone = _TONES.get(each.foreseen, Tone.FAINT)
    word = style.paint(str(each.foreseen), tone)
    commits = f", {plural(each.commits, 'commit')}" if each.commits else ""
    batch = f", batch {each.batch}" if each.batch else ", after a task that has not landed"
    place = batch if several else ""
    yield f"{style.heading(each.task)} onto {each.target}: {word}{commits}{place}"
    for conflict in each.conflicts:
        who = _SOLVERS.get(conflict.rung) or str(conflict.rung).replace("_", " ")
        then = last if conflict.rung is Rung.AGENT else ""
        yield f"  {printable(conflict.path)} ({conflict.kind}): {who}{then}"
    if each.detail and not each.conflicts:
        yield f"  {printable(each.detail)}"
    if each.hint:
        yield f"  next: {style.paint(printable(each.hint), Tone.ACCENT)}"
