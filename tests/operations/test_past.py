"""A minute that has passed is as it was: each frame is looked at live, and again in the evening."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clock import ManualClock
from tests.support.ready_tasks import Fleet
from tests.support.records import NOW, a_pulse, a_question, an_exit
from tests.support.shop_tasks import an_oid
from tests.support.stored import stored_run, stored_task
from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.keeping.checkpoint import Cause
from wtagents.core.landing.merge import GateResult, MergeState, Rejection
from wtagents.core.message import MessageKind
from wtagents.core.record import record, replace
from wtagents.core.run import Phase, RunState, Usage
from wtagents.core.task import TaskState
from wtagents.core.watching.radar import Clash, Place, SeenClash, Span
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.operations.keeping.checkpoints import checkpoints
from wtagents.operations.landings import Landings, landings
from wtagents.operations.landings_then import NOT_KEPT, landings_at
from wtagents.operations.telling.cost import By, Cost, CostRequest, cost
from wtagents.operations.telling.diff import DiffRequest, diff
from wtagents.operations.telling.ledger import LedgerLine, ledger
from wtagents.operations.telling.overview import Overview, overview_of
from wtagents.operations.telling.past import overview_at, status_at
from wtagents.operations.telling.status import StatusRequest, status
from wtagents.operations.telling.story_then import story_until
from wtagents.store.after import add_after
from wtagents.store.merges import add_merge_request, move_merge_request
from wtagents.store.messages import add_message, mark_delivered
from wtagents.store.pauses import add_pause
from wtagents.store.radar import record_clashes
from wtagents.store.runs import move_run
from wtagents.store.tasks import mark_removed, move_task, set_merge_when_ready
from wtagents.store.undos import add_undo
from wtagents.system import run_folder
from wtagents.system.files import make_private_folder
from wtagents.system.process import own_identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.support.repository import RepositoryBuilder
    from wtagents.core.run import Pulse, Run
    from wtagents.core.task import Task
    from wtagents.store.database import Database


@record
class Frame:
    """All that the screens show."""

    overview: Overview
    landings: Landings | None
    sums: tuple[Cost, ...]
    outcomes: tuple[LedgerLine, ...]


class Day:
    """A repository in which time passes as the test says; the runner that lives is this process."""

    def __init__(self, main: RepositoryBuilder) -> None:
        self.clock = ManualClock(NOW)
        self.fleet = Fleet(main, clock=self.clock, gate=["make test"])
        self.context = self.fleet.context

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def write(self) -> AbstractContextManager[Database]:
        """Begin a change of the store."""
        return self.context.database.write()

    def wish(self, name: str) -> Task:
        """Let a task be wished for."""
        with self.write() as db:
            return stored_task(db, name, at=self.now)

    def begin(self, name: str) -> Run:
        """Let an agent begin."""
        task = self.fleet.row(name)
        with self.write() as db:
            run = stored_run(db, task, at=self.now)
            move_task(db, task.id, TaskState.PREPARING, at=self.now)
            move_task(db, task.id, TaskState.ACTIVE, at=self.now)
            move_run(db, run.id, RunState.RUNNING, at=self.now, runner=own_identity())
        folder = self.context.paths.run(run.id)
        make_private_folder(folder.root)
        run_folder.write_claim(folder, own_identity())
        run_folder.write_agent(folder, own_identity())
        self.say(run, "begins", a_pulse(phase=Phase.STARTING))
        return run

    def say(self, run: Run, text: str, pulse: Pulse) -> None:
        """Let the agent of a run say something, and its runner tell it."""
        folder = self.context.paths.run(run.id)
        with folder.stream.open("a") as stream:
            stream.write(f"{text}\n")
        run_folder.beat(folder)
        os.utime(folder.stream, (self.now.timestamp(), self.now.timestamp()))
        pulse = replace(pulse, at=self.now)
        run_folder.write_pulse(folder, pulse)
        run_folder.keep_pulse(folder, pulse, self.now)

    def end(self, run: Run, usage: Usage) -> None:
        """Let a run end well."""
        end = an_exit(usage=usage, at=self.now)
        run_folder.write_exit(self.context.paths.run(run.id), end)
        self.clock.advance(2)
        with self.write() as db:
            move_run(db, run.id, RunState.EXITED, at=self.now, exit=end)
            move_task(db, run.task_id, TaskState.READY, at=self.now)

    def ask_to_land(self, name: str) -> None:
        """Let a task be asked to land."""
        task = self.fleet.row(name)
        with self.write() as db:
            move_task(db, task.id, TaskState.MERGING, at=self.now)
            add_merge_request(
                db, task_id=task.id, target=task.target, squash=False, skip_gate=False, at=self.now
            )

    def move(self, name: str, to: MergeState, **changes: Any) -> None:
        """Let a landing go on."""
        request = self.fleet.request(name)
        with self.write() as db:
            assert move_merge_request(db, request.id, to, at=self.now, **changes) is not None

    def gate_says(self, log: str, text: str) -> str:
        """Let a gate write its log."""
        path = self.context.paths.gates / log
        make_private_folder(path.parent)
        path.write_text(text)
        os.utime(path, (self.now.timestamp(), self.now.timestamp()))
        return str(path)

    def live(self) -> Frame:
        """Look at everything now; every runner beats."""
        for beat in self.context.paths.runs.glob("*/heartbeat"):
            os.utime(beat, (self.now.timestamp(), self.now.timestamp()))
        items = status(self.context, StatusRequest(remembered=True)).data
        return Frame(
            overview=overview_of(self.context, items),
            landings=landings(self.context).data,
            sums=tuple(cost(self.context, CostRequest(by=by)).data for by in By),
            outcomes=ledger(self.context).data,
        )

    def then(self, at: datetime) -> Frame:
        """Look at everything as it was."""
        return Frame(
            overview=overview_at(self.context, at).data,
            landings=landings_at(self.context, at).data,
            sums=tuple(cost(self.context, CostRequest(by=by, at=at)).data for by in By),
            outcomes=ledger(self.context, at=at).data,
        )


def without_what_is_not_kept(frame: Frame) -> Frame:
    """Leave out the load of the machine, heartbeats, and the marks of the past."""
    items = tuple(
        replace(
            item,
            is_past=False,
            reasons=tuple(each for each in item.reasons if "heartbeat" not in each),
            worktree=None,
            clashes=tuple(
                replace(each, places=tuple(replace(p, lines=()) for p in each.places))
                for each in item.clashes
            ),
        )
        for item in frame.overview.items
    )
    return replace(frame, overview=replace(frame.overview, items=items, load=None))


@pytest.fixture
def day(repository: RepositoryBuilder) -> Iterator[Day]:
    built = Day(repository)
    yield built
    built.context.close()


USED = Usage(cost_usd=0.25, input_tokens=1000, output_tokens=70, turns=2, model="opus")
MORE = replace(USED, cost_usd=1.5, input_tokens=9000, context_tokens=50_000, context_window=200_000)
RED = GateResult(command="make test", passed=False, seconds=0.5, log="", tail="no")


def work(day: Day) -> Iterator[None]:
    """Two agents begin, one asks, and both end; each moment is worth a look."""
    one = day.wish("a")
    yield
    two = day.wish("b")
    with day.write() as db:
        add_after(db, two.id, [one.id])
    first = day.begin("a")
    yield
    pulse = a_pulse(phase=Phase.TOOL, doing="Bash: make", usage=USED)
    day.say(first, "two", pulse)
    second = day.begin("b")
    yield
    day.say(second, "b", replace(pulse, doing="Read: a file", repeats=7))
    asked = replace(pulse, phase=Phase.ASKING, question=a_question(), usage=MORE)
    yield
    day.say(first, "asks", asked)
    place = Place(path="a", kind="both changed the same lines", lines=(Span(first=1, last=2),))
    clash = Clash(first_id=one.id, second_id=two.id, places=(place,))
    with day.write() as db:
        record_clashes(db, [SeenClash(clash=clash, later_id=2, since=NOW)], day.now)
        add_message(db, one.id, MessageKind.TEXT, "go on", day.now)
    yield
    with day.write() as db:
        mark_delivered(db, 1, first.id, day.now)
        record_clashes(db, [], day.now)
    yield
    for run in (first, second):
        day.end(run, MORE)
        yield
    with day.write() as db:
        set_merge_when_ready(db, two.id, day.now, wanted=True)
    yield


def landing(day: Day) -> Iterator[None]:
    """One lands, the other comes too late, and is red when it begins again."""
    one, two = day.fleet.row("a"), day.fleet.row("b")
    day.ask_to_land("a")
    day.clock.advance(2)
    day.ask_to_land("b")
    yield
    day.move("a", MergeState.REPLAYING, source=an_oid("a"), batch=1, place=1)
    yield
    day.move("a", MergeState.GATING, onto=an_oid("b"), candidate=an_oid("c"))
    yield
    log = day.gate_says("a-1-1.log", "test one ... ok\n")
    yield
    day.move("a", MergeState.ADVANCING, gates=(replace(RED, passed=True, log=log),))
    yield
    day.move("a", MergeState.MERGED, detail="1 commit on main")
    with day.write() as db:
        move_task(db, one.id, TaskState.MERGED, at=day.now)
    yield
    day.move("b", MergeState.REPLAYING, batch=2, place=1)
    yield
    day.move("b", MergeState.WAITING, superseded=1, batch=None, place=None)
    yield
    day.move("b", MergeState.REPLAYING)
    day.move("b", MergeState.GATING)
    yield
    refused = {"rejection": Rejection.GATE_RED, "detail": "red", "hint": "?", "gates": (RED,)}
    day.move("b", MergeState.REJECTED, **refused)
    with day.write() as db:
        move_task(db, two.id, TaskState.READY, at=day.now)
    yield


def evening(day: Day) -> Iterator[None]:
    """Something is held back, taken back, and cleaned up."""
    landed, other = day.fleet.request("a"), day.fleet.row("b")
    with day.write() as db:
        add_pause(db, other.id, day.now)
    yield
    with day.write() as db:
        add_undo(db, landed, onto=an_oid("c"), candidate=an_oid("d"), why="", at=day.now)
    yield
    with day.write() as db:
        assert mark_removed(db, landed.task_id, day.now) is not None
    yield


def spoken(text: str) -> str:
    said = {"id": text, "content": [{"type": "text", "text": text}]}
    return json.dumps({"type": "assistant", "message": said})


def test_files_and_story_are_those_of_then(day: Day) -> None:
    worktree = day.fleet.task("a", {"one.txt": "1\n"})
    with day.write() as db:
        move_task(db, 1, TaskState.QUEUED, at=day.now)
    run, pulse = day.begin("a"), a_pulse(phase=Phase.THINKING)
    day.say(run, spoken("first"), pulse)
    day.clock.advance(60)
    begun = day.now
    (worktree.path / "two.txt").write_text("2\n2\n")
    assert take_checkpoint(day.context, day.fleet.row("a"), Cause.TIME) is not None
    day.clock.advance(60)
    then = day.now
    day.clock.advance(60)
    day.say(run, spoken("second"), pulse)
    (worktree.path / "two.txt").write_text("3\n")
    worktree.commit({"three.txt": "3\n"})
    day.end(run, USED)
    day.clock.advance(60)
    _ = status(day.context, StatusRequest(fresh=True))

    def told(at: datetime) -> list[str]:
        return [line.text for line in story_until(day.context, "a", at)]

    assert told(then) == ["run 1", "first"]
    assert told(day.now) == ["run 1", "first", "second", "run 1 ended, completed"]
    patch = diff(day.context, DiffRequest(name="a", at=then))
    assert b"+2\n+2\n" in patch.data.patch
    assert b"three" not in patch.data.patch
    assert patch.messages == (f"as of checkpoint 1, {begun.astimezone():%d %b %H:%M:%S}",)
    with pytest.raises(StateError, match="what a had changed by then was not kept"):
        diff(day.context, DiffRequest(name="a", at=begun - timedelta(seconds=1)))
    for at, number in ((then, 1), (begun - timedelta(seconds=1), 0)):
        assert len(checkpoints(day.context, "a", until=at).data.rows) == number
    seen = overview_at(day.context, then).data.items[0].worktree
    assert seen is not None
    assert (seen.commits, seen.files_changed, seen.insertions, seen.uncommitted) == (1, 2, 3, 1)
    day.context.paths.run(run.id).pulses.unlink()
    assert told(then) == ["run 1", "what run 1 had told by then was not kept"]
    assert [each.task.name for each in status_at(day.context, ("a",), then).data] == ["a"]
    with pytest.raises(NotFoundError, match="there was no task 'b' then"):
        story_until(day.context, "b", then).__next__()


def test_of_a_gate_that_went_on_only_the_end_is_kept(day: Day) -> None:
    list(work(day))
    for _ in landing(day):
        day.clock.advance(20)
    log = day.context.paths.gates / "a-1-1.log"
    ended = datetime.fromtimestamp(log.stat().st_mtime, UTC)
    for late, lines in ((-0.6, None), (-0.4, (NOT_KEPT,)), (0, ("test one ... ok",))):
        seen = landings_at(day.context, ended + timedelta(seconds=late)).data
        assert seen is not None
        assert [each.lines for each in seen.running] == ([lines] if lines else [])


def test_of_a_gate_that_ran_again_the_first_run_is_seen(day: Day) -> None:
    list(work(day))
    moments = []
    for _ in landing(day):
        day.clock.advance(20)
        moments.append(day.now)
        if len(moments) == 3:
            day.clock.advance(5)
            day.gate_says("a-1-1-again-1.log", "red for no reason\n")
    seen = landings_at(day.context, moments[2]).data
    assert seen is not None
    assert [(each.name, each.lines) for each in seen.running] == [("a-1-1-again-1", (NOT_KEPT,))]


def test_every_frame_of_a_day_is_as_it_was(day: Day) -> None:
    frames: list[tuple[datetime, Frame]] = []
    for _ in chain(work(day), landing(day), evening(day)):
        day.clock.advance(20)
        frames.append((day.now, day.live()))
        day.clock.advance(1)
    assert len({repr(frame) for _, frame in frames}) == len(frames)
    for number, (at, live) in enumerate(frames):
        then = without_what_is_not_kept(day.then(at))
        assert then == without_what_is_not_kept(live), f"frame {number}"
