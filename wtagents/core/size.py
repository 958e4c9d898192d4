"""Amounts of bytes in words, in powers of 1000 as the settings have them."""

from __future__ import annotations

_STEP = 1000.0
_UNITS = ("KB", "MB", "GB")
_COARSE = 100
"""From here on a decimal says nothing more."""


def size_text(count: int) -> str:
    """Return an amount of bytes for a person: 0 B, 4.1 KB, 52 MB, 1.9 TB."""
    if count < _STEP:
        return f"{count} B"
    value, unit = count / _STEP, "TB"
    for each in _UNITS:
        # what would be rounded to 1000 belongs to the next unit
        if value < _STEP - 0.5:
            unit = each
            break
        value /= _STEP
    digits = f"{value:.0f}" if value >= _COARSE else f"{value:.1f}".removesuffix(".0")
    return f"{digits} {unit}"
