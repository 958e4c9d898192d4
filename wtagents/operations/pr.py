"""pr: push the branch of a task and open a pull request with the `gh` program.

Where `gh` is missing the branch is pushed all the same, and the answer holds the exact text and
command. A branch of the remote is overwritten only at the commit that wta itself pushed there.
"""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError
from wtagents.core.events import EventKind
from wtagents.core.record import record, replace
from wtagents.core.task import TaskState
from wtagents.core.text import printable, printable_lines
from wtagents.git.refs import ref_value
from wtagents.git.remote import (
    Pushed,
    RemoteMoved,
    Unreachable,
    fetch_remote_tip,
    push_commit,
    remote_of,
    remotes,
)
from wtagents.operations.landing.source import refuse_unsettled
from wtagents.operations.merge import require_landable
from wtagents.operations.result import OperationResult
from wtagents.operations.tripwire import require_untouched
from wtagents.store.events import add_event, was_pushed
from wtagents.store.runs import latest_run, usage_of_ended_runs
from wtagents.store.tasks import require_task
from wtagents.system.command import clean_environment, run_command

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.core.task import Task
    from wtagents.operations.context import Context

_PROGRAM = "gh"
_SECONDS = 120.0
_TITLE_LIMIT = 72
_PROMPT_LINES, _COMMIT_LIMIT = 60, 50
_ADDRESS = re.compile(r"https?://\S+/pull/\d+")


@record
class PullRequestRequest:
    """What `wta pr` was asked for."""

    name: str
    remote: str = ""
    """'' for the one that the target follows."""
    dry_run: bool = False


@record
class PullRequest:
    """What was pushed and asked for."""

    task: str
    remote: str
    branch: str
    target: str
    commit: Oid
    title: str
    body: str
    command: tuple[str, ...]
    """What opens it; the body goes to its input."""
    pushed: bool
    address: str
    """Where it can be read; '' when nobody opened it."""
    detail: str
    hint: str


def open_pull_request(
    context: Context, request: PullRequestRequest
) -> OperationResult[PullRequest]:
    """Push and open; 1 when one of the two did not happen.

    Raises NotFoundError, StateError for a task whose work is not all committed or not done.
    """
    with context.database.read() as db:
        task = require_task(db, request.name)
    tip = _require_ready(context, task)
    remote = _require_remote(context, task, request)
    asked = _worded(context, task, remote, tip)
    if request.dry_run:
        return OperationResult(data=_ended(asked, detail="nothing was pushed"))
    require_untouched(context)
    refused = _push(context, task, remote, tip)
    if refused is not None:
        detail, hint = refused
        return _unfulfilled(_ended(asked, detail=detail, hint=hint))
    return _open(context, asked)


def _require_ready(context: Context, task: Task) -> Oid:
    require_landable(context, task)
    if task.state is TaskState.MERGING:
        raise StateError(f"task {task.name} is landing", hint=f"wta wait {task.name}")
    refusal = refuse_unsettled(context, task)
    if refusal is not None:
        raise StateError(refusal.line, hint=refusal.hint)
    tip = ref_value(context.repository, task.branch.ref)
    if tip is None or tip == task.base:
        raise StateError(
            f"{task.branch} has no commit of its own",
            hint=f'wta send {task.name} "commit your work"',
        )
    return tip


def _require_remote(context: Context, task: Task, request: PullRequestRequest) -> str:
    found = request.remote or context.settings.merge.push
    found = found or remote_of(context.repository, task.target)
    if not found:
        raise StateError(
            "nothing says where the branch is to be pushed",
            hint=f"git remote add origin URL; or: wta pr {task.name} --remote NAME",
        )
    if found not in remotes(context.repository):
        raise StateError(f"there is no remote {found!r}", hint=f"git remote add {found} URL")
    return found


def _push(context: Context, task: Task, remote: str, tip: Oid) -> tuple[str, str] | None:
    """Push the branch; return detail and hint when it was refused."""
    repository, ref = context.repository, task.branch.ref
    there = fetch_remote_tip(repository, remote, ref)
    if isinstance(there, Unreachable):
        return f"{remote} refuses: {printable(there.reason)}", f"git ls-remote {remote}"
    own = there is None or _is_own(context, task, remote, there)
    contains = ("merge-base", "--is-ancestor", there or tip, tip)
    if not own and repository.read(*contains, ok=(0, 1, 128)).status != 0:
        return _foreign(task, remote)
    match push_commit(repository, remote, tip, ref, there):
        case Pushed():
            pass
        case RemoteMoved():
            return _foreign(task, remote)
        case Unreachable(reason=reason):
            return f"{remote} refuses: {printable(reason)}", f"git push {remote} {task.branch}"
    data = {"remote": remote, "ref": ref, "commit": tip, "before": there}
    with context.database.write() as db:
        add_event(db, EventKind.REF_PUSHED, at=context.clock.now(), task_id=task.id, data=data)
    return None


