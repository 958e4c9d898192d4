"""Which snapshots clash, with whom and where: each with its target, and each pair with each other.

What was merged once is remembered by its commits, so after one edit one snapshot is merged into
the target and with the few others that touch the same paths; three git processes in all. Paths of
strangers are texts here that nothing is done with.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, Self

from wtagents.core.ids import Oid
from wtagents.core.landing.diff3 import disputed_lines
from wtagents.core.record import record
from wtagents.core.watching.radar import Place, Span
from wtagents.core.watching.radar_json import (
    parse_misfits,
    parse_places,
    plain_misfits,
    plain_places,
)
from wtagents.git.merging.conflicts import Conflict, ConflictKind, classify
from wtagents.git.merging.overlap import changes_between, merge_all, sorted_out
from wtagents.git.merging.predict import attribute_files, merge_room
from wtagents.git.merging.python_facts import (
    PythonFacts,
    find_misfits,
    misfits_between,
    observe_python,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wtagents.core.watching.radar import Misfit
    from wtagents.git.hub import Hub
    from wtagents.git.merging.overlap import Changes, Tried
    from wtagents.git.objects import Library
    from wtagents.git.repo import Repository

_LINED = (ConflictKind.CONTENT, ConflictKind.BOTH_ADDED)
_LABEL = re.compile(r"~[0-9a-f]{40}(?:_\d+)?(?=/|$)")
"""What git appends to the name of a file that it moves aside."""
_MOST_PLACES = 200
"""Places of one clash that are told; a formatter over everything has thousands."""


@record
class Side:
    """One snapshot beside its target."""

    tip: Oid
    on_target: Oid | None
    """A child of the target with the merged tree; None when that merge conflicts."""
    changes: Changes
    """What it does to the target's files."""
    places: tuple[Place, ...]
    """Where it clashes with the target."""
    python: PythonFacts
    """What its Python changes and uses."""
    misfits: tuple[Misfit, ...]
    """What it uses and the target has changed meanwhile."""


@record
class Matrix:
    """Who clashes with whom."""

    sides: Mapping[int, Side]
    pairs: Mapping[tuple[int, int], tuple[Place, ...]]
    """Only pairs that clash; the smaller key first."""
    misfits: Mapping[tuple[int, int], tuple[Misfit, ...]]
    """Only pairs where one side uses what the other one changes; the smaller key first."""


class Memory:
    """What was merged before, by the names of what was merged.

    What one look does not ask for is forgotten when it is saved.
    """

    def __init__(self, plain: Any = None) -> None:
        self._old: dict[str, Any] = plain if isinstance(plain, dict) else {}
        self._used: dict[str, Any] = {}

    @property
    def plain(self) -> dict[str, Any]:
        """What is worth keeping, as JSON."""
        return self._used

    def find(self, *key: str) -> Any:
        """Return what is known under a key, or None."""
        name = " ".join(key)
        found = self._used.get(name, self._old.get(name))
        if found is not None:
            self._used[name] = found
        return found

    def keep(self, value: Any, *key: str) -> Any:
        """Remember a value under a key, and return it."""
        self._used[" ".join(key)] = value
        return value


def observe_clashes(hub: Hub, tips: Mapping[int, Oid], target: Oid, memory: Memory) -> Matrix:
    """Merge each snapshot into the target, and those that come near each other with each other.

    All are commits that the store of `hub` holds or borrows; nothing but objects of it is written.
    """
    with _Workshop(hub, target, memory) as workshop:
        sides = _sides(workshop, tips, memory)
        near = {
            (one, two): _ends(sides[one], sides[two])
            for one, two in combinations(sorted(sides), 2)
            if sides[one].tip != sides[two].tip and sides[one].changes.near(sides[two].changes)
        }
        _merge_pairs(workshop, list(dict.fromkeys(near.values())), memory)
    pairs = {}
    for (one, two), ends in near.items():
        places = parse_places(memory.find("pair", *ends))
        if sides[one].on_target is None or sides[two].on_target is None:
            places = _own(places, sides[one].changes, sides[two].changes)
        if places:
            pairs[one, two] = places
    misfits = find_misfits({key: side.python for key, side in sides.items()})
    return Matrix(sides=sides, pairs=pairs, misfits=misfits)


