"""A repository with something to see on every screen: what the store, the runs and git know of it.

Nothing lives in it: the time stands still, and what a look would find is said by the test.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.support.clock import StandingClock
from tests.support.ready_tasks import Fleet
from tests.support.records import NOW, RUNNER, a_pulse, an_exit, later
from tests.support.shop_tasks import GATE, PROMPT, QUESTIONS, RED, a_gate, an_oid, shop_items
from tests.support.stored import stored_run, stored_task
from wtagents.core.keeping.checkpoint import Cause
from wtagents.core.landing.merge import (
    Author,
    MergeState,
    Rejection,
    Resolution,
)
from wtagents.core.landing.rung import Rung
from wtagents.core.run import Phase, RunState, Usage
from wtagents.core.task import TaskState
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.store.merges import (
    add_merge_request,
    last_landing,
    live_merge_request,
    move_merge_request,
)
from wtagents.store.runs import move_run
from wtagents.store.tasks import move_task, require_task
from wtagents.store.undos import add_undo
from wtagents.system.files import make_private_folder
from wtagents.system.run_folder import keep_pulse, write_pulse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.repository import RepositoryBuilder
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.store.database import Database

CART = """\
class Cart:
    def total(self):
        return sum(cents * count for _, cents, count in self.items)
"""
DISCOUNT = '''
    def discounted(self, percent):
        """Return the total with so many percent taken off, rounded down."""
        if not 0 <= percent <= 100:
            raise ValueError(f"{percent} percent cannot be taken off")
        return self.total() * (100 - percent) // 100
'''
TODOS = (
    ("Read how the cart adds up", "completed"),
    ("Add the method", "completed"),
    ("Write tests for the borders", "in_progress"),
    ("Run everything, then commit", "pending"),
)


class Shop:
    """The repository, and what a look at it finds."""

    def __init__(self, main: RepositoryBuilder) -> None:
        self.clock = StandingClock(NOW)
        main.commit({"shop/cart.py": CART}, "A shop")
        self.fleet = Fleet(main, clock=self.clock, gate=[GATE])
        self.context = self.fleet.context
        self.items = shop_items()
        for item in self.items:
            self._store(item.task)

    def close(self) -> None:
        """Close what was opened."""
        self.context.close()

    def _store(self, task: Task) -> None:
        """Let the store know a task; the id is that of the item."""
        if task.name == "discount":
            self.fleet.task(task.name, {"shop/cart.py": CART + DISCOUNT}, prompt=task.prompt)
            return
        with self.context.database.write() as db:
            stored_task(db, task.name, prompt=task.prompt)

    def ask(self) -> None:
        """Let agents ask, as their streams and their last signs of life say."""
        for name, (tool, given) in QUESTIONS.items():
            request = {"subtype": "can_use_tool", "tool_name": tool, "input": given}
            line = {"type": "control_request", "request_id": name, "request": request}
            run = self._run(name, [line])
            pulse = next(item.pulse for item in self.items if item.task.name == name)
            assert pulse is not None
            write_pulse(self.context.paths.run(run.id), pulse)

    def tell(self) -> None:
        """Let the agent of `discount` have told its story."""
        self._run("discount", list(_story(self.fleet.row("discount").worktree)))

    def change(self) -> None:
        """Let `discount` have checkpoints and work that is not committed."""
        worktree = self.fleet.row("discount").worktree
        self.keep(Cause.TURN)
        (worktree / "tests").mkdir()
        (worktree / "tests" / "test_discount.py").write_text("import unittest\n")
        self.keep(Cause.TIME)
        (worktree / "shop" / "cart.py").write_text(CART.replace("sum(", "round(") + DISCOUNT)

    def keep(self, cause: Cause) -> None:
        """Take a checkpoint, minutes after the one before."""
        take_checkpoint(self.context, self.fleet.row("discount"), cause)
        self.clock.at += timedelta(minutes=4)

    def land(self) -> None:
        """Let there be a queue: what lands, what waits, and what was decided."""
        red = a_gate(passed=False)
        solved = (
            Resolution(path="shop/cart.py", author=Author.WTA, rung=Rung.STRUCTURAL, dropped=()),
            Resolution(
                path="README.md", author=Author.AGENT, rung=Rung.AGENT, dropped=("one", "two")
            ),
        )
        green = {"gates": (a_gate(passed=True),), "onto": an_oid("a"), "candidate": an_oid("b")}
        self._decide("basket", MergeState.MERGED, resolutions=solved, **green)
        self._decide("stock", MergeState.MERGED, detail="2 commits on main; 1 gate passed", **green)
        self._decide(
            "rounding",
            MergeState.REJECTED,
            rejection=Rejection.GATE_RED,
            detail=f"the gate '{GATE}' failed: FAILED (failures=1)",
            hint='look at the log, then: wta send rounding "the gate fails, see …"',
            gates=(red,),
        )
        for name in ("tax", "export"):
            self._ask_to_land(name)
        with self.context.database.write() as db:
            basket = last_landing(db, require_task(db, "basket").id)
            assert basket is not None
            add_undo(db, basket, onto=an_oid("b"), candidate=an_oid("d"), why="", at=NOW)
            live = self._request(db, "tax")
            for state in (MergeState.REPLAYING, MergeState.GATING):
                move_merge_request(db, live, state, at=later(-40), batch=1, place=1)
        log = self.context.paths.gates / "tax-4-1.log"
        make_private_folder(log.parent)
        log.write_text("test_total (tests.test_cart.CartTest) ... ok\ntest_tax ...\n")
        os.utime(log, (NOW.timestamp(), NOW.timestamp()))

    def remember(self) -> None:
        """Let some minutes have passed in which something happened."""
        with self.context.database.write() as db:
            stock, docs = require_task(db, "stock"), require_task(db, "docs")
            for task in (stock, docs):
                move_task(db, task.id, TaskState.ACTIVE, at=later(-1200))
            run = stored_run(db, docs, at=later(-1200))
            move_run(db, run.id, RunState.RUNNING, at=later(-1200), runner=RUNNER)
            move_task(db, stock.id, TaskState.READY, at=later(-900))
        make_private_folder(self.context.paths.run(run.id).root)
        used = Usage(cost_usd=0.21, input_tokens=64_000, output_tokens=900, turns=4)
        pulse = a_pulse(phase=Phase.TOOL, doing="Edit: docs/discounts.md", usage=used)
        keep_pulse(self.context.paths.run(run.id), pulse, later(-640))

    def spend(self) -> None:
        """Let runs have cost something."""
        for name, usd, model, day in (
            ("stock", 1.9, "claude-opus-4-5", 2),
            ("basket", 0.35, "claude-haiku-4-5", 1),
            ("rounding", 0.8, "claude-sonnet-4-5", 1),
            ("tax", 4.2, "claude-opus-4-5", 0),
        ):
            usage = Usage(
                cost_usd=usd,
                input_tokens=int(usd * 310_000),
                output_tokens=int(usd * 9_000),
                turns=12,
                model=model,
            )
            at = NOW - timedelta(days=day)
            with self.context.database.write() as db:
                task = require_task(db, name)
                run = stored_run(db, task, at=at)
                move_run(db, run.id, RunState.RUNNING, at=at, runner=RUNNER)
                move_run(db, run.id, RunState.EXITED, at=at, exit=an_exit(usage=usage, at=at))

    def _run(self, name: str, lines: list[dict[str, Any]]) -> Run:
        with self.context.database.write() as db:
            run = stored_run(db, require_task(db, name))
            moved = move_run(db, run.id, RunState.RUNNING, at=NOW, runner=RUNNER)
        stream = self.context.paths.run(run.id).stream
        make_private_folder(stream.parent)
        stream.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        return moved or run

    def _ask_to_land(self, name: str) -> None:
        with self.context.database.write() as db:
            task = require_task(db, name)
            add_merge_request(
                db,
                task_id=task.id,
                target=task.target,
                squash=False,
                skip_gate=False,
                at=later(-90),
            )

    def _request(self, db: Database, name: str) -> int:
        found = live_merge_request(db, require_task(db, name).id)
        assert found is not None
        return found.id

    def _decide(self, name: str, state: MergeState, **changes: Any) -> None:
        self._ask_to_land(name)
        with self.context.database.write() as db:
            number = self._request(db, name)
            for step in (MergeState.REPLAYING, MergeState.GATING, MergeState.ADVANCING):
                if step is not MergeState.ADVANCING or state is MergeState.MERGED:
                    move_merge_request(db, number, step, at=later(-900))
            assert move_merge_request(db, number, state, at=later(-600), **changes)


def _story(worktree: Path) -> Iterator[dict[str, Any]]:
    """Write what Claude Code writes."""
    yield {"type": "system", "subtype": "init", "model": "claude-opus-4-5"}
    yield {"type": "user", "message": {"role": "user", "content": PROMPT}, "isReplay": True}
    todos = [{"content": text, "status": state, "activeForm": text} for text, state in TODOS]
    plan = "# Plan\n\n1. the method, beside `total`\n2. tests for **0**, **100** and beyond"
    calls: tuple[tuple[str, dict[str, Any], str, bool], ...] = (
        ("Read", {"file_path": str(worktree / "shop/cart.py")}, "class Cart: …", False),
        ("TodoWrite", {"todos": todos}, "ok", False),
        ("Edit", {"file_path": str(worktree / "shop/cart.py")}, "updated", False),
        ("Bash", {"command": GATE}, RED, True),
    )
    yield _says({"type": "thinking", "thinking": "Rounding down is // on whole cents."})
    yield _says({"type": "text", "text": "I begin with `Cart`; the **borders** come last."})
    yield _says({"type": "tool_use", "id": "t0", "name": "ExitPlanMode", "input": {"plan": plan}})
    for number, (tool, given, told, failed) in enumerate(calls, 1):
        yield _says({"type": "tool_use", "id": f"t{number}", "name": tool, "input": given})
        result = {
            "type": "tool_result",
            "tool_use_id": f"t{number}",
            "content": told,
            "is_error": failed,
        }
        yield {"type": "user", "message": {"role": "user", "content": [result]}}
    yield _says({"type": "text", "text": "One test fails: the receipt rounds by itself."})


def _says(block: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "assistant",
        "message": {"role": "assistant", "model": "claude-opus-4-5", "content": [block]},
        "parent_tool_use_id": None,
    }
