"""The tasks of the shop: every state a person can meet, as a look finds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.records import NOW, a_merge, a_pulse, later, worktree_facts
from tests.support.statuses import USAGE, an_item, at_work, named
from wtagents.agent.events import Asked
from wtagents.agent.inquiries import parse_inquiries
from wtagents.agent.stream import summary_of
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.landing.merge import (
    GateResult,
    Hold,
    MergeState,
    Rejection,
)
from wtagents.core.record import replace
from wtagents.core.run import Phase, Question
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.liveness import Confidence, Liveness
from wtagents.core.watching.radar import Place
from wtagents.operations.radar.named import RadarClash

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.telling.status import TaskStatus

GATE = "python3 -m unittest discover --quiet"
PROMPT = """\
Add discounted(percent) to Cart: the total with so many percent taken off.

- rounded down, in whole cents
- with tests for 0, 100 and what lies beyond them
"""
EDIT = {
    "file_path": "/home/ada/shop-worktrees/currency/shop/money.py",
    "old_string": 'def show(cents):\n    """Return an amount."""\n    return f"{cents / 100}"\n',
    "new_string": 'def show(cents, sign="€"):\n    """Return an amount."""\n'
    '    return f"{cents // 100}.{cents % 100:02d} {sign}"\n',
}
RED = """\
FAIL: test_lines (tests.test_receipt.ReceiptTest)
AssertionError: Lists differ: ['3 x pen  4'] != ['3 x pen  3.60']
Ran 6 tests in 0.001s
FAILED (failures=1)"""
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "receipt": (
        "Bash",
        {"command": "git fetch origin\ngit push --force-with-lease origin wta/receipt"},
    ),
    "currency": ("Edit", EDIT),
    "coupons": (
        "AskUserQuestion",
        {
            "questions": [
                {
                    "question": "May several coupons be used for one cart?",
                    "header": "Coupons",
                    "options": [
                        {"label": "One", "description": "the best one counts"},
                        {"label": "All of them", "description": "one after the other"},
                    ],
                    "multiSelect": False,
                },
                {
                    "question": "Where is a coupon checked?",
                    "header": "Check",
                    "options": [
                        {"label": "In the cart", "description": "at each change"},
                        {"label": "At the till", "description": "once, before it is paid"},
                        {"label": "By the server", "description": "it may have run out meanwhile"},
                    ],
                    "multiSelect": True,
                },
            ]
        },
    ),
}


def shop_items() -> tuple[TaskStatus, ...]:
    """Return every state a person can meet, in the order in which the tasks were begun."""
    discount, tax = (_task("discount", 2, PROMPT), _task("tax", 9))
    clash = RadarClash(
        task=TaskName("tax"),
        other="discount",
        with_target=False,
        later=TaskName("tax"),
        places=(Place(path="shop/cart.py", kind="both"),),
        misfits=(),
        since=NOW,
    )
    return (
        an_item(_task("stock", 1, state=TaskState.MERGED)),
        replace(
            at_work("discount", 2, "Edit: tests/test_discount.py", clashes=(clash,)),
            task=replace(discount, state=TaskState.ACTIVE),
        ),
        _asks("receipt", 3),
        _asks("currency", 4),
        _asks("coupons", 5),
        _rejected(),
        an_item(
            _task("docs", 7, state=TaskState.FAILED, reason=Reason.NO_COMMITS),
            attention="no commits: the agent made no commit",
        ),
        _stuck(),
        an_item(
            replace(tax, state=TaskState.MERGING),
            merge=a_merge(state=MergeState.GATING, created_at=later(-90)),
            clashes=(clash,),
        ),
        an_item(_task("export", 10, state=TaskState.MERGING), merge=a_merge(id=2)),
        _held(),
        an_item(_task("search", 12, state=TaskState.READY), worktree=worktree_facts(uncommitted=3)),
        an_item(_task("import", 13)),
        an_item(_task("basket", 14, state=TaskState.STOPPED)),
    )


def _rejected() -> TaskStatus:
    return an_item(
        _task("rounding", 6, state=TaskState.READY),
        attention=f"merge rejected: the gate '{GATE}' failed: FAILED (failures=1)",
        merge=a_merge(
            state=MergeState.REJECTED,
            rejection=Rejection.GATE_RED,
            detail=f"the gate '{GATE}' failed: FAILED (failures=1)",
            hint='look at the log, then: wta send rounding "the gate fails, see …"',
            gates=(a_gate(passed=False),),
            changed_at=later(-600),
        ),
        worktree=worktree_facts(commits=1, insertions=1, deletions=1),
    )


def _stuck() -> TaskStatus:
    return at_work(
        "prices",
        8,
        "Bash: python3 -m unittest tests.test_prices",
        liveness=Liveness.STUCK,
        confidence=Confidence.LIKELY,
        activity_age=1260.0,
        suspected_since=later(-240),
        attention="stuck: nothing heard for 21m, and no process of it at work",
        reasons=(
            "last output of the agent 1260 s ago",
            "python3 (pid 6850) has used no processor time for 20 min",
            "no model request is open",
        ),
    )


def _held() -> TaskStatus:
    return an_item(
        _task("ci", 11, state=TaskState.READY),
        attention="held: changes .github/workflows/test.yml",
        merge=a_merge(
            state=MergeState.REJECTED,
            rejection=Rejection.PROTECTED,
            detail="changes .github/workflows/test.yml",
            hint="look at it, then: wta merge ci --approve",
            holds=(_hold(),),
            candidate=an_oid("c"),
            changed_at=later(-1800),
        ),
    )


def _task(name: str, number: int, prompt: str = "", **changes: Any) -> Task:
    begun = later(-3600 + 60 * number)
    task = named(name, number, prompt=prompt or f"Look after {name}.", **changes)
    return replace(
        task,
        branch=BranchName.of_task(task.name),
        worktree=Path("/home/ada/shop-worktrees") / name,
        created_at=begun,
        changed_at=later(-60 * number),
    )


def _asks(name: str, number: int) -> TaskStatus:
    tool, given = QUESTIONS[name]
    asked_at = later(-30 * number)
    summary = summary_of(given)
    asked = Asked(request_id=name, tool=tool, summary=summary, input=given, tool_id=name)
    question = Question(
        request_id=name,
        tool=tool,
        summary=summary,
        asked_at=asked_at,
        inquiries=parse_inquiries(asked),
    )
    pulse = a_pulse(phase=Phase.ASKING, question=question, doing=f"{tool}: {summary}")
    item = at_work(name, number, "", attention=question.told, pulse=pulse)
    return replace(item, task=_task(name, number, state=TaskState.ACTIVE), usage=USAGE)


def a_gate(*, passed: bool) -> GateResult:
    return GateResult(
        command=GATE, passed=passed, seconds=12.3, log="/gates/1.log", tail="" if passed else RED
    )


def _hold() -> Hold:
    path = ".github/workflows/test.yml"
    return Hold(kind=Rejection.PROTECTED, path=path, detail=f"changes {path}", content="1")


def an_oid(letter: str) -> Oid:
    return Oid(letter * 40)
