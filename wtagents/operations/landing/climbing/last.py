"""Rung "agent", at last: an agent with tools edits the conflicted files in a folder of their own.

The folder holds the half-merged tree without a `.git`, below the state folder, and is gone with the
act. Only the texts of the conflicted files are taken out of it, and only when nothing else was
touched there; they are checked like every answer. What the agent started is stopped with it, also
when we are killed: it carries the mark of the first slot.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from wtagents.agent.resolver import NoProposal, WorkRequest
from wtagents.core.landing.merge import Author, LastResolver
from wtagents.core.landing.resolution import Proposal, ProposedFile, fit_line_ends
from wtagents.core.landing.testing import FILES, FOLDERS
from wtagents.core.task import AgentKind
from wtagents.core.text import printable
from wtagents.git.merging.conflicts import TEXT_LIMIT
from wtagents.git.merging.scratch import Scratch, fill_plain, take_files, touched_paths
from wtagents.operations.landing.climbing.judge import accept, judge
from wtagents.operations.landing.climbing.question import RESOLVE_SECONDS, question_about_left
from wtagents.operations.landing.climbing.refusals import refuse_last
from wtagents.operations.landing.gate import slot_mark, stop_leftovers
from wtagents.store.runs import latest_run
from wtagents.system.folders.rooms import open_room

if TYPE_CHECKING:
    from wtagents.agent.resolver import ConflictRequest, Worker
    from wtagents.core.ids import Oid
    from wtagents.operations.context import Context
    from wtagents.operations.landing.climbing.climb import Climb
    from wtagents.operations.landing.landing import Landing
    from wtagents.operations.landing.outcome import Refusal

WHO = {
    LastResolver.AGENTIC: "an agent with tools",
    LastResolver.AUTHOR: "a copy of the author's conversation",
}
_AUTHORS = {
    LastResolver.AGENTIC: Author.AGENT_WITH_TOOLS,
    LastResolver.AUTHOR: Author.AUTHOR_SESSION,
}
_SLOT = 1
_LENGTH_LIMIT = 4 * TEXT_LIMIT
"""Bytes of one file that is taken out: each side has less than a quarter of it."""
_SHOWN = 3


def ask_last(
    climbing: Climb, refused: tuple[str, ...], before: Refusal | None = None
) -> Refusal | None:
    """Have an agent with tools answer what is left; refuse what it did otherwise.

    `refused` says what was wrong with answers before, `before` how their landing would end.
    """
    landing = climbing.landing
    wanted = landing.context.settings.merge.resolver_last
    session = _session(landing) if wanted is LastResolver.AUTHOR else ""
    if session is None:
        said = "the author's conversation cannot be copied: it is none of Claude Code"
        return before or refuse_last(landing.task, landing.request.target, said, refused)
    landing.tell(f"{landing.task.name}: asking {WHO[wanted]}")
    request = question_about_left(climbing, refused)
    with climbing.hub.library() as library:
        commit = library.write_synthetic(climbing.tree(), climbing.conflict.onto)
    found = _work(climbing, request, commit, session)
    if isinstance(found, Proposal):
        faults = judge(climbing, request.conflicts, found)
        if not faults:
            return accept(climbing, found, _AUTHORS[wanted])
        found = "; ".join(map(str, faults[:_SHOWN]))
    said = f"what {WHO[wanted]} made of it is not taken: {found}"
    return refuse_last(landing.task, landing.request.target, said, refused)


def _work(climbing: Climb, request: ConflictRequest, commit: Oid, session: str) -> Proposal | str:
    """Let it work and return what it made, or in one line why that is not taken."""
    context = climbing.landing.context
    with open_room(context.paths.rooms, "resolver") as room:
        scratch = Scratch(hub=climbing.hub.repo, root=room.path)
        fill_plain(scratch, commit)
        stop_leftovers(context, slots=(_SLOT,))
        try:
            worked = _worker(context).work(
                WorkRequest(
                    conflict=request,
                    folder=scratch.tree,
                    session=session,
                    tests=_tests(context),
                    environment=(slot_mark(context, _SLOT),),
                    lock=room.lock,
                ),
                seconds=RESOLVE_SECONDS,
            )
        finally:
            stop_leftovers(context, slots=(_SLOT,))
        if isinstance(worked, NoProposal):
            return worked.reason
        texts = _taken(climbing, scratch, [each.path for each in request.conflicts])
    if isinstance(texts, str):
        return texts
    files = tuple(
        ProposedFile(path=each.path, text=fit_line_ends(each, texts[each.path]))
        for each in request.conflicts
    )
    return Proposal(files=files, dropped=worked.dropped, note=worked.note)


def _taken(climbing: Climb, scratch: Scratch, paths: list[str]) -> dict[str, str] | str:
    """Return the texts that were made of these files, or in one line why they are not taken."""
    if not scratch.tree.is_dir() or scratch.tree.is_symlink():
        return "it removed the folder"
    foreign = [printable(path) for path in touched_paths(scratch) if path not in paths]
    if foreign:
        more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
        return f"it touched other files: {', '.join(foreign[:_SHOWN])}{more}"
    for path in paths:
        try:
            found = os.lstat(scratch.tree / path)
        except (OSError, ValueError):
            return f"it removed {printable(path)}"
        if not stat.S_ISREG(found.st_mode):
            return f"it made something else than a file of {printable(path)}"
        if found.st_size > _LENGTH_LIMIT:
            return f"it made {printable(path)} larger than {_LENGTH_LIMIT // 1000} KB"
    tree = take_files(scratch, paths)
    texts = {}
    with climbing.hub.library() as library:
        for path in paths:
            entry = library.entry(tree, path)
            if entry is None or not stat.S_ISREG(entry[0]):
                return f"it made something else than a file of {printable(path)}"
            try:
                texts[path] = library.blob(entry[1]).decode()
            except UnicodeDecodeError:
                return f"it made {printable(path)} something else than text"
    return texts


def _worker(context: Context) -> Worker:
    from wtagents.agent.resolvers.claude_with_tools import ClaudeWithTools

    merge = context.settings.merge
    return ClaudeWithTools(
        program=context.settings.agent.program,
        model=merge.resolver_model,
        budget_usd=merge.resolver_budget_usd,
        ids=context.ids,
    )


def _session(landing: Landing) -> str | None:
    """Return the conversation in which the branch was written; None when there is none."""
    if landing.task.agent.kind is not AgentKind.CLAUDE:
        return None
    with landing.context.database.read() as db:
        run = latest_run(db, landing.task.id)
    return run.session_id or None if run is not None else None


def _tests(context: Context) -> str:
    """Return the beginning of the command that runs tests."""
    command = context.settings.merge.test_command or ""
    return command.partition(FILES)[0].partition(FOLDERS)[0].strip()
