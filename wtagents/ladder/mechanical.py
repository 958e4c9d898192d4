"""The answers that a hunk has without any choice: each a function of its three texts."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import Hunk, split_lines
from wtagents.ladder.weave import EXACT_LIMIT, weave
from wtagents.ladder.words import VERSION, names, squeezed, tokens, version_key, without_versions

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN_LIMIT = 18_000
"""Characters of a hunk, all sides together, beyond which nobody weaves tokens."""
LINE_LIMIT = 200_000
"""The same for lines."""

_IMPORT = re.compile(
    r"\s*(?:(?:import|from|use|pub use|#include|export|require|const \S+ = require)\b.*"
    r"|\"[\w./@-]+\"|[\w{}, *.:]+,?)\s*\Z"
)
_LAST_NAME = re.compile(r"[A-Za-z_]\w+")


def whitespace(hunk: Hunk) -> str | None:
    """Who changed more than white space wins over who did not."""
    base, target, branch = map(squeezed, (hunk.base, hunk.target, hunk.branch))
    if branch in (base, target):
        return hunk.target
    return hunk.branch if target == base else None


def version(hunk: Hunk) -> str | None:
    """Where the sides differ by dotted versions only, the side that is never the lower one."""
    target, branch = split_lines(hunk.target), split_lines(hunk.branch)
    return _higher(target, branch)


def woven_lines(hunk: Hunk) -> str | None:
    """Changes of neighbouring lines, both made."""
    return _woven(hunk, None)


def woven_tokens(hunk: Hunk) -> str | None:
    """Changes of different words, a kept word between them."""
    return _tokens_of(hunk.base, hunk.target, hunk.branch, touching=False)


def touching_tokens(hunk: Hunk) -> str | None:
    """Changes of different words, which may be neighbours."""
    return _tokens_of(hunk.base, hunk.target, hunk.branch, touching=True)


def woven(hunk: Hunk) -> str | None:
    """By lines, and by tokens where both changed the same lines."""
    return _woven(hunk, _by_tokens)


def woven_versions(hunk: Hunk) -> str | None:
    """By lines; where both changed the same ones the higher version, else by tokens."""
    return _woven(hunk, _by_versions)


def woven_insertions(hunk: Hunk) -> str | None:
    """As `woven_versions`, and two insertions at one place both stay, the target's first."""
    return _woven(hunk, _by_insertions)


def target_then_branch(hunk: Hunk) -> str | None:
    """All of both sides."""
    return hunk.target + hunk.branch if _ends(hunk.target) else None


def branch_then_target(hunk: Hunk) -> str | None:
    """All of both sides, the branch's first."""
    return hunk.branch + hunk.target if _ends(hunk.branch) else None


def union(hunk: Hunk) -> str | None:
    """Lines of both sides, common ones once, without base lines that a side took away."""
    return _woven(hunk, _united)


def union_branch_first(hunk: Hunk) -> str | None:
    """As `union`, with the branch's lines first."""
    return _woven(hunk, lambda base, target, branch: _united(base, branch, target))


def sorted_union(hunk: Hunk) -> str | None:
    """Lines of both sides in order, where each side has its own in order."""
    base, target, branch = map(split_lines, (hunk.base, hunk.target, hunk.branch))
    both = [*target, *branch]
    if len(both) < 3 or not all(line.strip() and line.endswith("\n") for line in both):  # noqa: PLR2004
        return None
    for key in (_sort_key, _sort_key_without_case):
        if target == sorted(target, key=key) and branch == sorted(branch, key=key):
            gone = set(base) - (set(target) & set(branch))
            kept = [line for line in dict.fromkeys(both) if line not in gone]
            return "".join(sorted(kept, key=key))
    return None


