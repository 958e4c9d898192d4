"""One seed of landings: tasks that are ready, whoever lands them, and a person who commits."""

from __future__ import annotations

from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, ClassVar

from tests.support.repository import RepositoryBuilder
from tests.support.simulation.acts import let_tick
from tests.support.simulation.landings.apart import FarFate, Line, Moment, act_apart
from tests.support.simulation.landings.deeds import ask_all, clean, land, taking_back
from tests.support.simulation.landings.history import Ground, History, Kind
from tests.support.simulation.landings.world import (
    BAD,
    PAIR,
    SWAP,
    LandingContext,
    WorktreeCheckout,
)
from tests.support.simulation.machine import Violation
from tests.support.simulation.play import Deed, Play
from tests.support.simulation.settings import LAYERS
from tests.support.simulation.world import Fate
from wtagents.core.config.settings import Layer, resolve_settings
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.git.worktrees import add_worktree, fill_worktree
from wtagents.operations.merge import MergeRequestOptions, ask_to_land
from wtagents.operations.tripwire import lay_tripwire
from wtagents.operations.withdraw import withdraw
from wtagents.store.merges import live_merge_requests
from wtagents.store.tasks import add_task, move_task, tasks
from wtagents.store.undos import undone_landings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.simulation.world import SimulatedContext
    from wtagents.core.task import Task

STORY = "".join(f"line {number}\n" for number in range(9))
TASKS = 4
_DELICATE = (
    "before git update-ref",
    "after git update-ref",
    "before git read-tree",
    "after a gate",
)
"""Words of effects."""
_HELD = (f"before git {SWAP}", f"after git {SWAP}", "before git read-tree", "after git read-tree")
"""Effects of a landing that holds the lock of a checkout."""
_MERGE = {"gate": ["gate"], "resolver": "none", "ladder": ["agent"], "slots": 1}
_SETTINGS = resolve_settings([*LAYERS, Layer(source="simulation", values={"merge": _MERGE})])


