"""Claude Code as resolver with tools: it edits the conflicted files in a folder of their own.

No settings, hooks, servers or instructions of anybody apply. It may read the folder, edit the
conflicted files there and, where there is a test command, run that: the rules say so, and whoever
gave the folder looks at what was done there. A copy of the author's conversation knows what the
branch is for; the conversation itself stays as it was.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.agent.claude import PROGRAM
from wtagents.agent.resolver import NoProposal, Worked
from wtagents.agent.resolvers.exchange import parse_remarks, remarks_schema, work_of
from wtagents.agent.resolvers.told import ANSWER_TOOL, SEALED, ask_claude, fenced, nothing
from wtagents.agent.wording import words_file
from wtagents.system.programs.reaper import reaped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.agent.resolver import WorkRequest
    from wtagents.system.clock import IdSource

_TOOLS = ("Read", "Grep", "Glob", "Edit", "Write")
_TURNS = 60
_RULES_LIMIT = 60_000
"""Characters of all rules: an argument takes 128 KiB."""
_ODD = re.compile(r"[^\w./@+-]", re.ASCII)
_ASTRAL = 0x10000
"""The program counts a letter from here on as two."""
_PLAIN_COMMAND = re.compile(r"[\w./@=+ -]+", re.ASCII)


class ClaudeWithTools:
    """Lets Claude Code work once."""

    def __init__(
        self, *, program: str, model: str | None, budget_usd: float | None, ids: IdSource
    ) -> None:
        self._program = program or PROGRAM
        self._model = model
        self._budget_usd = budget_usd
        self._ids = ids

    def work(self, request: WorkRequest, *, seconds: float) -> Worked | NoProposal:
        """Return what it says of its work; the work itself lies in the folder."""
        paths = [each.path for each in request.conflict.conflicts]
        rules = edit_rules(paths)
        if rules is None:
            return nothing("the names of the files cannot be said in rules for an agent")
        tests = request.tests if _PLAIN_COMMAND.fullmatch(request.tests) else ""
        question = fenced(
            work_of(request.conflict, tests),
            self._ids.uuid(),
            begins="The files of this conflict, and who wants what, are named in",
            ends="Edit those files here, then answer by the tool.",
        )
        told = ask_claude(
            reaped(*self._argv(request, (*rules, *((f"Bash({tests} *)",) if tests else ())))),
            question,
            ids=self._ids,
            cwd=request.folder,
            seconds=seconds,
            lock=request.lock,
            environment=(("GIT_CEILING_DIRECTORIES", str(request.folder)), *request.environment),
        )
        if isinstance(told, NoProposal):
            return told
        foreign = sorted(told.offered - {*self._tools(tests), ANSWER_TOOL})
        if foreign:
            return nothing(f"its work is not taken, it had tools: {', '.join(foreign)}")
        dropped, note = parse_remarks(told.answer)
        return Worked(dropped=dropped, note=note)

    def _argv(self, request: WorkRequest, rules: tuple[str, ...]) -> tuple[str, ...]:
        schema = json.dumps(remarks_schema(), separators=(",", ":"))
        tools = self._tools("tests" if any(each.startswith("Bash") for each in rules) else "")
        session = request.session and str(_transcript(request.session) or request.session)
        return (
            self._program,
            *SEALED,
            *((f"--resume={session}", "--fork-session") if session else ()),
            f"--tools={','.join(tools)}",
            f"--allowedTools={','.join(rules)}",
            f"--max-turns={_TURNS}",
            f"--append-system-prompt-file={words_file('resolve_files')}",
            f"--json-schema={schema}",
            *((f"--model={self._model}",) if self._model else ()),
            *((f"--max-budget-usd={self._budget_usd:g}",) if self._budget_usd else ()),
        )

    def _tools(self, tests: str) -> tuple[str, ...]:
        return (*_TOOLS, "Bash") if tests else _TOOLS


def edit_rules(paths: Iterable[str]) -> tuple[str, ...] | None:
    """Return the permission rules for editing these files; None where they cannot be said.

    What has a meaning in a rule stands there as a wildcard: a rule may allow another file of a like
    name, which is then found out.
    """
    rules = []
    for path in paths:
        if not path.isprintable():
            return None
        plain = _ODD.sub(lambda odd: "?" if ord(odd[0]) < _ASTRAL else "*", path)
        rules.append(f"Edit(./{plain})")
    return tuple(rules) if sum(map(len, rules)) <= _RULES_LIMIT else None


def _transcript(session: str) -> Path | None:
    """Return the file of a conversation: some versions find it by its name only where it began."""
    folder = os.environ.get("CLAUDE_CONFIG_DIR", "")
    projects = (Path(folder) if folder else Path.home() / ".claude") / "projects"
    try:
        found = sorted(projects.glob(f"*/{session}.jsonl"))
    except OSError:
        return None
    return found[0] if found else None
