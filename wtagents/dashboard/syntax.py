"""Source text in tones: keywords, strings, numbers, names. Pure, but for the lexers it loads."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, String
from pygments.util import ClassNotFound

from wtagents.dashboard.grid import Cell, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pygments.lexer import Lexer
    from pygments.token import _TokenType

_TONES = (
    (Comment, Tone.FAINT),
    (Keyword, Tone.KEYWORD),
    (String, Tone.STRING),
    (Number, Tone.NUMBER),
    (Name.Function, Tone.NAME),
    (Name.Class, Tone.NAME),
    (Name.Tag, Tone.NAME),
)


def highlighted(path: str, lines: Sequence[str]) -> list[Cell]:
    """Return each line in its tones; lines of one piece of a file are read together."""
    lexer = _lexer(path)
    if lexer is None:
        return [Cell(parts=((line, Tone.PLAIN),)) for line in lines]
    rows: list[list[tuple[str, Tone]]] = [[]]
    for token, text in lexer.get_tokens("\n".join(lines)):
        tone = _tone(token)
        first, *others = text.split("\n")
        rows[-1].append((first, tone))
        rows += [[(other, tone)] for other in others]
    cells = [Cell(parts=tuple((text, tone) for text, tone in row if text)) for row in rows]
    return cells[: len(lines)] + [Cell(parts=())] * (len(lines) - len(cells))


def _tone(token: _TokenType) -> Tone:
    return next((tone for kind, tone in _TONES if token in kind), Tone.PLAIN)


@lru_cache(maxsize=64)
def _lexer(path: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
