"""The words with which wta itself speaks to an agent: `prompts/*.md`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "prompts"


@cache
def load_words(name: str) -> str:
    """Return a prompt of ours: `commit`, `continue` or `resolve`."""
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8").strip()
