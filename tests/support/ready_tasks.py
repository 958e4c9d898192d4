"""Tasks whose agents are done: real worktrees with real commits, and rows that say `ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.repository import RepositoryBuilder
from tests.support.stored import lay_database
from wtagents.core.config.settings import Layer
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.task import AgentKind, AgentSpec, Reason, Task, TaskState
from wtagents.git.refs import ref_value
from wtagents.git.worktrees import add_worktree, fill_worktree
from wtagents.operations.context import Context
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.tripwire import lay_tripwire
from wtagents.store.merges import latest_merge_request
from wtagents.store.tasks import add_task, move_task, require_task_by_id
from wtagents.system.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.system.clock import Clock


class Fleet:
    """One repository with its tasks, as `wta` knows them."""

    def __init__(
        self, main: RepositoryBuilder, *, clock: Clock | None = None, **merge: Any
    ) -> None:
        self.main = main
        self.sandbox: dict[str, Any] = {"mode": "none"}
        self.clock = clock or SystemClock()
        self.context = self.new_context(**merge)
        lay_database(self.context.paths.database)
        lay_tripwire(self.context)

    def new_context(self, **merge: Any) -> Context:
        """Return a context with settings of `[merge]`.

        Without a resolver unless one is named; without the rungs below it unless they are.
        """
        chosen = {"resolver": "none", "ladder": ["agent"], **merge}
        values = {"merge": chosen, "sandbox": self.sandbox}
        flags = [Layer(source="--test", values=values)]
        return Context(self.main.path, flags=flags, clock=self.clock)

    def use(self, **merge: Any) -> None:
        """Go on with other settings of `[merge]`."""
        self.context.close()
        self.context = self.new_context(**merge)

    def task(
        self,
        name: str,
        files: Mapping[str, str | bytes | None] | None = None,
        *,
        prompt: str = "",
        subject: str = "",
    ) -> RepositoryBuilder:
        """Add a task that is ready, with one commit if there are files; return its worktree."""
        target = BranchName("main")
        base = ref_value(self.context.repository, target.ref)
        assert base is not None
        path = self.main.path.parent / "worktrees" / name
        branch = BranchName.of_task(TaskName(name))
        repo = self.context.repository
        owner = self.context.paths.root.name
        add_worktree(repo, path, branch=branch, base=base, task=TaskName(name), owner=owner)
        fill_worktree(repo, path)
        at = self.context.clock.now()
        with self.context.database.write() as db:
            task = add_task(
                db,
                name=TaskName(name),
                prompt=prompt or f"do {name}",
                base=base,
                target=target,
                branch=branch,
                worktree=path,
                agent=AgentSpec(kind=AgentKind.SCRIPTED),
                merge_when_ready=False,
                at=at,
            )
            move_task(db, task.id, TaskState.ACTIVE, at=at)
            move_task(db, task.id, TaskState.READY, at=at)
        worktree = RepositoryBuilder(path)
        if files is not None:
            worktree.commit(files, subject or f"Do {name}")
        return worktree

    def row(self, name: str) -> Task:
        """Return the row of a task, removed or not."""
        rows = self.context.database.rows("SELECT id FROM task WHERE name = ?", (name,))
        with self.context.database.read() as db:
            return require_task_by_id(db, rows[-1]["id"])

    def request(self, name: str) -> MergeRequest:
        """Return the last merge request of a task."""
        task = self.row(name)
        with self.context.database.read() as db:
            found = latest_merge_request(db, task.id)
        assert found is not None
        return found

    def rest(self, name: str, state: TaskState, reason: Reason) -> None:
        """Let a task rest in `failed` or `stopped` instead of `ready`."""
        at, task = self.context.clock.now(), self.row(name)
        with self.context.database.write() as db:
            move_task(db, task.id, TaskState.QUEUED, at=at)
            move_task(db, task.id, TaskState.ACTIVE, at=at)
            move_task(db, task.id, state, at=at, reason=reason)

    def requeue(self, name: str) -> None:
        """Let new words have come for a task."""
        task = self.row(name)
        with self.context.database.write() as db:
            move_task(db, task.id, TaskState.QUEUED, at=self.context.clock.now())

    def cancel(self, name: str) -> None:
        """Let a person have given a task up."""
        task = self.row(name)
        with self.context.database.write() as db:
            move_task(db, task.id, TaskState.CANCELLED, at=self.context.clock.now())

    def land(self, *names: str) -> None:
        """Land tasks; fails the test when one does not."""
        for outcome in merge(self.context, MergeRequestOptions(names=names)).data:
            assert outcome.landed, outcome.detail

    def tip(self, ref: str = "main") -> Oid:
        """Return the commit that a ref names."""
        return Oid(self.main.tip(ref))

    def message(self, ref: str = "main") -> str:
        """Return the whole message of a commit."""
        return self.main.git("log", "-1", "--format=%B", ref).rstrip("\n")
