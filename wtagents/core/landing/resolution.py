"""When a proposed resolution of text conflicts may go on to the gates. Pure; nobody is trusted.

Lines are compared without white space at their ends and with single spaces inside; empty lines do
not count. For a line that occurs b times in the base, t in the target's text and r in the branch's:

    added by a side      the result has it at least max(t, r) times if no side took any away,
                         t + r - b times otherwise
    kept by both         at least b times
    taken away by a side at most min(t, r) times if no side added any, t + r - b times otherwise;
                         lines without a letter or digit are exempt, every block has such

A line that is missing must be listed as dropped, once for each time, with a reason. A line that
comes back cannot be excused. What neither side ever had may be new: gates judge it.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

from wtagents.core.landing.syntax import syntax_fault
from wtagents.core.record import record
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MARKERS = (
    re.compile(r"<{7,}(?: |$)"),
    re.compile(r">{7,}(?: |$)"),
    re.compile(r"\|{7,}(?: |$)"),
    re.compile(r"={7}$"),
)
_LINE_LIMIT = 120


class Side(StrEnum):
    """Whose line it was."""

    TARGET = "target"
    BRANCH = "branch"
    BOTH = "both"


class FaultKind(StrEnum):
    """What is wrong with a proposal."""

    OUTSIDE = "outside"
    UNANSWERED = "unanswered"
    TWICE = "twice"
    MARKER = "marker"
    NOT_TEXT = "not_text"
    SYNTAX = "syntax"
    MISSING = "missing"
    RETURNED = "returned"
    NO_REASON = "no_reason"
    UNDECLARED = "undeclared"


@record
class ConflictText:
    """One conflicted file: what the target has, what the branch has, and what both began from."""

    path: str
    base: str | None
    """None when both sides added the file."""
    target: str
    branch: str


@record
class ProposedFile:
    """One whole file without its conflict."""

    path: str
    text: str


@record
class Dropped:
    """A line that is left out on purpose."""

    path: str
    line: str
    side: Side
    reason: str

    @property
    def shown(self) -> str:
        """One printable line."""
        line, reason = printable(self.line, _LINE_LIMIT), printable(self.reason, 200)
        return f"{printable(self.path)}: {line!r} of the {self.side.value}: {reason}"


@record
class Proposal:
    """An answer to a set of conflicts."""

    files: tuple[ProposedFile, ...]
    dropped: tuple[Dropped, ...] = ()
    note: str = ""
    """The author's own words for a person."""


@record
class Fault:
    """Why a proposal is refused."""

    path: str
    kind: FaultKind
    detail: str

    def __str__(self) -> str:
        """One printable line."""
        return f"{printable(self.path, _LINE_LIMIT)}: {printable(self.detail, 300)}"


def check_resolution(conflicts: Sequence[ConflictText], proposal: Proposal) -> tuple[Fault, ...]:
    """Return what is wrong, in the order of the paths; nothing means that it may be gated."""
    asked = {conflict.path: conflict for conflict in conflicts}
    faults = list(_path_faults(asked, proposal))
    for file in proposal.files:
        conflict = asked.get(file.path)
        if conflict is not None:
            faults += _file_faults(conflict, file.text, proposal.dropped)
    return tuple(faults)


def fit_line_ends(conflict: ConflictText, text: str) -> str:
    """Return the text with the line ends and the last newline that both sides agree on."""
    sides = (conflict.target, conflict.branch)
    fitted = text
    if all("\r\n" in side and "\n" not in side.replace("\r\n", "") for side in sides):
        fitted = fitted.replace("\r\n", "\n").replace("\n", "\r\n")
    elif not any("\r\n" in side for side in sides):
        fitted = fitted.replace("\r\n", "\n")
    end = "\r\n" if all(side.endswith("\r\n") for side in sides) else "\n"
    if all(side.endswith("\n") for side in sides) and fitted and not fitted.endswith("\n"):
        fitted += end
    return fitted


def _path_faults(asked: Mapping[str, ConflictText], proposal: Proposal) -> Iterator[Fault]:
    answered = Counter(file.path for file in proposal.files)
    for path, times in answered.items():
        if path not in asked:
            yield Fault(path=path, kind=FaultKind.OUTSIDE, detail="it is not in conflict")
        elif times > 1:
            yield Fault(path=path, kind=FaultKind.TWICE, detail="it is answered twice")
    for path in asked:
        if path not in answered:
            yield Fault(path=path, kind=FaultKind.UNANSWERED, detail="it has no answer")
    for drop in proposal.dropped:
        if not drop.reason.strip():
            detail = f"the line {drop.line!r} is dropped without a reason"
            yield Fault(path=drop.path, kind=FaultKind.NO_REASON, detail=detail)


def _file_faults(conflict: ConflictText, text: str, dropped: Sequence[Dropped]) -> Iterator[Fault]:
    faults = tuple(text_faults(conflict, text))
    yield from faults
    if not any(fault.kind is FaultKind.NOT_TEXT for fault in faults):
        yield from _line_faults(conflict, text, dropped)