class LandingPlay(Play):
    """The world of one seed, with a repository that is real."""

    rounds: ClassVar[int] = 16
    costs: ClassVar[bool] = False

    def _make_ground(self) -> History:
        self.main = RepositoryBuilder.begun(self.repository, template=self.root.parent / "begun")
        self.main.commit({"story.txt": STORY}, "Begin a story")
        self.ground = Ground(main=self.main, paths=self.paths, root=self.root)
        self.mine = 0
        self.whim = Random(-self.seed)  # noqa: S311 - by itself: older seeds go as they went
        if self.rng.random() < 0.4:
            self.ground.go(away=True)
        context = self._new_context()
        lay_tripwire(context)
        context.close()
        self.history = History(self.machine, self.ground)
        return self.history

    @cached_property
    def _begun(self) -> LandingContext:
        return LandingContext(
            self.repository, self.paths, self.machine, self.ids, _SETTINGS, self.connections
        )

    # ------------------------------------------------------------------------- who acts, and dies

    def _act(self, deed: Deed) -> None:
        """Let somebody act: whoever lands, asks or cleans up in a process of its own."""
        if deed not in (land, clean, self._ask, self._withdraw):
            super()._act(deed)
            return
        crash = self._moment() if self.rng.random() < 0.5 else None
        meanwhile = self._moment() if self.rng.random() < 0.6 else None
        self._apart(deed, crash=crash, meanwhile=meanwhile)

    def _moment(self) -> Moment:
        """Choose any effect, or one round which a mistake would cost most."""
        if self.rng.random() < 0.3:
            return Moment(after=self.rng.randrange(45))
        return Moment(after=0, name=self.rng.choices(_DELICATE, (4, 2, 1, 1))[0])

    def _apart(
        self,
        deed: Deed,
        *,
        crash: Moment | None = None,
        meanwhile: Moment | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        self._close()
        began = self.clock.monotonic()
        passed = 0.0

        def be(line: Line) -> None:
            self.clock.machine = None
            self.machine.journal = self.journal = []
            context = self._new_context()
            context.fate = FarFate(crash=crash, meanwhile=meanwhile, line=line)
            try:
                deed(context)
            finally:
                for text in self.journal:
                    line.say("note", text)
                line.say("passed", self.clock.monotonic() - began)
            context.close()

        def hear(about: str, what: list[object]) -> None:
            nonlocal passed
            if about == "meanwhile" and between is not None:
                between()
            elif about == "meanwhile":
                self._get_between(str(what[0]), alone=bool(what[1]))
            elif about == "passed":
                passed = float(str(what[0]))
            elif about == "defect":
                raise Violation(f"a defect: {what[0]}")
            elif about == "note":
                self.journal.append(str(what[0]))
            elif about != "end":
                self._note(" ".join(map(str, (about, *what))))
            self.machine.counts[about] += about in ("crash", "meanwhile", "refused")
            self.ground.crashes += about == "crash" and deed is land
            self._let_git_die(about, what)

        act_apart(deed=be, hear=hear)
        self.machine.live(passed)
        self._check(is_ticked=False)

    def _let_git_die(self, about: str, what: list[object]) -> None:
        """Let a git that moves main die with who lands: it has made its locks, and no more."""
        if about == "crash" and what[0] == f"before git {SWAP}" and self.whim.random() < 0.5:
            self.ground.leave_swap()
            self.machine.counts["git dies in its swap"] += 1
            self._note("git dies with it, and leaves its locks")

    def _get_between(self, where: str, *, alone: bool) -> None:
        """Let somebody act between two effects of another process: a person always can."""
        self._note(f"meanwhile, {where}:")
        if (self.ground.git_dir / "index.lock").exists() and self.whim.random() < 0.4:
            self._take_lock()
        elif alone or self.rng.random() < 0.6:
            self._be_the_person()
        else:
            self._carry_out(self.rng.choice(self._meanwhile()), Fate(overtakes=True))
        self._note("and then")

    def _meanwhile(self) -> list[Deed]:
        return [let_tick, self._withdraw, self._retry, self._send, land]

    # ----------------------------------------------------------------------- what people and wta do

    def _deeds(self) -> list[Deed]:
        return [
            *[self._ask] * 2,
            *[land] * 6,
            clean,
            self._withdraw,
            self._retry,
            self._send,
        ]

    def _turn(self) -> None:
        self._let_time_pass()
        if self.rng.random() < 0.15:
            self.rng.choice(self._faults())()
        if self.rng.random() < 0.3:
            self._act(let_tick)
        chance = self.rng.random()
        if chance < 0.2 and len(self.ground.kinds) < TASKS:
            self._grow()
            self._act(self._ask)
        elif chance < 0.3:
            self._be_the_person(is_alone=True)
            self._check(is_ticked=False)
        else:
            self._act(self.rng.choice(self._deeds()))

    def _grow(self, kind: Kind | None = None) -> None:
        """Have one task more, whose agent is done."""
        name = TaskName(f"t{len(self.ground.kinds) + 1}")
        kind = kind or self.rng.choice(list(Kind))
        context = self._new_context()
        base, path = Oid(self.ground.tip()), self.root / "worktrees" / name
        branch, owner = BranchName.of_task(name), self.paths.root.name
        repository = context.repository
        add_worktree(repository, path, branch=branch, base=base, task=name, owner=owner)
        fill_worktree(repository, path)
        at = self.clock.now()
        with context.database.write() as db:
            task = add_task(
                db,
                name=name,
                prompt="work",
                base=base,
                target=BranchName("main"),
                branch=branch,
                worktree=path,
                agent=AgentSpec(kind=AgentKind.SCRIPTED),
                merge_when_ready=False,
                at=at,
            )
            move_task(db, task.id, TaskState.ACTIVE, at=at)
            move_task(db, task.id, TaskState.READY, at=at)
        context.close()
        checkout = WorktreeCheckout(path=path, commits=1, is_filled=True)
        self.machine.checkouts[str(path)] = checkout
        files = self._files(name, kind)
        if files:
            RepositoryBuilder(path).commit(files, f"Work of {name}")
        self.ground.kinds[name] = kind
        self._note(f"{name} is ready: {kind}")

    def _files(self, name: str, kind: Kind) -> dict[str, str]:
        own = {f"{name}.txt": f"{name}\n"}
        match kind:
            case Kind.EMPTY:
                return {}
            case Kind.CLASHING:
                return own | {"story.txt": STORY.replace("line 4", f"line of {name}")}
            case Kind.BAD:
                return {f"{name}{BAD}": "bad\n"}
            case Kind.PAIRED:
                return own | {PAIR[len(self.ground.kinds) % 2]: "half\n"}
            case Kind.WELL:
                return own

    def _be_the_person(self, *, is_alone: bool = False) -> None:
        """Commit to main in its checkout, push to it from elsewhere, or leave an edit lying."""
        self.mine += 1
        ground, name = self.ground, f"mine-{self.mine}.txt"
        line = f"line {self.rng.choice((1, 4))}"
        here: dict[str, Callable[[], None]] = {
            "commits": (
                ground.commit_edits
                if ground.edited and self.mine % 2
                else lambda: ground.commit({name: f"{name}\n"}, f"Add {name}")
            ),
            "writes on": lambda: ground.rewrite("story.txt", line, f"{line} of mine {self.mine}"),
            "edits": lambda: ground.leave_edit("story.txt", (1, 5, 9)[self.mine % 3]),
            "goes": lambda: ground.go(away=True),
        }
        if not ground.is_away:
            deed, act = self.rng.choice(list(here.items()))
        elif self.rng.random() < 0.8:
            deed, act = "pushes", lambda: ground.push(f"Push {self.mine}")
        else:
            deed, act = "comes back", lambda: ground.go(away=False)
        self._note(f"the person {deed}, {self.mine}")
        self.machine.counts[f"the person {deed}"] += 1
        refused = self._try(act)
        if is_alone and self.mine % 2 and "index.lock" in refused:
            (ground.git_dir / "index.lock").unlink(missing_ok=True)
            self.machine.counts["a lock is removed by hand"] += 1
            self._note("the person removes the file, and tries again")
            self._try(act)

    def _take_lock(self) -> None:
        """Take the lock away from a landing that lives, and stage something, or commit that."""
        self.machine.counts["a lock is taken from a living landing"] += 1
        self._note("the person removes the file while a landing lives, and adds a file")
        self.ground.take_lock()
        self._try(lambda: self.ground.stage(f"staged-{self.mine}.txt"))
        if self.whim.random() < 0.4:
            self._note("the person commits what is staged")
            self._try(lambda: self.ground.commit_staged(f"Stage {self.mine}"))

    def _try(self, act: Callable[[], None]) -> str:
        """Do what git may refuse; return why it did, or ''."""
        try:
            act()
        except AssertionError as refused:
            self._note(f"git refuses: {str(refused).rpartition(chr(10))[2]}")
            return str(refused)
        return ""

    def _ask(self, context: SimulatedContext) -> None:
        """Ask for everything that is ready, or most of the time for one task."""
        with context.database.read() as db:
            ready = [task.name for task in tasks(db) if task.state is TaskState.READY]
        if ready:
            chosen = ready if self.rng.random() < 0.4 else [self.rng.choice(ready)]
            self._note(f"ask to land {', '.join(chosen)}")
            ask_to_land(context, MergeRequestOptions(names=tuple(chosen)))

    def _withdraw(self, context: SimulatedContext) -> None:
        self._with_task(context, "withdraw", lambda name: withdraw(context, (name,)))

    # ------------------------------------------------------------------------------------- the end

    def _faults(self) -> list[Callable[[], object]]:
        return [self._kill_some, self._hang, self._suspend, self._reboot, self._set_clock]

    def _calm(self) -> None:
        """Take all edits away, ask for everything that is ready, and let it land."""
        self._note("calm")
        edited = self.ground.drop_edits()
        self._apart(land)
        try:
            self.history.put_right(self.watch, edited)
            self.ground.go(away=False)
        except AssertionError as refused:
            raise Violation(f"git refuses the person in all calm: {refused}") from refused
        while len(self.ground.kinds) < 2:
            self._grow()
        self._calm_agents()
        self._race()
        self._lose_a_lock()
        self._apart(ask_all)
        for _ in range(8):
            self._apart(land)
            self._carry_out(let_tick, Fate())
            if not self._waiting():
                break
        self._cut_an_undo_off()
        if self.main.status():
            self.ground.commit_staged("Commit what is staged")
        self._apart(clean)
        self.rules.check_rest(self.watch)

    def _race(self) -> None:
        """Let the person push in the very moment in which a landing moves main."""
        self._grow(Kind.WELL)
        self.ground.go(away=True)
        self._apart(ask_all)
        moment = Moment(after=0, name=f"before git {SWAP}")
        self._apart(land, meanwhile=moment, between=lambda: self.ground.push("Push in a race"))
        self.ground.go(away=False)

    def _lose_a_lock(self) -> None:
        """Let the person take the lock away as a landing moves main in its checkout."""
        self._grow(Kind.WELL)
        self._apart(ask_all)
        moment = Moment(after=0, name=self.whim.choice(_HELD))
        self._apart(land, meanwhile=moment, between=self._take_lock)

    def _cut_an_undo_off(self) -> None:
        """Take the last landing back, and die as main moves; the next landing finds out."""
        with self.watch.read() as db:
            landed = [task for task in tasks(db) if task.state is TaskState.MERGED]
        if not landed:
            return
        name = str(self.whim.choice(landed).name)
        self._note(f"undo {name}")
        self._apart(taking_back(name), crash=Moment(after=0, name=self.whim.choice(_HELD)))
        self._apart(land)
        with self.watch.read() as db:
            self.machine.counts["an undo is cut off, and done"] += len(undone_landings(db))

    def _calm_agents(self) -> None:
        for runner in self.machine.all_runners():
            runner.is_hung = False
        # A clock that was set back has caught up: a limit ends when the wall clock says so.
        self.clock.suspend(self.rounds * 86400.0)
        for _ in range(60):
            self._carry_out(let_tick, Fate())
            if not self.machine.all_runners() and not self._moving():
                return
            self.machine.live(300.0 if not self.machine.all_runners() else 30.0)

    def _moving(self) -> list[Task]:
        moving = (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)
        with self.watch.read() as db:
            return [task for task in tasks(db) if task.state in moving]

    def _waiting(self) -> bool:
        with self.watch.read() as db:
            return bool(live_merge_requests(db))
