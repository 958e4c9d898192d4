"""What the Python of one snapshot changes for others and uses of theirs, and who does not fit.

Git merges a branch that removes a function with one that begins to call it, without a word.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations
from typing import TYPE_CHECKING, Any

from wtagents.core.record import record, values_of
from wtagents.core.watching.python_symbols import (
    SymbolChange,
    SymbolUse,
    is_module,
    symbol_changes,
    symbol_uses,
)
from wtagents.core.watching.radar import Misfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wtagents.core.ids import Oid
    from wtagents.git.objects import Library

_MOST_FILES = 200
"""Changed files of one snapshot that are read; a formatter over everything changes thousands."""
_LARGEST = 200_000
_REGULAR = (0o100644, 0o100755)
_MOST_MISFITS = 50


@record
class PythonFacts:
    """What one snapshot does to functions, each with the file."""

    changes: tuple[tuple[str, SymbolChange], ...] = ()
    uses: tuple[tuple[str, SymbolUse], ...] = ()

    @property
    def plain(self) -> list[Any]:
        """As JSON."""
        return [
            [[path, *values_of(each).values()] for path, each in facts]
            for facts in (self.changes, self.uses)
        ]

    @classmethod
    def parse(cls, plain: Any) -> PythonFacts:
        """Read back `plain`."""
        changes, uses = plain
        return cls(
            changes=tuple(
                (path, SymbolChange(name=name, was=was, now=now))
                for path, name, was, now in changes
            ),
            uses=tuple(
                (path, SymbolUse(module=module, name=name, line=line, is_call=is_call))
                for path, module, name, line, is_call in uses
            ),
        )


def observe_python(library: Library, old: Oid, new: Oid, paths: Iterable[str]) -> PythonFacts:
    """Compare the Python files that differ between two trees."""
    changes: list[tuple[str, SymbolChange]] = []
    uses: list[tuple[str, SymbolUse]] = []
    for path in sorted(each for each in paths if each.endswith(".py"))[:_MOST_FILES]:
        before, after = (_text(library, tree, path) for tree in (old, new))
        if before is not None and after is not None:
            changes += [(path, each) for each in symbol_changes(before, after)]
            uses += [(path, each) for each in symbol_uses(before, after, path)]
    return PythonFacts(changes=tuple(changes), uses=tuple(uses))


def _text(library: Library, tree: Oid, path: str) -> str | None:
    """Return a file, '' where there is none, None for what is no text of a usual size."""
    entry = library.entry(tree, path)
    if entry is None:
        return ""
    mode, oid = entry
    if mode not in _REGULAR or library.size(oid) > _LARGEST:
        return None
    try:
        return library.blob(oid).decode()
    except UnicodeDecodeError:
        return None


def find_misfits(
    facts: Mapping[int, PythonFacts],
) -> dict[tuple[int, int], tuple[Misfit, ...]]:
    """Return for each pair that does not fit what one side changes and the other begins to use.

    A side that changes a function itself knows about it.
    """
    users: dict[str, set[int]] = defaultdict(set)
    for key, each in facts.items():
        for _, use in each.uses:
            users[use.name].add(key)
    found: dict[tuple[int, int], list[Misfit]] = defaultdict(list)
    for changer, user in permutations(sorted(facts), 2):
        if any(user in users[change.name] for _, change in facts[changer].changes):
            misfits = misfits_between(facts[changer], facts[user], by_other=changer > user)
            found[min(changer, user), max(changer, user)] += misfits
    return {pair: tuple(misfits[:_MOST_MISFITS]) for pair, misfits in found.items() if misfits}


def misfits_between(
    changer: PythonFacts, user: PythonFacts, *, by_other: bool
) -> tuple[Misfit, ...]:
    """Return what one side changes and the other, which does not change it itself, uses."""
    known = {(path, change.name) for path, change in user.changes}
    found = [
        misfit
        for path, change in changer.changes
        if (path, change.name) not in known
        for misfit in _misfits(path, change, user, by_other=by_other)
    ]
    return tuple(found[:_MOST_MISFITS])


def _misfits(path: str, change: SymbolChange, user: PythonFacts, *, by_other: bool) -> list[Misfit]:
    """Say one change once for each file that uses it, at the first line that does."""
    seen: dict[str, Misfit] = {}
    for used_in, use in user.uses:
        matters = use.name == change.name and (use.is_call or not change.now)
        if matters and used_in not in seen and is_module(use.module, path):
            seen[used_in] = Misfit(
                name=change.name,
                path=path,
                was=change.was,
                now=change.now,
                used_in=used_in,
                line=use.line,
                by_other=by_other,
            )
    return list(seen.values())
