"""A program that plays Claude Code for one question: deeds in its folder, then the stream's end.

For what the real program with a scripted model cannot do: disobey its own rules.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOOLS = ("Read", "Grep", "Glob", "Edit", "Write", "StructuredOutput")
_PROGRAM = """\
#!{python}
import json, os, pathlib, shutil, subprocess, sys, time
folder = pathlib.Path({folder!r})
number = len(list(folder.glob("asked-*.json")))
asked = {{"argv": sys.argv[1:], "cwd": os.getcwd(), "question": sys.stdin.read()}}
(folder / f"asked-{{number}}.json").write_text(json.dumps(asked))
{deeds}
said = {{"dropped": [], "note": "done"}} | {said!r}
for event in (
    {{"type": "system", "subtype": "init", "session_id": "s", "tools": {tools!r}}},
    {{"type": "result", "subtype": "success", "is_error": False, "result": "done",
     "session_id": "s", "num_turns": 1, "structured_output": said}},
):
    print(json.dumps(event), flush=True)
"""


def play_claude(
    folder: Path, deeds: str, *, tools: Sequence[str] = TOOLS, said: dict[str, Any] | None = None
) -> Path:
    """Write the program `claude` into a folder; what it was asked lies beside it."""
    program = folder / "claude"
    words = {
        "python": sys.executable,
        "folder": str(folder),
        "deeds": deeds,
        "tools": list(tools),
        "said": said or {},
    }
    program.write_text(_PROGRAM.format(**words))
    program.chmod(0o755)
    return program
