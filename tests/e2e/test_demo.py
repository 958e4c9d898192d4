"""`wta demo` as a person runs it: a real process, its words, the world that it leaves."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.processes import run_to_end, start_apart, survivors
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.walls, pytest.mark.timeout(180)]

DEMO = (sys.executable, "-m", "wtagents", "demo")
SECONDS = 150.0
CLEAN, RESOLVED = (
    "no conflict, tests passed",
    "conflict in shop/cart.py resolved, verified, tested",
)
BASE = "A shop with a cart, a receipt and tests"
SUBJECTS = {
    "stock": "Know how many articles are left",
    "discount": "Give a discount on the total",
    "tax": "Add tax to the total",
}
REJECTED_SUBJECT = "Show money in whole units"
SAID = """\

What happened, in SECONDS s
  TASK      ENDED     HOW
  stock     merged    no conflict, tests passed
  discount  merged    {discount}
  tax       merged    {tax}
  rounding  rejected  its tests fail on top of main: FAILED (failures=2)

main
  * OID (main) {last}
  * OID {middle}
  * OID {first}
  * OID A shop with a cart, a receipt and tests
Not landed, still on its branch
  * OID (wta/rounding) Show money in whole units

Checked in the repository, not believed
  ok  four agents at once, a worktree each  4 processes at the same moment
  ok  main is the last tested candidate     at OID, checkout clean
  ok  nothing of the conflict was dropped   discounted and taxed in shop/cart.py
  ok  what was rejected stayed out of main  wta/rounding still at OID
  ok  the tests pass on main                Ran 10 tests: OK

Where to look
  in the demo  wta demo --keep leaves it: status, logs, diff, git log
  your own     cd REPOSITORY; wta init; wta doctor; wta spawn NAME "what to do"
"""


@pytest.fixture
def temporary(tmp_path: Path, sandbox: Sandbox) -> Path:
    """Return the folder in which the demo makes its own; its name is no shell word."""
    folder = tmp_path / "for a while"
    folder.mkdir()
    sandbox.set_variable("TMPDIR", str(folder))
    return folder


def told(said: str) -> str:
    """Return what must be said when the tasks landed in the order that is said.

    Which of two agents is ready first is up to the machine.
    """
    landed = [line for line in said.splitlines() if line.endswith(tuple(SUBJECTS.values()))]
    subjects = [line.partition("OID ")[2].removeprefix("(main) ") for line in landed]
    last, middle, first = subjects
    order = [name for each in (first, middle, last) for name in SUBJECTS if SUBJECTS[name] == each]
    discount_first = order.index("discount") < order.index("tax")
    how = (CLEAN, RESOLVED) if discount_first else (RESOLVED, CLEAN)
    return SAID.format(discount=how[0], tax=how[1], last=last, middle=middle, first=first)


def without_chance(text: str) -> str:
    """Replace what differs from run to run."""
    text = re.sub(r"in \d+\.\d s", "in SECONDS s", text)
    return re.sub(r"\b[0-9a-f]{7,10}\b", "OID", text)


def test_it_shows_what_it_promises_and_leaves_nothing(temporary: Path, sandbox: Sandbox) -> None:
    done = run_to_end(DEMO, seconds=SECONDS)
    said = without_chance(done.stdout.decode())
    assert (done.returncode, said) == (0, told(said)), done.stderr.decode()
    assert survivors(sandbox.mark) == []
    assert list(temporary.iterdir()) == []
    assert not sandbox.state.exists()
    assert list(sandbox.work.iterdir()) == [temporary]


def test_a_demo_that_does_not_go_as_promised_says_so_and_stays(
    temporary: Path, sandbox: Sandbox
) -> None:
    blind = temporary / "blind"
    blind.mkdir()
    (blind / "python3").write_text("#!/bin/sh\nexit 0\n")
    (blind / "python3").chmod(0o755)
    sandbox.set_variable("PATH", f"{blind}:{os.environ['PATH']}")
    done = run_to_end((*DEMO, "--json"), seconds=SECONDS)
    answer = json.loads(done.stdout)
    ends = {part["name"]: part["ended"] for part in answer["data"]["parts"]}
    assert (done.returncode, answer["ok"], ends["rounding"]) == (1, False, "merged")
    holds = {claim["says"]: claim["holds"] for claim in answer["data"]["claims"]}
    assert not holds["the tests pass on main"]
    assert not holds["what was rejected stayed out of main"]
    assert answer["data"]["kept"]
    assert (Path(answer["data"]["repository"]) / ".git").is_dir()
    assert survivors(sandbox.mark) == []


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
)
def test_ended_in_the_middle_it_leaves_nothing(
    number: signal.Signals, status: int, temporary: Path, sandbox: Sandbox
) -> None:
    demo = start_apart(DEMO)
    wait_until(
        lambda: len(list(temporary.glob("wta-demo-*/state/wta/*/runs/*/agent.json"))) == 4,
        what="four agents at work",
    )
    demo.send_signal(number)
    demo.communicate()
    assert demo.returncode == status
    if number is signal.SIGKILL:
        wait_until(lambda: not survivors(sandbox.mark), what=lambda: survivors(sandbox.mark))
        wait_until(lambda: not list(temporary.iterdir()), what="the guard has cleared the ground")
    assert survivors(sandbox.mark) == []
    assert list(temporary.iterdir()) == []


def test_without_claude_it_says_so(temporary: Path, sandbox: Sandbox) -> None:
    folders = os.environ["PATH"].split(":")
    without = [folder for folder in folders if not (Path(folder) / "claude").exists()]
    sandbox.set_variable("PATH", ":".join(without))
    done = run_to_end((*DEMO, "--claude"), seconds=SECONDS)
    error = done.stderr.decode().partition("error: ")[2]
    assert (done.returncode, done.stdout) == (5, b"")
    assert error == (
        "the agent program claude is not there: no such program on PATH\n"
        "hint: npm install -g @anthropic-ai/claude-code, or set agent.program\n"
    )
    assert list(temporary.iterdir()) == []
