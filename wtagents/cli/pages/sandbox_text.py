"""What keeps agents inside; what holds nothing back is said loudly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Tone
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.operations.telling.status_words import sandbox_words

if TYPE_CHECKING:
    from wtagents.cli.style import Style


def sandbox_text(mode: SandboxMode, style: Style) -> str:
    """Return one line."""
    return style.paint(sandbox_words(mode), Tone.BAD if mode is SandboxMode.NONE else Tone.PLAIN)
