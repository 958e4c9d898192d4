"""What the radar saw, as JSON: for its cache and for the rows of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wtagents.core.record import field_names, values_of
from wtagents.core.watching.radar import Misfit, Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterable


def plain_places(places: Iterable[Place]) -> list[Any]:
    """Return places as lists."""
    return [
        [each.path, each.kind, _plain_spans(each.lines), _plain_spans(each.other_lines)]
        for each in places
    ]


def parse_places(plain: Iterable[Any]) -> tuple[Place, ...]:
    """Read back `plain_places`. Raises ValueError for anything else."""
    return tuple(
        Place(path=path, kind=kind, lines=_spans(lines), other_lines=_spans(others))
        for path, kind, lines, others in plain
    )


def plain_misfits(misfits: Iterable[Misfit]) -> list[Any]:
    """Return misfits as lists."""
    return [list(values_of(each).values()) for each in misfits]


def parse_misfits(plain: Iterable[Any]) -> tuple[Misfit, ...]:
    """Read back `plain_misfits`. Raises ValueError for anything else."""
    names = field_names(Misfit)
    return tuple(Misfit(**dict(zip(names, values, strict=True))) for values in plain)


def _plain_spans(spans: Iterable[Span]) -> list[list[int]]:
    return [[span.first, span.last] for span in spans]


def _spans(plain: Iterable[Any]) -> tuple[Span, ...]:
    return tuple(Span(first=int(first), last=int(last)) for first, last in plain)
