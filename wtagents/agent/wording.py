"""The words with which wta itself speaks to an agent: `prompts/*.md`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "prompts"


def words_file(name: str) -> Path:
    """Return the file of a prompt of ours, named without its ending."""
    return _FOLDER / f"{name}.md"


@cache
def load_words(name: str) -> str:
    """Return a prompt of ours."""
    return words_file(name).read_text(encoding="utf-8").strip()
