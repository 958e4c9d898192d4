"""What must be true of main and of the branches, whoever was killed where and whoever committed."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.support.repository import RepositoryBuilder
from tests.support.simulation.landings.world import was_green
from tests.support.simulation.machine import Machine, Violation
from tests.support.simulation.rules import Rules
from wtagents.core.ids import Oid
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.lifecycle import LIVE_MERGE_STATES
from wtagents.core.run import ExitReason
from wtagents.core.task import TaskState
from wtagents.operations.landing.landing import ATTEMPTS
from wtagents.store.merges import merge_requests
from wtagents.store.runs import runs_of
from wtagents.store.tasks import tasks
from wtagents.store.undos import advancing_undos, undone_landings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.store.database import Database
    from wtagents.system.paths import StatePaths

OURS = "wta: "
"""So begins what the reflog says of a move of ours."""

EDIT = "and so on"
"""What the person writes and does not commit."""
TAKEN_BACK = "wta: the checkout refused"
"""The only move that goes back: an edit came into the way in the very moment of the landing."""


class Kind(StrEnum):
    """What the branch of a task is like."""

    WELL = "lands"
    EMPTY = "holds nothing"
    CLASHING = "clashes with others like it"
    BAD = "is red"
    PAIRED = "is red beside another one"


_REASONS = {
    Kind.WELL: frozenset[Rejection](),
    Kind.EMPTY: frozenset({Rejection.NOTHING_TO_LAND}),
    Kind.CLASHING: frozenset({Rejection.CONFLICT, Rejection.CHECKOUT_DIRTY}),
    Kind.BAD: frozenset({Rejection.GATE_RED}),
    Kind.PAIRED: frozenset({Rejection.GATE_RED}),
}
"""Why each may be refused."""
_UNDOS = "SELECT candidate FROM undo WHERE state = 'undone'"
_MOVES = "SELECT data FROM event WHERE kind = 'merge.moved'"
_AFTER_NEW_WORK = frozenset({Rejection.UNCOMMITTED, Rejection.SOURCE_MOVED})


@dataclass
class Ground:
    """The repository as the person and the agents made it."""

    main: RepositoryBuilder
    paths: StatePaths
    root: Path
    kinds: dict[str, Kind] = field(default_factory=dict)
    mine: list[str] = field(default_factory=list)
    """Commits of the person on main."""
    edited: dict[str, list[str]] = field(default_factory=dict)
    """Files of the checkout, and the lines in them that the person wrote and did not commit."""
    staged: list[str] = field(default_factory=list)
    """Files that the person added while a landing was at work."""
    took_along: list[str] = field(default_factory=list)
    """Commits of the person with something in them that was landing."""
    written: int = 0
    """Lines that the person wrote so."""
    taken_back: set[str] = field(default_factory=set)
    """Files of which a commit of all edits took something away that the person did not write."""
    is_away: bool = False
    """Whether the person has something else checked out: main moves by pushes then."""
    crashes: int = 0
    """How often somebody died who lands."""

    @property
    def git_dir(self) -> Path:
        """The common directory."""
        return self.main.path / ".git"

    def tip(self, branch: str = "main") -> str:
        """Return the commit of a branch, or ''."""
        try:
            return (self.git_dir / "refs" / "heads" / branch).read_text().strip()
        except FileNotFoundError:
            return ""

    def commit(self, files: Mapping[str, str], subject: str) -> None:
        """Commit files in the checkout of main.

        Raises AssertionError when git refuses; the files are as before then.
        """
        places = [self.main.path / name for name in files]
        before = [place.read_bytes() if place.exists() else None for place in places]
        try:
            self.mine.append(self.main.commit(files, subject))
        except AssertionError:
            # Added it may be, where the lock on main alone was in the way.
            with suppress(AssertionError):
                self.main.git("reset", "--quiet", "--", *files)
            self.main.write({place.name: data for place, data in zip(places, before, strict=True)})
            raise

    def rewrite(self, name: str, old: str, new: str) -> None:
        """Change a line and commit it."""
        if name not in self.edited:
            text = (self.main.path / name).read_text()
            self.commit({name: text.replace(f"{old}\n", f"{new}\n")}, f"Write {new}")

    def push(self, subject: str) -> None:
        """Move main from elsewhere, as `git push` does. Raises AssertionError when git refuses."""
        old = self.tip()
        new = self.main.git("commit-tree", "-p", old, "-m", subject, f"{old}^{{tree}}")
        self.main.git("update-ref", "-m", "push", "refs/heads/main", new, old)
        self.mine.append(new)

    def go(self, *, away: bool) -> None:
        """Check another branch out, or main, with edits. Raises AssertionError when git refuses."""
        self.main.git("checkout", "--quiet", *(["--detach"] if away else ["main"]))
        self.is_away = away

    def leave_edit(self, name: str, at: int) -> None:
        """Write a line into a file of the checkout."""
        edits = self.edited.setdefault(name, [])
        lines = (self.main.path / name).read_text().splitlines()
        self.written += 1
        edits.append(f"{EDIT}, {self.written}")
        lines.insert(at, edits[-1])
        (self.main.path / name).write_text("\n".join([*lines, ""]))

    def commit_edits(self) -> None:
        """Commit all edits, as `git commit -a` does. Raises AssertionError when git refuses."""
        before = self.tip()
        self.main.git("commit", "--all", "--quiet", "-m", f"Write so much: {self.written}")
        self.mine.append(self.tip())
        self.edited.clear()
        for line in self.main.git("diff", "--numstat", before, self.tip()).splitlines():
            _, gone, name = line.split("\t")
            self.taken_back |= {name} if int(gone) else set()

    def take_lock(self) -> None:
        """Take away the lock of the checkout, whoever has it, as git says to do."""
        (self.git_dir / "index.lock").unlink(missing_ok=True)

    def stage(self, name: str) -> None:
        """Add a new file. Raises AssertionError when git refuses."""
        self.main.write({name: "staged\n"})
        self.main.git("add", name)
        self.staged.append(name)

    def commit_staged(self, subject: str) -> None:
        """Commit what the index has. Raises AssertionError when git refuses, or has nothing."""
        before = self.tip()
        self.main.git("commit", "--quiet", "-m", subject)
        self.mine.append(self.tip())
        names = self.main.git("diff", "--name-only", before, self.tip()).splitlines()
        if set(names).difference(self.staged):
            self.took_along.append(self.tip())

    def leave_swap(self) -> None:
        """Leave what a git leaves that is killed as it moves main, and has written nothing yet."""
        places = ["refs/heads/main.lock", *([] if self.is_away else ["HEAD.lock"])]
        for place in places:
            (self.git_dir / place).touch()

    def lost_staged(self) -> list[str]:
        """Return what the person added and the index does not have."""
        has = self.main.git("ls-files", "--", *self.staged).splitlines() if self.staged else []
        gone = [name for name in self.staged if name not in has]
        return gone + [name for name in has if self.main.git("show", f":{name}") != "staged"]

    def lost_edits(self) -> list[str]:
        """Return what the person wrote and is not there any more."""
        return [
            line
            for name, edits in self.edited.items()
            for line in edits
            if line not in (self.main.path / name).read_text().splitlines()
        ]

    def drop_edits(self) -> list[str]:
        """Take the edits back, with an editor: git may be told to wait. Return where they were."""
        for name in sorted(self.edited):
            lines = (self.main.path / name).read_text().splitlines(keepends=True)
            kept = [line for line in lines if line.rstrip("\n") not in self.edited[name]]
            (self.main.path / name).write_text("".join(kept))
        names = list(self.edited)
        self.edited.clear()
        return names


class History(Rules):
    """The rules of the loop, and those of main."""

    def __init__(self, machine: Machine, ground: Ground) -> None:
        super().__init__(machine)
        self._ground = ground
        self._lines = 0
        self._tip = ground.tip()
        self._on_main = set(ground.main.git("rev-list", "main").split())
        self._landed: list[str] = []
        """Tips of main that wta made."""
        self._undone: frozenset[int] = frozenset()
        """Requests whose landing was taken back."""
        self._gone: set[str] = set()
        """Tasks whose branch is gone for a good reason."""

    def check(self, db: Database, *, is_ticked: bool) -> None:
        super().check(db, is_ticked=is_ticked)
        with db.read():
            known = tasks(db, removed=True)
            requests = merge_requests(db)
            self._undone = undone_landings(db)
            undoing = bool(advancing_undos(db))
        if undoing:
            # Main says what became of it, and nobody has looked yet.
            self._follow_main()
            return
        self._follow_main()
        if lost := self._ground.lost_edits():
            raise Violation(f"an edit of the person is gone: {', '.join(lost)}")
        if lost := self._ground.lost_staged():
            raise Violation(f"what the person staged is gone: {', '.join(lost)}")
        for task in known:
            mine = [request for request in requests if request.task_id == task.id]
            self._check_requests(task, mine)
            self._check_kept(task, mine)

    def _check_ready(self, task: Task, runs: list[Run]) -> None:
        """A task is ready here from the beginning."""

    # ------------------------------------------------------------------------------------- main

    def _follow_main(self) -> None:
        log = (self._ground.git_dir / "logs" / "refs" / "heads" / "main").read_text().splitlines()
        for line in log[self._lines :]:
            names, _, message = line.partition("\t")
            old, new = names.split(" ")[:2]
            if self._lines and old != self._tip:
                raise Violation(f"main was at {self._tip}, and moves from {old}: {message}")
            self._lines += 1
            self._tip = new
            if message == TAKEN_BACK and self._landed and self._landed[-1] == old:
                self._landed.pop()
                self._on_main.discard(old)
            elif message.startswith(OURS):
                self._check_move(old, new)
            self._on_main |= set(
                self._git("rev-list", f"{old}..{new}").split() if int(old, 16) else ()
            )
        if self._ground.tip() != self._tip:
            raise Violation("main is where no move has brought it")
        if not self._on_main.issuperset(self._ground.mine):
            raise Violation("a commit of the person is not on main")

    def _check_move(self, old: str, new: str) -> None:
        """A tip that wta made stands on the one before it, and a gate saw exactly its files."""
        if self._git("rev-list", "--max-count=1", f"{new}..{old}"):
            raise Violation(f"main goes from {old} to {new}, which does not stand on it")
        if not was_green(self._ground.root, self._files(new)):
            raise Violation(f"no gate has let the files of {new} pass")
        self._landed.append(new)
        self._machine.counts["main moved"] += 1

    def _files(self, commit: str) -> dict[str, str]:
        said = self._git("ls-tree", "-r", "-z", commit).split("\0")[:-1]
        return {
            name: facts.split()[2] for facts, _, name in (line.partition("\t") for line in said)
        }

    def _git(self, *args: str) -> str:
        return self._ground.main.git(*args)

    # ---------------------------------------------------------------------- requests, branches

    def _check_requests(self, task: Task, requests: list[MergeRequest]) -> None:
        landed = [each for each in requests if each.state is MergeState.MERGED]
        merged = [each for each in landed if each.id not in self._undone]
        if len(merged) > 1:
            raise Violation(f"{task.name} landed twice")
        if bool(merged) != (task.state is TaskState.MERGED):
            raise Violation(f"{task.name} is {task.state} with {len(merged)} landings")
        for request in merged:
            if request.candidate not in self._on_main:
                raise Violation(f"{task.name} counts as merged, and main does not have it")
        for request in requests:
            if request.attempts > self._ground.crashes:
                raise Violation(f"{task.name} counts as cut off {request.attempts} times")
            if request.rejection is not None:
                self._check_rejection(task, request.rejection)

    def _check_rejection(self, task: Task, rejection: Rejection) -> None:
        allowed = set(_REASONS[self._ground.kinds[task.name]])
        if self._worked_again(task):
            allowed |= _AFTER_NEW_WORK
        if self._ground.crashes >= ATTEMPTS:
            allowed.add(Rejection.CUT_OFF)
        if rejection not in allowed:
            raise Violation(f"{task.name} is refused: {rejection}")

    def _worked_again(self, task: Task) -> bool:
        checkout = self._machine.checkouts[str(task.worktree)]
        return checkout.commits > 1 or checkout.uncommitted > 0

    def _check_kept(self, task: Task, requests: list[MergeRequest]) -> None:
        """A branch goes only when main has its work, and its tip is kept in the hub."""
        if task.name in self._gone or self._ground.tip(task.branch):
            return
        if not any(request.state is MergeState.MERGED for request in requests):
            raise Violation(f"the branch of {task.name} is gone, and nothing says that it landed")
        kept = self._git(f"--git-dir={self._ground.paths.hub}", "for-each-ref", "refs/wta/archive")
        landed = next(each for each in requests if each.state is MergeState.MERGED)
        if str(landed.source) not in kept:
            raise Violation(f"the branch of {task.name} is gone, and its commits with it")
        self._gone.add(task.name)

    # ------------------------------------------------------------------------------------- at rest

    def put_right(self, db: Database, names: Iterable[str]) -> None:
        """Take what landed into files that were spared; somebody must have said that they were."""
        with db.read():
            told = " ".join(request.hint for request in merge_requests(db))
        if untold := [name for name in self._ground.taken_back if name not in told]:
            raise Violation(f"a commit takes back what landed in {untold}, and nobody said so")
        for name in names:
            if self._git("diff", "--name-only", "HEAD", "--", name):
                if name not in told:
                    raise Violation(f"{name} lacks what landed, and nobody has said so")
                self._machine.counts["an edit was spared"] += 1
                self._git("checkout", "HEAD", "--", name)

    def check_rest(self, db: Database) -> None:
        super().check_rest(db)
        with db.read():
            known = tasks(db, removed=True)
            requests = merge_requests(db)
            parked = {task.id for task in known if self._is_parked(db, task)}
            parked |= {each.task_id for each in requests if each.id in self._undone}
            undos = {Oid(each["candidate"]) for each in db.rows(_UNDOS)}
            moves = [each["data"] for each in db.rows(_MOVES)]
        for commit in self._ground.took_along:
            if not any(commit[:10] in move for move in moves):
                raise Violation(f"{commit} took along what was landing, and nobody said so")
        self._check_told(requests, undos)
        waiting = [request for request in requests if request.state in LIVE_MERGE_STATES]
        if waiting:
            raise Violation(f"{len(waiting)} requests never come to an end")
        refused = {request.task_id for request in requests if request.rejection is not None}
        for task in known:
            lands = self._ground.kinds[task.name] is Kind.WELL and not self._worked_again(task)
            ended = task.state is TaskState.MERGED or task.id in parked
            if lands and not ended and task.id not in refused:
                raise Violation(f"{task.name} could land, and is {task.state}")
        subjects = Counter(self._git("log", "--format=%s", "main").splitlines())
        twice = [subject for subject, count in subjects.items() if count > 1]
        if twice:
            raise Violation(f"on main more than once: {', '.join(twice)}")
        self._check_tidy()

    def _is_parked(self, db: Database, task: Task) -> bool:
        """Whether it got new words, and its agent failed over them: a person takes it further."""
        last = next(iter(reversed(runs_of(db, task.id))), None)
        fault = last and last.exit and last.exit.reason
        return task.state is TaskState.FAILED and fault not in (None, ExitReason.COMPLETED)

    def _check_told(self, requests: Iterable[MergeRequest], undos: set[Oid]) -> None:
        """Every move of main by wta is somebody's landing, or the undo of one."""
        landed = (each.candidate for each in requests if each.state is MergeState.MERGED)
        candidates = {*landed, *undos}
        untold = [tip for tip in self._landed if tip not in candidates]
        if untold:
            raise Violation(f"landed, and nobody knows: {', '.join(untold)}")

    def _check_tidy(self) -> None:
        left = [path.name for path in self._ground.git_dir.glob("*.lock")]
        left += [path.name for path in self._ground.git_dir.glob("wta-*")]
        left += self._ground.main.status()
        if left:
            raise Violation(f"left in the checkout of main: {', '.join(left)}")
