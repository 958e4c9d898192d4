"""A text in the editor of the person: `$VISUAL`, else `$EDITOR`, else vi."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from wtagents.core.errors import SystemFault
from wtagents.system.command import run_in_terminal

_USUAL = "vi"


def edit(text: str) -> str:
    """Hand the terminal to the editor with the text in a private file; return what it leaves there.

    Raises SystemFault when the editor cannot be started, does not end with success, or leaves no
    text: then nothing is changed.
    """
    from tempfile import TemporaryDirectory

    argv = _editor()
    with TemporaryDirectory(prefix="wta-edit-") as folder:
        file = Path(folder) / "text.md"
        file.write_text(text, encoding="utf-8")
        status = run_in_terminal([*argv, str(file)], cwd=Path.cwd())
        if status:
            raise SystemFault(
                f"the editor {argv[0]} ended with status {status}", hint="the text stays as it was"
            )
        try:
            return file.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SystemFault(
                f"the editor {argv[0]} left no text", cause=str(error), hint="save it as UTF-8"
            ) from error


def _editor() -> list[str]:
    """Return the command; its words are split as a shell would, but no shell runs."""
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR") or _USUAL
    try:
        argv = shlex.split(chosen)
    except ValueError as error:
        raise SystemFault(
            f"no command: {chosen}", cause=str(error).lower(), hint="set EDITOR"
        ) from error
    return argv or [_USUAL]
