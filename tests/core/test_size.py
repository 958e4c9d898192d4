"""Amounts of bytes as a person reads them."""

from __future__ import annotations

import pytest

from wtagents.core.size import size_text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KB"),
        (4_096, "4.1 KB"),
        (99_940, "99.9 KB"),
        (123_456, "123 KB"),
        (999_499, "999 KB"),
        (999_500, "1 MB"),
        (49_000_000, "49 MB"),
        (2_000_000_000, "2 GB"),
        (83_900_000_000, "83.9 GB"),
        (999_999_999_999, "1 TB"),
        (12_345_000_000_000_000, "12345 TB"),
    ],
)
def test_an_amount_of_bytes_in_words(count: int, text: str) -> None:
    assert size_text(count) == text
