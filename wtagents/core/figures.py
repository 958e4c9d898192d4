"""Figures for people: ages, money, counts, and how wide a text is on a terminal."""

from __future__ import annotations

import unicodedata

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_ELLIPSIS = "…"


def text_width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(_rune_width(rune) for rune in text)


def _rune_width(rune: str) -> int:
    if unicodedata.combining(rune):
        return 0
    return 2 if unicodedata.east_asian_width(rune) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Return the text in at most `width` columns, its end replaced by an ellipsis."""
    if text_width(text) <= width:
        return text
    taken, room = [], width - 1
    for rune in text:
        room -= _rune_width(rune)
        if room < 0:
            break
        taken.append(rune)
    return "".join(taken).rstrip() + _ELLIPSIS if width > 0 else ""


def age(seconds: float | None) -> str:
    """Return a duration in its largest fitting unit: `12s`, `3m`, `4h`, `2d`; '' for None."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def ago(seconds: float | None) -> str:
    """Return `3m ago`; '' for None."""
    return f"{age(seconds)} ago" if seconds is not None else ""


def money(dollars: float) -> str:
    """Return `$0.42`; less than a cent but not nothing is `<$0.01`, nothing is ''."""
    if dollars <= 0:
        return ""
    return f"${dollars:,.2f}" if dollars >= 0.01 else "<$0.01"  # noqa: PLR2004


def count(number: int) -> str:
    """Return a large number for people: `950`, `12.3k`, `4.6M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}{unit}".replace(f".0{unit}", unit)
    return str(number)


def plural(number: int, thing: str) -> str:
    """Return `1 task`, `2 tasks`; a word that ends on a hissing sound takes `es`."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing}{'es' if thing.endswith(('s', 'sh', 'ch', 'x')) else 's'}"