def used_imports(hunk: Hunk, used: set[str]) -> str | None:
    """Import lines of both sides whose last name the rest of the file uses."""
    lines = [line for line in split_lines(hunk.target + hunk.branch) if line.strip()]
    if not lines or not all(_IMPORT.match(line) for line in lines):
        return None
    text = union(hunk)
    if text is None:
        return None
    kept = (line for line in split_lines(text) if not line.strip() or _last_name(line) in used)
    return "".join(kept)


MECHANICAL: dict[str, Callable[[Hunk], str | None]] = {
    "target": lambda hunk: hunk.target,
    "branch": lambda hunk: hunk.branch,
    "white space": whitespace,
    "version": version,
    "lines": woven_lines,
    "tokens": woven_tokens,
    "touching tokens": touching_tokens,
    "woven": woven,
    "woven, higher version": woven_versions,
    "woven, both insertions": woven_insertions,
    "sorted union": sorted_union,
    "union": union,
    "union, branch first": union_branch_first,
    "target, then branch": target_then_branch,
    "branch, then target": branch_then_target,
}
"""In the order in which equal answers are called."""


def _size(hunk: Hunk) -> int:
    return len(hunk.base) + len(hunk.target) + len(hunk.branch)


def _tokens_of(base: str, target: str, branch: str, *, touching: bool) -> str | None:
    if len(base) + len(target) + len(branch) > TOKEN_LIMIT:
        return None
    made = weave(tokens(base), tokens(target), tokens(branch), touching=touching)
    return None if made is None else "".join(made)


def _woven(
    hunk: Hunk, clash: Callable[[list[str], list[str], list[str]], list[str] | None] | None
) -> str | None:
    if _size(hunk) > LINE_LIMIT:
        return None
    sides = map(split_lines, (hunk.base, hunk.target, hunk.branch))
    made = weave(*sides, touching=True, clash=clash)
    if made is None or not all(map(_ends, made[:-1])):
        return None
    return "".join(made)


def _ends(text: str) -> bool:
    """Whether another line may follow."""
    return not text or text.endswith("\n")


def _by_tokens(base: list[str], target: list[str], branch: list[str]) -> list[str] | None:
    made = _tokens_of("".join(base), "".join(target), "".join(branch), touching=False)
    return None if made is None else [made]


def _by_versions(base: list[str], target: list[str], branch: list[str]) -> list[str] | None:
    higher = _higher(target, branch)
    return _by_tokens(base, target, branch) if higher is None else [higher]


def _by_insertions(base: list[str], target: list[str], branch: list[str]) -> list[str] | None:
    made = _by_versions(base, target, branch)
    if made is None and not base:
        there = set(target)
        return [*target, *(line for line in branch if line not in there)]
    return made


def _united(base: list[str], one: list[str], two: list[str]) -> list[str]:
    matcher = SequenceMatcher(None, one, two, autojunk=len(two) > EXACT_LIMIT)
    lines: list[str] = []
    for kind, start, end, first, last in matcher.get_opcodes():
        lines += one[start:end]
        if kind != "equal":
            lines += two[first:last]
    gone = set(base)
    return [line for line in lines if line not in gone]


def _higher(target: list[str], branch: list[str]) -> str | None:
    """The lines with the higher versions; None unless one side has them all."""
    if not target or len(target) != len(branch):
        return None
    up = down = False
    for one, two in zip(target, branch, strict=True):
        if one == two:
            continue
        if without_versions(one) != without_versions(two):
            return None
        for first, second in zip(VERSION.findall(one), VERSION.findall(two), strict=True):
            up |= version_key(first) > version_key(second)
            down |= version_key(first) < version_key(second)
    if up == down:
        return None
    return "".join(target if up else branch)


def _sort_key(line: str) -> str:
    return line.strip().rstrip(",;")


def _sort_key_without_case(line: str) -> str:
    return _sort_key(line).lower()


def _last_name(line: str) -> str:
    found = _LAST_NAME.findall(line)
    return found[-1] if found else ""


def shared_names(hunk: Hunk) -> set[str]:
    """Return the names that stand on both sides."""
    return names(hunk.target) & names(hunk.branch)