def text_faults(conflict: ConflictText, text: str) -> Iterator[Fault]:
    """Yield what is wrong with a whole file whatever its lines say: no text, a marker, syntax."""
    fault = _text_fault(text)
    if fault:
        yield Fault(path=conflict.path, kind=FaultKind.NOT_TEXT, detail=fault)
        return
    if _has_new_marker(conflict, text):
        detail = "a conflict marker is left in it"
        yield Fault(path=conflict.path, kind=FaultKind.MARKER, detail=detail)
    broken = syntax_fault(conflict.path, text)
    if broken and not any(
        syntax_fault(conflict.path, side) for side in (conflict.target, conflict.branch)
    ):
        yield Fault(
            path=conflict.path,
            kind=FaultKind.SYNTAX,
            detail=f"both sides parse and the result does not: {broken}",
        )


def _text_fault(text: str) -> str:
    if "\0" in text:
        return "a NUL character is no text"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it cannot be written as UTF-8"
    return ""


def _has_new_marker(conflict: ConflictText, text: str) -> bool:
    """A line of seven `=` may be a heading: as many as both sides brought are fine."""
    *hard, heading = _MARKERS
    if any(_count(marker, text) > _count(marker, conflict.base) for marker in hard):
        return True
    base = _count(heading, conflict.base)
    brought = (_count(heading, side) - base for side in (conflict.target, conflict.branch))
    return _count(heading, text) > base + sum(max(0, more) for more in brought)


def _count(marker: re.Pattern[str], text: str | None) -> int:
    return sum(1 for line in (text or "").splitlines() if marker.match(line.rstrip("\r")))


def _line_faults(conflict: ConflictText, text: str, dropped: Sequence[Dropped]) -> Iterator[Fault]:
    base, target, branch, result = map(
        count_lines, (conflict.base or "", conflict.target, conflict.branch, text)
    )
    excused = Counter(
        normal_line(drop.line)
        for drop in dropped
        if drop.path == conflict.path and drop.reason.strip()
    )
    missing: dict[str, list[str]] = {}
    returned: dict[str, list[str]] = {}
    for gap in find_gaps(base, target, branch, result, excused):
        found, deed = (returned, "removed") if gap.is_back else (missing, gap.deed)
        found.setdefault(f"{_WHO[gap.side]} {deed}", []).append(gap.line)
    for deed, lines in missing.items():
        detail = f"{_first(lines)} that {deed} is neither there nor listed as dropped"
        yield Fault(path=conflict.path, kind=FaultKind.MISSING, detail=detail)
    for deed, lines in returned.items():
        detail = f"{_first(lines)} that {deed} is back"
        yield Fault(path=conflict.path, kind=FaultKind.RETURNED, detail=detail)


@record
class Gap:
    """A line that a side's change wants otherwise than it stands in the result."""

    line: str
    side: Side
    deed: str
    """What the side did with it: added, kept or removed."""

    @property
    def is_back(self) -> bool:
        """Whether it is there although the side removed it; otherwise it is not there."""
        return self.deed == "removed"


def find_gaps(
    base: Counter[str],
    target: Counter[str],
    branch: Counter[str],
    result: Counter[str],
    excused: Counter[str] | None = None,
) -> Iterator[Gap]:
    """Yield what the result lacks and what came back, by the counts of lines or of words."""
    lenient = excused or Counter()
    for line in {**target, **branch, **base}:
        b, t, r = base[line], target[line], branch[line]
        if result[line] + lenient[line] < _least(b, t, r):
            deed = "added" if max(t, r) > b else "kept"
            yield Gap(line=line, side=_whose(target=t > b, branch=r > b), deed=deed)
        if result[line] > _most(b, t, r) and _tells(line):
            yield Gap(line=line, side=_whose(target=t < b, branch=r < b), deed="removed")


def count_lines(text: str) -> Counter[str]:
    """Return how often each line occurs, empty ones left out, in the order of the text."""
    return Counter(filter(None, map(normal_line, text.splitlines())))


def normal_line(line: str) -> str:
    """Return the line as it is compared."""
    return " ".join(line.split())


def _least(b: int, t: int, r: int) -> int:
    return max(t, r) if t >= b and r >= b else max(0, t + r - b)


def _most(b: int, t: int, r: int) -> float:
    if t >= b and r >= b:
        return inf
    return min(t, r) if t <= b and r <= b else t + r - b


def _tells(line: str) -> bool:
    return any(character.isalnum() for character in line)


_WHO = {Side.TARGET: "the target", Side.BRANCH: "the branch", Side.BOTH: "both sides"}


def _whose(*, target: bool, branch: bool) -> Side:
    if target == branch:
        return Side.BOTH
    return Side.TARGET if target else Side.BRANCH


def _first(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    return f"{printable(lines[0], _LINE_LIMIT)!r}{more}"
