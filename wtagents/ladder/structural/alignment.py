"""Which units of three lists are the same, and where the lists differ."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.landing.lockstep import in_step
from wtagents.core.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.ladder.structural.unit import Unit

Units: TypeAlias = "tuple[Unit, ...]"


@record
class Step:
    """One unit that all three lists have at the same place."""

    base: Unit
    target: Unit
    branch: Unit


@record
class Stretch:
    """Where the lists differ, between two steps."""

    base: Units
    target: Units
    branch: Units


def align(base: Units, target: Units, branch: Units) -> Iterator[Step | Stretch]:
    """Yield the lists side by side, in their order; no key occurs twice in one of them."""
    sides = (base, target, branch)
    at = (0, 0, 0)
    for begin, length in in_step(*([unit.key for unit in side] for side in sides), autojunk=False):
        gaps = [side[start:end] for side, start, end in zip(sides, at, begin, strict=True)]
        if any(gaps):
            yield Stretch(base=gaps[0], target=gaps[1], branch=gaps[2])
        for i in range(length):
            b, t, r = (side[start + i] for side, start in zip(sides, begin, strict=True))
            yield Step(base=b, target=t, branch=r)
        at = (begin[0] + length, begin[1] + length, begin[2] + length)


def told_apart(*sides: Units) -> list[Units]:
    """A name that occurs twice in one list names nothing: such units are known by their text."""
    unclear = {
        key
        for side in sides
        for key, times in Counter(unit.key for unit in side).items()
        if times > 1
    }
    return [_by_text(side, unclear) for side in sides] if unclear else list(sides)


def _by_text(side: Units, unclear: set[str]) -> Units:
    seen: Counter[str] = Counter()
    told: list[Unit] = []
    for unit in side:
        if unit.key in unclear:
            key = f"{unit.key} {unit.whole}"
            seen[key] += 1
            told.append(replace(unit, key=f"{key} {seen[key]}"))
        else:
            told.append(unit)
    return tuple(told)


def heirs_of(base: Units, side: Units) -> dict[str, str]:
    """Return what stands for units that a side has no longer: a new one of that name or place."""
    there, before = {unit.key for unit in side}, {unit.key for unit in base}
    new = [unit.key for unit in side if unit.key not in before]
    heirs: dict[str, str] = {}
    for key in (unit.key for unit in base if unit.key not in there):
        stem = _stem(key)
        heir = next((one for one in new if _stem(one) == stem), None)
        if heir is not None:
            heirs[key] = heir
            new.remove(heir)
    rest = [unit.key for unit in base if unit.key not in there and unit.key not in heirs]
    return heirs | dict(zip(rest, new, strict=True)) if len(rest) == len(new) else heirs


def _stem(key: str) -> str:
    """Return role, kind and name, without the parameters."""
    return " ".join(key.partition("(")[0].split()[:3])
