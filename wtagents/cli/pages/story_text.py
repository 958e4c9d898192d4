"""One line of an agent's story as text: who speaks is the sign at its beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Tone
from wtagents.core.story import Voice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.core.story import StoryLine

SIGNS = {
    Voice.USER: (">", Tone.ACCENT),
    Voice.AGENT: ("", Tone.PLAIN),
    Voice.THOUGHT: ("~", Tone.FAINT),
    Voice.TOOL: ("*", Tone.STRONG),
    Voice.RESULT: ("  ", Tone.FAINT),
    Voice.ERROR: ("!", Tone.BAD),
    Voice.QUESTION: ("?", Tone.NOTICE),
    Voice.AGENDA: ("☐", Tone.ACCENT),
    Voice.NOTE: ("-", Tone.FAINT),
    Voice.END: ("=", Tone.STRONG),
}


def story_text(line: StoryLine, style: Style) -> Iterator[str]:
    """Lay out one line of the story; its texts are printable already."""
    sign, tone = SIGNS[line.voice]
    indent = "    " if line.child else ""
    for text in line.text.strip("\n").split("\n"):
        yield style.paint(f"{indent}{sign}{' ' if sign else ''}{text}".rstrip(), tone)
