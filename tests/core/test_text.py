"""Whatever a stranger writes, nothing but plain characters reaches a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtagents.core.text import printable, printable_lines

HOSTILE = {
    "\x1b[31mred\x1b[0m": "red",
    "\x1b[2J\x1b[Hcleared": "cleared",
    "\x1b]0;title\x07text": "text",
    "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\": "link",
    "\x1b]52;c;cGFzdGU=\x07copied": "copied",
    "\x1bP1$r0m\x1b\\dcs": "dcs",
    "\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\left": "left",
    "\x9b31mC1\x9d0;t\x9cend": "C1end",
    "\x1bcreset": "reset",
    "\x1b(0charset": "charset",
    "\x1b]0;without an end": "0;without an end",
    "cut off \x1b": "cut off",
    "cut off \x1b[": "cut off",
    "over\rwritten": "over written",
    "back\x08\x08space": "backspace",
    "bell\x07 nul\x00 del\x7f": "bell nul del",
    "\u202eesrever\u202c": "esrever",
    "\u2066isolate\u2069": "isolate",
    "zero\u200bwidth\ufeff": "zerowidth",
    "hidden \U000e0041\U000e0042tags": "hidden tags",
    "lone \ud800 surrogate": "lone surrogate",
    "lines\nand\ttabs\u2028and\u2029more": "lines and tabs and more",
    "  many    spaces ": "many spaces",
    "family 👩\u200d👧 ok": "family 👩\u200d👧 ok",
    "naïve Grüße 日本": "naïve Grüße 日本",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_becomes_plain(text: str) -> None:
    assert printable(text) == HOSTILE[text]


@given(st.text() | st.text(alphabet="\x1b[]0;m\x07\x9bP\\a \n"))
def test_no_control_or_format_character_is_left(text: str) -> None:
    for line in (printable(text), *printable_lines(text)):
        assert {unicodedata.category(character) for character in line} & {
            *("Cc", "Cs", "Zl", "Zp")
        } == set()
        assert all(c in "\u200c\u200d" for c in line if unicodedata.category(c) == "Cf")


@given(st.text(), st.integers(1, 50))
def test_a_limit_holds(text: str, limit: int) -> None:
    short = printable(text, limit)
    assert len(short) <= limit
    assert short == printable(text) or short.endswith("…")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"])))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert printable(text) == text


def test_lines_keep_their_indentation() -> None:
    assert printable_lines("def f():\n\treturn 1  \r\n\x1b[1mend") == [
        "def f():",
        "    return 1",
        "end",
    ]