class _Workshop:
    """The place of the merges into one target, made when the first one is needed."""

    def __init__(self, hub: Hub, target: Oid, memory: Memory) -> None:
        self.hub = hub
        self.target = target
        self._memory = memory
        self._attributes = memory.find("attributes", target)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @cached_property
    def library(self) -> Library:
        """The objects."""
        return self._open.enter_context(self.hub.library())

    @cached_property
    def room(self) -> Repository:
        """The throwaway repository."""
        if self._attributes is None:
            found = attribute_files(self.hub, self.target)
            self._attributes = self._memory.keep(found, "attributes", self.target)
        known = [(path, Oid(oid)) for path, oid in self._attributes]
        return self._open.enter_context(
            merge_room(self.hub, self.library, self.target, attributes=known)
        )

    def merge(self, pairs: Sequence[tuple[Oid, Oid]]) -> list[Tried]:
        """Merge pairs of commits."""
        return merge_all(self.room, pairs) if pairs else []

    def places(self, tried: Tried) -> tuple[Place, ...]:
        """Return where a merge conflicts, in the lines of both sides."""
        stages = {path: dict(found) for path, found in tried.stages.items()}
        conflicts = classify(stages, tried.remarks, self.library)[:_MOST_PLACES]
        return tuple(_place(self.library, each) for each in conflicts)


def _sides(workshop: _Workshop, tips: Mapping[int, Oid], memory: Memory) -> dict[int, Side]:
    target, wanted = workshop.target, dict.fromkeys(tips.values())
    fresh = [tip for tip in wanted if memory.find("side", tip, target) is None]
    merged = workshop.merge([(target, tip) for tip in fresh])
    ends = []
    for tip, tried in zip(fresh, merged, strict=True):
        base = None if tried.is_clean else _merge_base(workshop.hub.repo, target, tip)
        tree = tried.tree if tried.is_clean else workshop.library.commit(tip).tree
        ends.append((workshop.library.commit(base or target).tree, tree))
    listed = changes_between(workshop.hub.repo, ends)
    for tip, tried, changes, (old, new) in zip(fresh, merged, listed, ends, strict=True):
        on_target = workshop.library.write_synthetic(tried.tree, target) if tried.is_clean else ""
        places = plain_places(workshop.places(tried))
        python = observe_python(workshop.library, old, new, changes.paths)
        misfits = plain_misfits(_drifted(workshop, tip, python, memory))
        plain = [on_target, changes.listed, places, python.plain, misfits]
        memory.keep(plain, "side", tip, target)
    return {key: _side(tip, memory.find("side", tip, target)) for key, tip in tips.items()}


def _side(tip: Oid, plain: Any) -> Side:
    on_target, listed, places, python, misfits = plain
    return Side(
        tip=tip,
        on_target=Oid(on_target) if on_target else None,
        changes=sorted_out((status, path) for status, path in listed),
        places=parse_places(places),
        python=PythonFacts.parse(python),
        misfits=parse_misfits(misfits),
    )


def _drifted(
    workshop: _Workshop, tip: Oid, python: PythonFacts, memory: Memory
) -> tuple[Misfit, ...]:
    """Return what a snapshot begins to use and the target has changed since the two parted."""
    target, repo, library = workshop.target, workshop.hub.repo, workshop.library
    base = _merge_base(repo, target, tip) if python.uses else None
    if base is None or base == target:
        return ()
    plain = memory.find("drift", base, target)
    if plain is None:
        old, new = library.commit(base).tree, library.commit(target).tree
        [changes] = changes_between(repo, [(old, new)])
        plain = observe_python(library, old, new, changes.paths).plain
        memory.keep(plain, "drift", base, target)
    return misfits_between(PythonFacts.parse(plain), python, by_other=True)


def _merge_base(repo: Repository, target: Oid, tip: Oid) -> Oid | None:
    said = repo.read("merge-base", target, tip, ok=(0, 1)).text
    return Oid(said) if said else None


def _ends(one: Side, two: Side) -> tuple[Oid, Oid]:
    if one.on_target is None or two.on_target is None:
        return one.tip, two.tip
    return one.on_target, two.on_target


def _merge_pairs(workshop: _Workshop, pairs: Sequence[tuple[Oid, Oid]], memory: Memory) -> None:
    fresh = [pair for pair in pairs if memory.find("pair", *pair) is None]
    for pair, tried in zip(fresh, workshop.merge(fresh), strict=True):
        memory.keep(plain_places(workshop.places(tried)), "pair", *pair)


def _own(places: tuple[Place, ...], one: Changes, two: Changes) -> tuple[Place, ...]:
    """Leave out what one side clashes about with the target, which the other side has taken in."""
    return tuple(
        place for place in places if (place.path in one.paths) == (place.path in two.paths)
    )


def _place(library: Library, conflict: Conflict) -> Place:
    lines: tuple[tuple[range, range], ...] = ()
    if conflict.kind in _LINED and conflict.is_resolvable:
        base, target, branch = (
            "" if blob is None else library.blob(blob.oid).decode()
            for blob in (conflict.base, conflict.target, conflict.branch)
        )
        lines = disputed_lines(base, target, branch)
    return Place(
        path=_LABEL.sub("", conflict.path),
        kind=conflict.kind.value,
        lines=tuple(_span(first) for first, _ in lines),
        other_lines=tuple(_span(second) for _, second in lines),
    )


def _span(lines: range) -> Span:
    return Span(first=lines.start, last=lines.stop - 1)
