"""Conversations that Claude Code has saved for a folder, whoever had them. They are only read.

    $CLAUDE_CONFIG_DIR/projects/<folder>/<session id>.jsonl       (~/.claude by default)

The name of a project folder is the path of the working folder with every other sign than a letter
or digit replaced by a dash, so two paths may share one: each conversation says where it was had.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.agent.fields import load_object, object_of, objects_of, text_of
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LINES = 50
"""At the beginning of a conversation, in which it says where it was had and what was asked."""
_LONGEST = 1 << 20


@record
class SavedConversation:
    """One conversation."""

    session_id: str
    at: datetime
    """When it was saved last."""
    asked: str
    """What was said first; '' where that is not to be found."""


def saved_conversations(folder: Path) -> list[SavedConversation]:
    """Return the conversations that were had in a folder, the latest last."""
    place = _home() / "projects" / re.sub(r"[^A-Za-z0-9]", "-", str(folder))
    found = []
    try:
        paths = [path for path in place.glob("*.jsonl") if re.fullmatch(_UUID, path.stem)]
        for path in sorted(paths, key=lambda each: each.stat().st_mtime):
            said = list(_beginning(path))
            if any(text_of(line, "cwd") == str(folder) for line in said):
                at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                words = next(filter(None, map(_words, said)), "")
                found.append(SavedConversation(session_id=path.stem, at=at, asked=words))
    except OSError:
        return found
    return found


def _home() -> Path:
    named = os.environ.get("CLAUDE_CONFIG_DIR", "")
    return Path(named) if named else Path.home() / ".claude"


def _beginning(path: Path) -> Iterator[dict[str, object]]:
    with path.open("rb") as stream:
        for _ in range(_LINES):
            line = stream.readline(_LONGEST)
            if not line:
                return
            fields = load_object(line)
            if fields is not None:
                yield fields


def _words(line: dict[str, object]) -> str:
    """Return what a person said in a line, or ''."""
    if text_of(line, "type") != "user" or line.get("isMeta") or line.get("isSidechain"):
        return ""
    message = object_of(line, "message")
    parts = [text_of(each, "text") for each in objects_of(message, "content")]
    return (text_of(message, "content") or "\n".join(filter(None, parts))).strip()
