"""The words of a landing's end: what was verified, or what is in the way and what to do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.landing.merge import Rejection
from wtagents.core.record import record
from wtagents.core.text import printable
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.side_tests import untested

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wtagents.core.errors import WtaError
    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.task import Task
    from wtagents.git.advancing.lock import CheckoutBusy, CheckoutDirty
    from wtagents.git.advancing.settle import Settled
    from wtagents.operations.context import Context
    from wtagents.operations.landing.gate import Red

SHELL_LIMIT = 80
"""Characters of a command that a line repeats."""
_SHOWN = 4


@record
class Speech:
    """How a landing or an undo is spoken of."""

    name: str
    takes_back: str
    """What edits do that are not committed."""
    took_back: str
    """What commits did that came too early."""


LANDING = Speech(
    name="landing",
    takes_back="take back what landed",
    took_back="took back or changed what landed",
)
UNDO = Speech(
    name="undo",
    takes_back="bring back what was undone",
    took_back="brought back or changed what was undone",
)


def landed_words(
    context: Context, request: MergeRequest, commits: int, notes: tuple[str, ...] = ()
) -> str:
    """Say what landed and whether anything vouches for it; no gate never reads as a pass."""
    words = [f"{_counted(commits, 'commit')} on {request.target}"]
    resolved = len({resolution.path for resolution in request.resolutions})
    if resolved:
        words.append(f"{_counted(resolved, 'file')} resolved")
    words += [_verification(request), untested(context.settings.merge, request), *notes]
    return "; ".join(filter(None, words))


def _verification(request: MergeRequest) -> str:
    if request.skip_gate:
        return "not verified: --no-gate"
    gates = sum(not gate.is_tests for gate in request.gates)
    said = f"{_counted(gates, 'gate')} passed" if gates else "not verified: no gate is configured"
    if gates < len(request.gates):
        said += ", the tests of both sides passed"
    cached = sum(gate.cached_from is not None for gate in request.gates)
    if not cached:
        return said
    return f"{said} (cached)" if cached == len(request.gates) else f"{said} ({cached} cached)"


def settled_words(settled: Iterable[Settled]) -> tuple[str, ...]:
    """Say what became of files that a person was editing while a landing was cut off."""
    words = []
    for each in settled:
        if each.joined:
            words.append(f"joined with uncommitted edits in {_named(each.joined)}")
        if each.spared:
            words.append(f"uncommitted edits stay in {_named(each.spared)}")
    return tuple(words)


def spared_hint(settled: Iterable[Settled], speech: Speech = LANDING) -> str:
    """Say what a person has to do before the next commit there; '' when nothing was spared."""
    return "; ".join(
        f"uncommitted edits in {_named(each.spared)} may {speech.takes_back};"
        f" look before they are committed: git -C {shlex.quote(str(each.checkout))} diff HEAD"
        for each in settled
        if each.spared
    )


def lacking_hint(target: BranchName, landed: Oid, paths: tuple[str, ...], speech: Speech) -> str:
    """Say where commits that came while it was cut off reverse it; '' when nowhere."""
    if not paths:
        return ""
    asked = shlex.join(paths[:_SHOWN])
    return (
        f"a commit that came while it was cut off {speech.took_back} in {_named(paths)};"
        f" look: git diff {landed.short} {target} -- {asked}"
    )


def unsettled_hint(places: Iterable[Path], speech: Speech) -> str:
    """Say which checkouts a person works in, so that they could not be settled; '' when none."""
    return "; ".join(
        f"git is at work in {place}, where the {speech.name} was cut off: the next landing settles"
        f" it; commit nothing there until then: git -C {shlex.quote(str(place))} status"
        for place in places
    )


def _named(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return f"{', '.join(paths[:_SHOWN])}{more}"


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def superseded_words(target: BranchName, times: int) -> str:
    """Say that somebody else was faster; it is nobody's fault."""
    if times == 1:
        return f"{target} moved meanwhile; beginning again"
    return f"{target} moved {times} times meanwhile; goes on trying"


def took_along_words(target: BranchName, commit: Oid | None) -> str:
    """Warn of a commit that somebody made of a landing's files; '' without one."""
    if commit is None:
        return ""
    return (
        f"WARNING: commit {commit.short} on {target} has in it what was about to land: who made it"
        f" had taken index.lock away; look: git show {commit.short}"
    )


def refuse_red(name: str, red: Red) -> Refusal:
    """A gate said no to a tree, twice."""
    result, shell = red.result, printable(red.result.command, SHELL_LIMIT)
    if red.timed_out:
        return Refusal(
            rejection=Rejection.GATE_TIMEOUT,
            detail=f"the {red.kind} {shell!r} did not end within {result.seconds:.0f} s",
            hint=f"look at {result.log}; raise merge.gate_timeout, then: wta merge {name}",
        )
    last = result.tail.rpartition("\n")[2]
    return Refusal(
        rejection=Rejection.GATE_RED,
        detail=f"the {red.kind} {shell!r} failed" + (f": {last}" if last else ""),
        hint=f'look at {result.log}, then: wta send {name} "the {red.kind} fails, see …"',
    )


def refuse_unlike(task: Task, what: str) -> Refusal:
    """What is about to land is not what was built and verified."""
    return Refusal(
        rejection=Rejection.NOT_AS_VERIFIED,
        detail=f"nothing landed: {what}",
        hint=f"wta doctor; who writes to the hub or the store? then: wta merge {task.name}",
    )


def fault(task: Task, error: WtaError | OSError) -> Refusal:
    """Git or the machine failed; the target is untouched."""
    if isinstance(error, OSError):
        error = SystemFault("the machine refused", cause=str(error).lower(), hint="wta doctor")
    cause = f": {error.cause}" if error.cause else ""
    return Refusal(
        rejection=Rejection.FAULT,
        detail=error.message + cause,
        hint=f"{error.hint or 'wta doctor'}; then: wta merge {task.name}",
    )


def refuse_moved(task: Task) -> Refusal:
    """The branch got commits that this candidate does not have."""
    return Refusal(
        rejection=Rejection.SOURCE_MOVED,
        detail=f"{task.branch} moved while it was landing",
        hint=f"land it as it is now: wta merge {task.name}",
    )


def refuse_dirty(task: Task, target: BranchName, found: CheckoutDirty) -> Refusal:
    """Somebody's uncommitted files in a checkout of the target would be overwritten."""
    place = shlex.quote(str(found.checkout))
    return Refusal(
        rejection=Rejection.CHECKOUT_DIRTY,
        detail=f"{target} is checked out in {found.checkout} with files that no commit has, and"
        f" the landing changes them: {_named(found.paths)}",
        hint=f"commit or move them: git -C {place} status; then: wta merge {task.name}",
    )


def refuse_busy(task: Task, target: BranchName, found: CheckoutBusy) -> Refusal:
    """Somebody is in the middle of something in a checkout of the target."""
    return Refusal(
        rejection=Rejection.CHECKOUT_BUSY,
        detail=f"{target} is checked out in {found.checkout}, which is busy: {found.operation}",
        hint=f"finish that there, then: wta merge {task.name}",
    )
