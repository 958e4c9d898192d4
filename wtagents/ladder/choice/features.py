"""What can be said in numbers about one answer to one hunk. No feature knows who is right.

Counts are logarithms of 1 + n, shares lie between 0 and 1, differences are target minus branch.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from math import log, log1p
from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import Agreed, Hunk, split_lines
from wtagents.core.record import record
from wtagents.ladder.mechanical import MECHANICAL, shared_names
from wtagents.ladder.words import (
    names,
    normal_lines,
    squeezed,
    versions,
    without_versions,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wtagents.ladder.hunks import Draft

Features = dict[str, float]

_LOCK = re.compile(
    r"(?:^|/)(?:package-lock\.json|pnpm-lock\.yaml|go\.sum|[^/]*\.(?:lock|snap|min\.js))$"
    r"|(?:^|/)(?:dist|vendor|generated|__snapshots__)/"
)
_KINDS = {
    "config": "json toml yml yaml xml cfg ini gradle properties lock",
    "docs": "md rst txt adoc",
    "go": "go",
    "java": "java kt scala",
    "javascript": "js ts jsx tsx mjs cjs vue",
    "python": "py pyi",
    "rust": "rs",
}
_KIND_OF = {ending: kind for kind, endings in _KINDS.items() for ending in endings.split()}
_COMPARED = 1500
"""Characters of a side whose letters are compared."""
_NUMBER = re.compile(r"\b\d{1,9}\b")


@record
class FileFacts:
    """What all hunks of a file have in common."""

    path: str
    hunks: int
    used: frozenset[str]
    """Names that stand in agreed text."""
    changed: tuple[int, int]
    """Lines that target and branch changed in the whole file."""
    elsewhere: tuple[int, int]
    """The same outside of open hunks."""


def file_facts(draft: Draft) -> FileFacts:
    """Return what the draft says before any of its open hunks is answered."""
    rest = draft.rest()
    base, target, branch = (
        Counter((text or "").splitlines()) for text in (rest.base, rest.target, rest.branch)
    )
    changed = _apart(target, base), _apart(branch, base)
    hunks = [part for part in draft.parts if isinstance(part, Hunk)]
    inside = [0, 0]
    for hunk in hunks:
        below = Counter(hunk.base.splitlines())
        inside[0] += _apart(Counter(hunk.target.splitlines()), below)
        inside[1] += _apart(Counter(hunk.branch.splitlines()), below)
    agreed = "".join(part.text for part in draft.parts if isinstance(part, Agreed))
    return FileFacts(
        path=draft.path,
        hunks=sum(1 for part in draft.parts if not isinstance(part, Agreed)),
        used=frozenset(names(agreed)),
        changed=changed,
        elsewhere=(max(0, changed[0] - inside[0]), max(0, changed[1] - inside[1])),
    )


def used_around(facts: FileFacts, hunks: Sequence[Hunk], hunk: Hunk) -> frozenset[str]:
    """Return the names that stand outside the hunk whatever the other hunks become."""
    others = (shared_names(other) for other in hunks if other is not hunk)
    return facts.used.union(*others)


def hunk_features(facts: FileFacts, hunk: Hunk, used: frozenset[str]) -> Features:
    """Return what is the same for every answer to the hunk."""
    features = _file_features(facts)
    features |= _word_features(hunk)
    features |= _letter_features(hunk)
    features |= _version_features(hunk)
    features |= _name_features(hunk, used)
    return features


def answer_features(hunk: Hunk, text: str, ways: Sequence[str], used: frozenset[str]) -> Features:
    """Return what one answer keeps; `ways` are the mechanical answers that come to this text."""
    features = {f"is {way}": float(way in ways) for way in MECHANICAL}
    features["ways"] = len(ways)
    result, base, target, branch = map(words, (text, hunk.base, hunk.target, hunk.branch))
    gone = base - result
    kept = _share(target - base, result), _share(branch - base, result)
    removed = _share(base - target, gone), _share(base - branch, gone)
    lines = normal_lines(text)
    features |= {
        "kept of target": kept[0],
        "kept of branch": kept[1],
        "kept at least": min(kept),
        "keeps both": float(min(kept) > 0.99),  # noqa: PLR2004
        "removed of target": removed[0],
        "removed of branch": removed[1],
        "removed at least": min(removed),
        "answer lines": log1p(len(lines)),
        "balanced": float(_balance(text) in (_balance(hunk.target), _balance(hunk.branch))),
    }
    present = set(lines)
    below = set(normal_lines(hunk.base))
    features["missing of target"] = _absent(hunk.target, below, present)
    features["missing of branch"] = _absent(hunk.branch, below, present)
    features |= _returning(hunk, text, lines, below)
    named = names(text)
    features["unused"] = len(named - used) / max(1, len(named))
    lost = (names(hunk.target) | names(hunk.branch)) - named
    features["lost but used"] = log1p(len(lost & used))
    return features


def _returning(hunk: Hunk, text: str, lines: Sequence[str], below: set[str]) -> Features:
    """What is in the answer although a side took it away, or although nobody had it."""
    target, branch = set(normal_lines(hunk.target)), set(normal_lines(hunk.branch))
    came = names(text) & names(hunk.base)
    gone, known = below - (target & branch), below | target | branch
    return {
        "lines returned": log1p(sum(line in gone for line in lines)),
        "names returned": log1p(len(came - shared_names(hunk))),
        "new lines": log1p(sum(line not in known for line in lines)),
    }


def _file_features(facts: FileFacts) -> Features:
    kind = _KIND_OF.get(facts.path.rpartition(".")[2].lower(), "other")
    changed, elsewhere = map(log1p, facts.changed), map(log1p, facts.elsewhere)
    return {
        "hunks": log(max(1, facts.hunks)),
        "lock": float(bool(_LOCK.search(facts.path))),
        "test": float("test" in facts.path.lower()),
        **{f"kind {each}": float(kind == each) for each in (*_KINDS, "other")},
        **_pair("changed", *changed),
        **_pair("changed elsewhere", *elsewhere),
    }


def _word_features(hunk: Hunk) -> Features:
    base, target, branch = map(words, (hunk.base, hunk.target, hunk.branch))
    added, removed = (target - base, branch - base), (base - target, base - branch)
    sizes = (log1p(len(split_lines(side))) for side in (hunk.target, hunk.branch))
    return {
        "base lines": log1p(len(split_lines(hunk.base))),
        "no base": float(not hunk.base.strip()),
        "no target": float(not hunk.target.strip()),
        "no branch": float(not hunk.branch.strip()),
        **_pair("lines", *sizes),
        **_pair("like base", _likeness(target, base), _likeness(branch, base)),
        "alike": _likeness(target, branch),
        "target's words in branch": _share(added[0], branch),
        "branch's words in target": _share(added[1], target),
        "target's removals in branch": _share(*removed),
        "branch's removals in target": _share(removed[1], removed[0]),
        **_pair("added", *(log1p(side.total()) for side in added)),
        **_pair("removed", *(log1p(side.total()) for side in removed)),
    }


def _letter_features(hunk: Hunk) -> Features:
    base, target, branch = (side[:_COMPARED] for side in (hunk.base, hunk.target, hunk.branch))
    like = (SequenceMatcher(None, side, base).quick_ratio() for side in (target, branch))
    return {
        **_pair("letters like base", *like),
        "letters alike": SequenceMatcher(None, target, branch).quick_ratio(),
        "target white space": float(squeezed(hunk.target) == squeezed(hunk.base)),
        "branch white space": float(squeezed(hunk.branch) == squeezed(hunk.base)),
    }


def _version_features(hunk: Hunk) -> Features:
    numbers = [[int(n) for n in _NUMBER.findall(side)] for side in (hunk.target, hunk.branch)]
    same = len(numbers[0]) == len(numbers[1])
    up, down = _higher_lines(hunk.target, hunk.branch)
    ordered = _ordered(versions(hunk.target), versions(hunk.branch))
    return {
        "target is higher": float(ordered > 0),
        "branch is higher": float(ordered < 0),
        "target's higher versions": float(up),
        "branch's higher versions": float(down),
        "as many numbers": float(same),
        "higher number": float(_sign(numbers[0] > numbers[1], numbers[0] < numbers[1]) * same),
        "higher versions": float(_sign(up > down, down > up)),
        "target's rising versions": float(_rise(hunk.target, hunk.base)),
        "branch's rising versions": float(_rise(hunk.branch, hunk.base)),
    }


def _name_features(hunk: Hunk, used: frozenset[str]) -> Features:
    base, target, branch = map(names, (hunk.base, hunk.target, hunk.branch))
    new = target - base - branch, branch - base - target
    gone = (base & branch) - target, (base & target) - branch
    return {
        **_pair("new names used", *(_part(side, used) for side in new)),
        **_pair("gone names used", *(_part(side, used) for side in gone)),
    }


def _pair(name: str, target: float, branch: float) -> Features:
    return {f"target {name}": target, f"branch {name}": branch, f"{name}": target - branch}


def _apart(one: Counter[str], two: Counter[str]) -> int:
    return (one - two).total() + (two - one).total()


def _likeness(one: Counter[str], two: Counter[str]) -> float:
    return 2 * (one & two).total() / max(1, one.total() + two.total())


def _share(part: Counter[str], whole: Counter[str]) -> float:
    return (part & whole).total() / part.total() if part else 1.0


def _part(some: set[str], used: frozenset[str]) -> float:
    return len(some & used) / len(some) if some else 0.5


def _absent(side: str, below: set[str], present: set[str]) -> float:
    return log1p(len(set(normal_lines(side)) - below - present))


def _balance(text: str) -> tuple[int, ...]:
    return tuple(text.count(opening) - text.count(end) for opening, end in ("()", "[]", "{}"))


def _sign(positive: bool, negative: bool) -> int:  # noqa: FBT001
    return int(positive) - int(negative)


def _ordered(target: list[tuple[int, ...]], branch: list[tuple[int, ...]]) -> int:
    """1 or -1 where one side's versions are never the lower ones and sometimes the higher."""
    if len(target) != len(branch):
        return 0
    pairs = list(zip(target, branch, strict=True))
    up, down = any(a > b for a, b in pairs), any(a < b for a, b in pairs)
    return 0 if up and down else _sign(up, down)


def _rise(side: str, base: str) -> int:
    up, down = _higher_lines(side, base)
    return up - down


def _higher_lines(one: str, two: str) -> tuple[int, int]:
    """How many lines with versions are higher in the one, and in the other."""
    known = dict(_version_lines(one))
    pairs = [(known[mask], key) for mask, key in _version_lines(two) if mask in known]
    return sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)


def _version_lines(text: str) -> Iterator[tuple[str, list[tuple[int, ...]]]]:
    for line in text.splitlines():
        found = versions(line)
        if found:
            yield without_versions(line), found
