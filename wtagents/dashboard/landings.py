"""What the queue screen says: requests that wait or land, and what was decided. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import age, plural
from wtagents.core.landing.merge import HELD, MergeState
from wtagents.core.text import printable
from wtagents.dashboard.grid import Cell, Column, Heading, Line, Row, Tone, cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.operations.landings import Decided, Landings
    from wtagents.operations.queue import QueueEntry
    from wtagents.operations.telling.status import TaskStatus

COLUMNS = (
    Column(title="", width=1),
    Column(title="TASK", most=24),
    Column(title="STATE", width=10),
    Column(title="WHY", flexible=True),
    Column(title="BATCH", right=True, spare=1),
    Column(title="GATES", right=True, spare=2),
    Column(title="SINCE", width=5, right=True),
)
_GLYPHS = {
    MergeState.WAITING: "·",
    MergeState.REPLAYING: "↻",
    MergeState.RESOLVING: "⋈",
    MergeState.GATING: "◔",
    MergeState.ADVANCING: "↑",
    MergeState.MERGED: "✓",
    MergeState.REJECTED: "✕",
    MergeState.WITHDRAWN: "–",
}
_TONES = {
    MergeState.WAITING: Tone.FAINT,
    MergeState.MERGED: Tone.GOOD,
    MergeState.REJECTED: Tone.BAD,
    MergeState.WITHDRAWN: Tone.FAINT,
}


def queue_lines(seen: Landings, *, now: datetime) -> Iterator[Line]:
    """Lay out what lands now, what waits, and what was decided."""
    at_work = [each for each in seen.queue.entries if each.state is not MergeState.WAITING]
    waiting = [each for each in seen.queue.entries if each.state is MergeState.WAITING]
    by_task = {entry.task: entry for entry in seen.queue.entries}
    for title, entries in (("Lands now", at_work), ("Waits", waiting)):
        if entries:
            yield Heading(text=title, note=str(len(entries)))
            yield from (_live_row(entry, now) for entry in entries)
            yield Heading(text="")
    decided = [each for each in seen.decided if each.task not in by_task]
    if decided:
        yield Heading(text="Decided", note="latest first")
        yield from (_decided_row(each, now) for each in decided)


def task_of(key: str) -> str:
    """Return the task that a row is about."""
    return key.partition(" ")[2]


def request_of(seen: Landings, key: str) -> MergeRequest | None:
    """Return the request that a row is about."""
    number, _, task = key.partition(" ")
    for each in seen.decided:
        if str(each.request.id) == number and each.task == task:
            return each.request
    return None


def footing(seen: Landings) -> str:
    """Say what the batches are cut by."""
    queue = seen.queue
    slots = plural(queue.slots, "tree")
    words = [f"batches of up to {queue.limit}, {slots} verified at a time"]
    words.append(f"{queue.failure_rate:.0%} of landings are taken to fail")
    if queue.gate_seconds is not None:
        words.append(f"gates take {age(queue.gate_seconds)}")
    if not queue.gates:
        words.append("not verified: no gate is configured")
    return "; ".join(words)


def clash_matrix(items: Iterable[TaskStatus]) -> tuple[tuple[str, ...], Mapping[str, list[str]]]:
    """Return who clashes with whom: the names of the columns, and a row of figures per task."""
    counts: dict[tuple[str, str], int] = {}
    for item in items:
        for clash in item.clashes:
            number = len(clash.places) + len(clash.misfits)
            counts[clash.task, clash.other] = counts[clash.other, clash.task] = number
    names = tuple(sorted({name for pair in counts for name in pair}))
    rows = {name: [_figure(counts, name, other) for other in names] for name in names}
    return names, rows


def _figure(counts: Mapping[tuple[str, str], int], name: str, other: str) -> str:
    if name == other:
        return ""
    return str(counts.get((name, other), "·"))


def _live_row(entry: QueueEntry, now: datetime) -> Row:
    tone = _TONES.get(entry.state, Tone.ACCENT)
    words = [entry.why]
    if entry.superseded:
        words.append(f"{entry.target} moved {plural(entry.superseded, 'time')} meanwhile")
    expected = f"{entry.expected_seconds:.0f}s" if entry.expected_seconds is not None else ""
    return Row(
        key=f"live {entry.task}",
        cells=(
            cell(_GLYPHS[entry.state], tone),
            cell(entry.task, Tone.STRONG),
            cell(entry.state, tone),
            cell("; ".join(words)),
            cell(f"{entry.batch}.{entry.place}" if entry.batch else "", Tone.FAINT),
            cell(expected, Tone.FAINT),
            cell(age((now - entry.asked_at).total_seconds()), Tone.FAINT),
        ),
    )


def _decided_row(each: Decided, now: datetime) -> Row:
    request = each.request
    tone, word = _TONES[request.state], str(request.state)
    if each.undone:
        tone, word = Tone.FAINT, "undone"
    elif request.rejection in HELD:
        tone, word = Tone.NOTICE, "held"
    why = printable(request.detail, 300)
    if request.state is MergeState.MERGED and not why:
        why = f"landed on {request.target}"
    return Row(
        key=f"{request.id} {each.task}",
        cells=(
            cell(_GLYPHS[request.state], tone),
            cell(each.task, Tone.STRONG if tone is not Tone.FAINT else Tone.FAINT),
            cell(word, tone),
            cell(why, Tone.PLAIN if request.state is MergeState.REJECTED else Tone.FAINT),
            Cell(parts=()),
            cell(_gates(request), Tone.FAINT),
            cell(age((now - request.changed_at).total_seconds()), Tone.FAINT),
        ),
    )


def _gates(request: MergeRequest) -> str:
    seconds = sum(gate.seconds for gate in request.gates)
    return f"{seconds:.0f}s" if request.gates else ""
