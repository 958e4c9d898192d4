"""The JSON in which a resolver is asked and in which it answers.

    question  {"version": 1,
               "task": {"name", "words"}, "target": {"name", "words": [...]},
               "files": [{"path", "base"|null, "target", "branch",
                          "parts": [{"agreed"} | {"hunk": N, "base", "target", "branch"}]}],
               "refused": [...] only when an answer before this one was not taken, and why}
    answer    {"files": [{"path", "hunks": [TEXT of hunk 1, ...]} or {"path", "text"}],
               "dropped": [{"path", "line", "side": "target"|"branch"|"both", "reason"}],
               "note": "..."}

`parts` is the whole file in order: what both sides agree on, and the hunks. An answer by hunks
leaves everything else as it is, by construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wtagents.agent.fields import JsonObject, objects_of, text_of
from wtagents.core.landing.diff3 import Agreed, Chunk, Hunk, plan_merge
from wtagents.core.landing.resolution import (
    ConflictText,
    Dropped,
    Proposal,
    ProposedFile,
    Side,
    fit_line_ends,
)

if TYPE_CHECKING:
    from wtagents.agent.resolver import ConflictRequest

VERSION = 1
OUTPUT_LIMIT = 64 * 10**6
"""Bytes that a resolver may say."""
_TEXT = {"type": "string"}


def question_of(request: ConflictRequest, *, texts: bool = True) -> JsonObject:
    """Return the question as a JSON object; without `texts` the files hold their parts only."""
    refused = {"refused": list(request.refused)} if request.refused else {}
    return {
        "version": VERSION,
        "task": {"name": request.task, "words": request.branch_words},
        "target": {"name": request.target, "words": list(request.target_words)},
        "files": [_file(conflict, texts=texts) for conflict in request.conflicts],
        **refused,
    }


def work_of(request: ConflictRequest, tests: str) -> JsonObject:
    """Return what an agent is told whose files lie in front of it."""
    question = question_of(request, texts=False)
    runs = {"tests": tests} if tests else {}
    return {**question, "files": [conflict.path for conflict in request.conflicts], **runs}


def answer_schema() -> JsonObject:
    """Return the JSON schema of an answer by hunks."""
    files = _list(_object(path=_TEXT, hunks=_list(_TEXT)))
    return _object(files=files, **_remarks())


def remarks_schema() -> JsonObject:
    """Return the JSON schema of what is said beside files."""
    return _object(**_remarks())


def parse_answer(request: ConflictRequest, answer: object) -> Proposal | str:
    """Return the proposal, or in one line why the answer is none.

    A path that was not asked about stays in the proposal: the check refuses it by name.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("files"), list):
        return "the answer holds no files"
    asked = {conflict.path: conflict for conflict in request.conflicts}
    files = []
    for fields in objects_of(answer, "files"):
        path = text_of(fields, "path")
        text = _answered_text(asked.get(path), fields)
        if text is None:
            return f"the answer for {path!r} is neither a text nor one text for each hunk"
        files.append(ProposedFile(path=path, text=text))
    dropped, note = parse_remarks(answer)
    return Proposal(files=tuple(files), dropped=dropped, note=note)


def parse_remarks(answer: object) -> tuple[tuple[Dropped, ...], str]:
    """Return what is said to be dropped, and the note; nothing where nothing is said."""
    fields = answer if isinstance(answer, dict) else {}
    dropped = tuple(_drop(each) for each in objects_of(fields, "dropped"))
    return dropped, text_of(fields, "note")


def chunks_of(conflict: ConflictText) -> tuple[Chunk, ...]:
    """Return the conflicted file in chunks."""
    return plan_merge(conflict.base or "", conflict.target, conflict.branch)


def _answered_text(conflict: ConflictText | None, fields: JsonObject) -> str | None:
    if isinstance(fields.get("text"), str):
        text = text_of(fields, "text")
        return text if conflict is None else fit_line_ends(conflict, text)
    hunks = fields.get("hunks")
    if not isinstance(hunks, list) or not all(isinstance(hunk, str) for hunk in hunks):
        return None
    if conflict is None:
        return "".join(hunks)
    return _assembled(conflict, hunks)


def _assembled(conflict: ConflictText, hunks: list[str]) -> str | None:
    chunks = chunks_of(conflict)
    if sum(isinstance(chunk, Hunk) for chunk in chunks) != len(hunks):
        return None
    left = iter(hunks)
    parts = [chunk.text if isinstance(chunk, Agreed) else next(left) for chunk in chunks]
    # Only the last part may end without a line feed; any other would swallow the next line.
    whole = [f"{part}\n" if part and not part.endswith("\n") else part for part in parts[:-1]]
    return fit_line_ends(conflict, "".join([*whole, *parts[-1:]]))


def _drop(fields: JsonObject) -> Dropped:
    known = {side.value: side for side in Side}
    return Dropped(
        path=text_of(fields, "path"),
        line=text_of(fields, "line"),
        side=known.get(text_of(fields, "side"), Side.BOTH),
        reason=text_of(fields, "reason"),
    )


def _file(conflict: ConflictText, *, texts: bool) -> JsonObject:
    whole = {"base": conflict.base, "target": conflict.target, "branch": conflict.branch}
    return {"path": conflict.path, **(whole if texts else {}), "parts": _parts(conflict)}


def _parts(conflict: ConflictText) -> list[JsonObject]:
    parts: list[JsonObject] = []
    number = 0
    for chunk in chunks_of(conflict):
        if isinstance(chunk, Agreed):
            parts.append({"agreed": chunk.text})
            continue
        number += 1
        sides = {"base": chunk.base, "target": chunk.target, "branch": chunk.branch}
        parts.append({"hunk": number, **sides})
    return parts


def _remarks() -> dict[str, JsonObject]:
    drop: dict[str, Any] = {
        "path": _TEXT,
        "line": _TEXT,
        "side": {"enum": [side.value for side in Side]},
        "reason": _TEXT,
    }
    return {"dropped": _list(_object(**drop)), "note": _TEXT}


def _object(**properties: JsonObject) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: JsonObject) -> dict[str, Any]:
    return {"type": "array", "items": items}
