"""Pictures of the application, compared with those that a person has looked at.

A picture is the SVG that the application draws of itself. What differs is told as text; where the
text is the same, in which lines the colours differ.
"""

from __future__ import annotations

import difflib
import os
import re
import time
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.widgets import Input, TextArea

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

PICTURES = Path(__file__).parent.parent / "dashboard" / "pictures"
TAKE_VARIABLE = "WTA_TEST_PICTURES"
"""With `new` every picture is taken anew instead of compared."""
_DEADLINE = 30.0
_AFTER_ONE_IS_WRONG = 2.0
"""Seconds for each further picture: what is wrong is to be told before the test times out."""
_SETTLED = 0.25
"""Seconds without a change after which a new picture is taken."""
_PAUSE = 0.02
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_UNIQUE = re.compile(r"\bterminal-\d+-")
_RULE = re.compile(r"\.(terminal-r\d+) \{ ([^}]*) \}")
_PIECE = re.compile(r'<text class="(terminal-r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>')
_GROUND = re.compile(r'<rect fill="([^"]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"')
_COLUMN, _LINE = 12.2, 24.4
"""Size of a character in the SVG."""


class Album:
    """Takes pictures; `close` tells which are not as they were."""

    def __init__(self, folder: Path, *, anew: bool) -> None:
        """`folder` is where a picture is left that is not as it was."""
        self._folder = folder
        self._anew = anew
        self._wrong: list[str] = []

    async def take(self, pilot: Pilot[Any], name: str) -> None:
        """Compare what the application shows; it may take some time until it shows it."""
        for field in pilot.app.screen.query("*"):
            if isinstance(field, Input | TextArea):
                field.cursor_blink = False
        kept = PICTURES / f"{name}.svg"
        if self._anew:
            PICTURES.mkdir(exist_ok=True)
            kept.write_text(await _settled(pilot), encoding="utf-8")
            return
        wanted = kept.read_text(encoding="utf-8") if kept.exists() else ""
        patience = _AFTER_ONE_IS_WRONG if self._wrong else _DEADLINE
        end = time.monotonic() + (patience if wanted else 0)
        while (now := picture_of(pilot.app)) != wanted and time.monotonic() < end:
            await pilot.pause(_PAUSE)
        if now != wanted:
            found = self._folder / f"{name}.svg"
            found.write_text(now, encoding="utf-8")
            self._wrong.append(f"{name}, now {found}\n{difference(wanted, now)}")

    def close(self) -> None:
        """Fail with everything that differs."""
        update = f"{TAKE_VARIABLE}=new scripts/test tests/dashboard/test_look.py"
        told = "\n\n".join(self._wrong)
        assert not self._wrong, f"{told}\n\nif this is meant: {update}, then look at the pictures"


def wants_new_pictures() -> bool:
    """Whether the person who runs the tests asked for other pictures."""
    return os.environ.get(TAKE_VARIABLE) == "new"


def picture_of(app: App[Any]) -> str:
    """Return the SVG of what is shown, without what differs from one time to the next."""
    svg = _FONTS.sub("", app.export_screenshot(title="wta dashboard"))
    return _UNIQUE.sub("terminal-", svg)


def difference(wanted: str, now: str) -> str:
    """Tell what differs between two pictures."""
    if not wanted:
        return "there is no such picture yet\n" + "\n".join(text_of(now))
    lines = list(difflib.unified_diff(text_of(wanted), text_of(now), "as it was", "now", "", "", 1))
    if lines:
        return "\n".join(line.rstrip() for line in lines)
    before, after = _styles(wanted), _styles(now)
    found = [
        str(y + 1) for y in sorted(before.keys() | after.keys()) if before.get(y) != after.get(y)
    ]
    return f"the same text in other colours: lines {', '.join(found) or 'none; its size differs'}"


def text_of(svg: str) -> list[str]:
    """Return the lines of a picture."""
    lines: dict[int, str] = {}
    for _, x, y, text in _PIECE.findall(svg):
        line, column = round(float(y) / _LINE - 0.5), round(float(x) / _COLUMN)
        lines[line] = lines.get(line, "").ljust(column) + unescape(text).replace("\xa0", " ")
    return [lines.get(line, "").rstrip() for line in range(max(lines, default=-1) + 1)]


def _styles(svg: str) -> dict[int, list[tuple[str, ...]]]:
    """Return the pieces of each line with their colours."""
    rules = dict(_RULE.findall(svg))
    lines: dict[int, list[tuple[str, ...]]] = {}
    for name, x, y, text in _PIECE.findall(svg):
        lines.setdefault(int(float(y) / _LINE), []).append((x, text, rules.get(name, "")))
    for fill, x, y, width in _GROUND.findall(svg):
        lines.setdefault(int(float(y) / _LINE), []).append((x, width, fill))
    return lines


async def _settled(pilot: Pilot[Any]) -> str:
    shown, since = "", time.monotonic()
    while time.monotonic() - since < _SETTLED:
        await pilot.pause(_PAUSE)
        now = picture_of(pilot.app)
        if now != shown:
            shown, since = now, time.monotonic()
    return shown
