"""Whether another task holds a file: the program that Claude Code asks before it edits one.

    python -I -S edit_hook.py FOLDER TASK_ID TASK_NAME WORKTREE MODE < question > answer

It runs at every edit, so it loads nothing of wta and little else. It fails open: whatever goes
wrong, it says nothing and the edit goes on. FOLDER is that of the claims:

    claims.json         who holds what, as wta wrote it last (`operations/radar/holds.py`)
    edits, edits.old    first edits since, one JSON object a line, added by this program

An edit is noted, so of two agents the second one hears of the first at once and not only after the
next look of the radar.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # the real one costs the import of typing
if TYPE_CHECKING:
    from typing import Any
_quick: Any = None
try:
    # Where json has its speed from; json itself loads re, half of the time of this program.
    import _json

    _quick = _json
except ImportError:
    pass

_MOST = 4_000_000
"""Bytes of each file that are read; the radar keeps them far smaller."""
_TOOLS = ("Edit", "MultiEdit", "Write", "NotebookEdit")
MATCHER = "|".join(_TOOLS)


def answer(folder: str, mine: int, name: str, worktree: str, mode: str, asked: Any) -> Any:
    """Return what Claude Code is to be told about an edit, None for nothing."""
    path = _path_below(worktree, asked)
    if not path:
        return None
    claims = _parsed(_read(f"{folder}/claims.json") or b"{}")
    mode = claims.get("mode", mode)
    edits = [*_edits(f"{folder}/edits.old"), *_edits(f"{folder}/edits")]
    held = claims.get("held", {}).get(path, [])
    is_known = mine in held or any(e["task"] == mine and e["path"] == path for e in edits)
    why = _who_holds(path, mine, claims, held, edits)
    if not is_known and (mode == "warn" or not why):
        _note(f"{folder}/edits", {"task": mine, "name": name, "path": path})
    if not why or (mode == "warn" and is_known):
        return None
    return _said(mode, f"wta: {path} {why}")


def _path_below(worktree: str, asked: Any) -> str:
    """Return the path below the worktree that is to be edited, or ''."""
    given = asked["tool_input"]
    named = given.get("file_path") or given.get("notebook_path") or ""
    full = os.path.normpath(os.path.join(asked.get("cwd") or worktree, named))  # noqa: PTH118
    for place, root in (
        (full, worktree),
        (os.path.realpath(full), os.path.realpath(worktree)),
    ):
        if named and place.startswith(f"{root}/"):
            return place[len(root) + 1 :]
    return ""


def _who_holds(path: str, mine: int, claims: Any, held: list[int], edits: list[Any]) -> str:
    """Say who else holds a path and why; '' when nobody does, or this task itself."""
    for area in claims.get("areas", ()):
        if _covers(area, path):
            return "" if mine in area["tasks"] else str(area["why"])
    tasks = claims.get("tasks", {})
    if held:
        return "" if held[0] == mine else f"is being changed by {tasks[str(held[0])]}"
    newest = claims.get("newest", 0)
    for edit in edits:
        if edit["path"] == path and (str(edit["task"]) in tasks or edit["task"] > newest):
            if edit["task"] == mine:
                return ""
            doer = tasks.get(str(edit["task"]), f"the task {edit['name']}")
            return f"has just been changed by {doer}"
    return ""


def _covers(area: Any, path: str) -> bool:
    if "pattern" in area:
        import re

        return re.match(area["pattern"], path) is not None
    return path == area["path"] or path.startswith(f"{area['path']}/")


def _said(mode: str, why: str) -> dict[str, Any]:
    said = {"hookEventName": "PreToolUse"}
    if mode == "deny":
        advice = "Leave it alone. What you need of it, say in your last words."
        said |= {"permissionDecision": "deny", "permissionDecisionReason": f"{why} {advice}"}
    elif mode == "ask":
        said |= {"permissionDecision": "ask", "permissionDecisionReason": why}
    else:
        advice = "Both changes may clash when they land: change as little of it as you can."
        said |= {"additionalContext": f"{why} {advice}"}
    return {"hookSpecificOutput": said}


def _edits(path: str) -> list[Any]:
    """Return what was noted; a line that is cut off was never there."""
    return [_parsed(line) for line in _read(path).split(b"\n")[:-1]]


def _note(path: str, edit: Any) -> None:
    """Add a line, in one piece."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    os.write(descriptor, _plain(edit).encode() + b"\n")
    os.close(descriptor)


def _read(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return b""
    try:
        return os.read(descriptor, _MOST)
    finally:
        os.close(descriptor)


class _Form:
    """What `json` tells its scanner."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def _parsed(data: bytes) -> Any:
    """Return what a JSON document says. Raises for what is none."""
    if _quick is None:
        import json

        return json.loads(data)
    scan = _quick.make_scanner(_Form)
    return scan(data.decode().strip(), 0)[0]


def _plain(value: Any) -> str:
    """Return texts, numbers and objects as JSON."""
    if _quick is None:
        import json

        return json.dumps(value)
    if isinstance(value, dict):
        inside = ", ".join(f"{_plain(key)}: {_plain(each)}" for key, each in value.items())
        return f"{{{inside}}}"
    return str(_quick.encode_basestring_ascii(value) if isinstance(value, str) else value)


def main() -> None:
    """Read the question from stdin, write the answer to stdout; the exit status is 0 always."""
    try:
        folder, mine, name, worktree, mode = sys.argv[1:]
        asked = _parsed(sys.stdin.buffer.read(_MOST))
        said = answer(folder, int(mine), name, worktree, mode, asked)
        if said is not None:
            os.write(1, _plain(said).encode())
    except Exception:  # noqa: BLE001 - an agent never stops because of its hook
        sys.exit(0)


if __name__ == "__main__":
    main()
