"""How a person reads a story: tools folded, failures whole, words found. Pure.

Folded, a tool is one line and its result none; a thought is its first line. What failed, what is
asked and what is said is always whole.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.text import Text

from wtagents.core.story import StoryLine, Voice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_STYLES = {
    Voice.USER: "bold cyan",
    Voice.AGENT: "",
    Voice.THOUGHT: "italic dim",
    Voice.TOOL: "yellow",
    Voice.RESULT: "dim",
    Voice.ERROR: "red",
    Voice.QUESTION: "bold magenta",
    Voice.AGENDA: "cyan",
    Voice.NOTE: "dim",
    Voice.END: "bold",
}
_MARKS = {
    Voice.USER: "> ",
    Voice.TOOL: "* ",
    Voice.RESULT: "  ",
    Voice.ERROR: "! ",
    Voice.QUESTION: "? ",
    Voice.AGENDA: "☐ ",
    Voice.NOTE: "- ",
    Voice.END: "= ",
}
_CHILD = "    "
_FENCE = "```"
_HEADLINE = re.compile(r"#{1,6} ")
_INLINE = re.compile(r"(?P<strong>\*\*[^*\n]+\*\*)|(?P<code>`[^`\n]+`)")
_INLINE_STYLES = {"strong": "bold", "code": "cyan"}
FOUND = "reverse"


class Folds:
    """Which tool calls are folded: all or none, except for those that were turned one by one."""

    def __init__(self) -> None:
        self.all_open = False
        self._turned: set[str] = set()

    def is_open(self, line: StoryLine) -> bool:
        """Whether a line is shown whole."""
        return self.all_open != (line.call in self._turned and bool(line.call))

    def turn(self, call: str) -> None:
        """Fold one call, or unfold it."""
        self._turned ^= {call}

    def turn_all(self) -> bool:
        """Unfold everything, or fold it again; whether it is open now."""
        self.all_open = not self.all_open
        self._turned.clear()
        return self.all_open


def shown(line: StoryLine, folds: Folds, words: str = "") -> Text | None:
    """Return a line as it is read, the words that are searched for marked; None where folded."""
    is_open = folds.is_open(line)
    if line.voice is Voice.RESULT and not is_open:
        return None
    folded = not is_open and line.voice in (Voice.TOOL, Voice.THOUGHT)
    said = line.text.strip("\n")
    if folded and line.voice is Voice.THOUGHT:
        said = said.partition("\n")[0]
    whole = is_open or line.voice is Voice.ERROR
    text = _spoken(line, (line.whole or said) if whole else said)
    if folded:
        text.no_wrap, text.overflow = True, "ellipsis"
    if words:
        text.highlight_regex(re.compile(re.escape(words), re.IGNORECASE), FOUND)
    return text


def found_in(lines: Sequence[StoryLine], words: str) -> Iterator[int]:
    """Return the places of the lines that hold the words, whatever their case."""
    wanted = words.casefold()
    for place, line in enumerate(lines):
        if wanted in line.text.casefold() or (line.whole and wanted in line.whole.casefold()):
            yield place


def _spoken(line: StoryLine, said: str) -> Text:
    """Return the words behind their mark; nothing in them is read as markup of the terminal."""
    lead = f"{_CHILD if line.child else ''}{_MARKS.get(line.voice, '')}"
    if line.voice is Voice.AGENT:
        return Text.assemble(lead, formatted(said))
    text = Text(f"{lead}{said}")
    text.stylize(_STYLES[line.voice])  # a style of the whole text is lost when it is wrapped
    return text


def formatted(said: str) -> Text:
    """Give Markdown its looks and leave every character where it is, for copying."""
    text, fenced = Text(), False
    for number, line in enumerate(said.split("\n")):
        if number:
            text.append("\n")
        if line.lstrip().startswith(_FENCE):
            fenced = not fenced
            text.append(line, "dim")
        elif fenced:
            text.append(line, "cyan")
        else:
            text.append_text(_formatted_line(line))
    return text


def _formatted_line(line: str) -> Text:
    text = Text(line, style="bold" if _HEADLINE.match(line) else "")
    for found in _INLINE.finditer(line):
        text.stylize(_INLINE_STYLES[found.lastgroup or ""], *found.span())
    return text