def _is_own(context: Context, task: Task, remote: str, there: Oid) -> bool:
    """Whether wta pushed exactly this commit there."""
    with context.database.read() as db:
        return was_pushed(db, task.id, remote, there)


def _foreign(task: Task, remote: str) -> tuple[str, str]:
    return (
        f"{task.branch} on {remote} has commits that are not here",
        f"look at them: git log {task.branch}..{remote}/{task.branch}",
    )


def _open(context: Context, asked: PullRequest) -> OperationResult[PullRequest]:
    program = shutil.which(_PROGRAM)
    if program is None:
        by_hand = shlex.join(asked.command)
        ended = _ended(asked, pushed=True, detail=f"{_PROGRAM} is not installed", hint=by_hand)
        return _unfulfilled(ended)
    done = run_command(
        (program, *asked.command[1:]),
        cwd=context.main_worktree or context.common_dir,
        timeout=_SECONDS,
        env=clean_environment(
            {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "GIT_TERMINAL_PROMPT": "0"}
        ),
        stdin=asked.body.encode(),
    )
    said = f"{done.text}\n{done.stderr.decode(errors='replace')}"
    address = _ADDRESS.search(printable(said))
    if done.ok or (address and "already exists" in said):
        detail = "" if done.ok else "it was open already"
        found = address[0] if address else ""
        return OperationResult(data=_ended(asked, pushed=True, address=found, detail=detail))
    why = "it did not answer" if done.timed_out else printable(done.complaint)
    detail = f"{_PROGRAM} failed: {why}"
    return _unfulfilled(
        _ended(asked, pushed=True, detail=detail, hint=f"{_PROGRAM} auth status; then once more")
    )


def _worded(context: Context, task: Task, remote: str, tip: Oid) -> PullRequest:
    title, body = _title(context, task, tip), _body(context, task, tip)
    command = (
        _PROGRAM, "pr", "create", "--head", str(task.branch), "--base", str(task.target),
        "--title", title, "--body-file", "-",
    )  # fmt: skip
    return PullRequest(
        task=str(task.name),
        remote=remote,
        branch=str(task.branch),
        target=str(task.target),
        commit=tip,
        title=title,
        body=body,
        command=command,
        pushed=False,
        address="",
        detail="",
        hint="",
    )


def _subjects(context: Context, task: Task, tip: Oid) -> list[str]:
    said = context.repository.read(
        "log", "-z", "--no-merges", "--reverse", "--format=%s", tip, f"^{task.base}"
    )
    return [printable(line, 200) for line in said.text.split("\0") if line]


def _title(context: Context, task: Task, tip: Oid) -> str:
    """Return the subject of the only commit, else the first line of what was asked."""
    subjects = _subjects(context, task, tip)
    asked = next(iter(printable_lines(task.prompt.strip())), "")
    words = subjects[0] if len(subjects) == 1 else asked or str(task.name)
    return printable(words, _TITLE_LIMIT) or str(task.name)


def _body(context: Context, task: Task, tip: Oid) -> str:
    """Return what was asked, what was committed, and which run did it for how much."""
    with context.database.read() as db:
        run, usage = latest_run(db, task.id), usage_of_ended_runs(db).get(task.id)
    asked = [f"> {line}".rstrip() for line in printable_lines(task.prompt.strip())]
    more = [f"> … {len(asked) - _PROMPT_LINES} more lines"] if len(asked) > _PROMPT_LINES else []
    commits = [f"- {subject}" for subject in _subjects(context, task, tip)[:_COMMIT_LIMIT]]
    facts = [f"Wta-Task: {task.name}"]
    if run is not None:
        facts.append(f"Wta-Run: {run.id}")
    if usage is not None and usage.model:
        facts.append(f"Wta-Model: {printable(usage.model, 80)}")
    if usage is not None and usage.cost_usd:
        facts.append(f"Wta-Cost: {usage.cost_usd:.4f} USD")
    parts = [asked[:_PROMPT_LINES] + more, commits, facts]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _ended(
    asked: PullRequest,
    *,
    pushed: bool = False,
    address: str = "",
    detail: str = "",
    hint: str = "",
) -> PullRequest:
    return replace(asked, pushed=pushed, address=address, detail=detail, hint=hint)


def _unfulfilled(asked: PullRequest) -> OperationResult[PullRequest]:
    return OperationResult(data=asked, exit_code=ExitCode.UNFULFILLED)
