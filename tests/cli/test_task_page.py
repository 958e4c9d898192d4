"""One task in full, and why it is called what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from inline_snapshot import snapshot

from tests.support.records import NOW, a_merge, an_ended_run
from tests.support.statuses import an_item, at_work, named
from wtagents.cli.pages.task_page import task_page
from wtagents.cli.style import Style
from wtagents.core.ids import Oid
from wtagents.core.landing.merge import Author, GateResult, MergeState, Rejection, Resolution
from wtagents.core.landing.rung import Rung
from wtagents.core.run import ExitReason
from wtagents.core.task import AgentKind, AgentSpec, Reason, TaskState
from wtagents.operations.telling.status import TaskStatus


def shown(item: TaskStatus) -> str:
    later = NOW + timedelta(minutes=3)
    return "\n".join(task_page(item, Style(color=False, width=80), now=later))


def test_a_task_at_work() -> None:
    item = at_work("fix-login", 1, "Edit src/login.py")
    spec = AgentSpec(model="opus", max_turns=20, budget_usd=2.5, timeout_seconds=1800)
    prompt = "\n".join(f"line {number}" for number in range(1, 15))
    item = replace(
        item,
        task=replace(item.task, agent=spec, prompt=prompt, merge_when_ready=True),
        reasons=("runner 4711 is alive", "last heartbeat 0 s ago"),
        waiting_messages=1,
    )
    assert shown(item) == snapshot("""\
fix-login  working  Edit src/login.py

  line 1
  line 2
  line 3
  line 4
  line 5
  line 6
  line 7
  line 8
  line 9
  line 10
  line 11
  line 12
  … in all 102 characters: wta status fix-login --json

branch    wta/fix-login, from 1111111111
target    main, merged when ready
worktree  /repo-worktrees/fix-login
agent     claude opus, at most 20 turns, at most $2.50, at most 30m
state     active for 3m
run       1, running for 3m
activity  12s ago
doing     Edit src/login.py
messages  1 not delivered yet
work      2 commits, 1 file, +1234 -3
usage     3 turns, 45.2k tokens in, 1.3k out, $0.42
context   23% of 200k tokens

Called working because
  runner 4711 is alive
  last heartbeat 0 s ago\
""")


def test_a_task_that_failed() -> None:
    task = named(
        "docs",
        1,
        state=TaskState.FAILED,
        reason=Reason.NO_COMMITS,
        detail="it ended without a commit",
        agent=AgentSpec(kind=AgentKind.COMMAND, argv=("mytool", "{prompt}")),
    )
    run = an_ended_run(ExitReason.COMPLETED, detail="said it was done")
    item = an_item(task, run=run, attention="no commits: it ended without a commit")
    assert shown(item) == snapshot("""\
docs  failed  no commits: it ended without a commit
next: wta logs docs

  fix the login

branch    wta/fix-login, from 1111111111
target    main
worktree  /repo-worktrees/fix-login
agent     command mytool {prompt}
state     failed for 3m
reason    no commits: it ended without a commit
run       1, exited, completed: said it was done\
""")


def test_a_task_whose_merge_was_rejected() -> None:
    merge = a_merge(
        state=MergeState.REJECTED,
        rejection=Rejection.GATE_RED,
        detail="pytest -q failed",
        hint='wta send search "the tests fail on main"',
        skip_gate=False,
        candidate=Oid("3" * 40),
        resolutions=(
            Resolution(
                path="a.py", author=Author.AGENT, rung=Rung.AGENT, dropped=("x = 1: twice",)
            ),
        ),
        gates=(
            GateResult(command="ruff", passed=True, seconds=0.31, log="/l/1", tail=""),
            GateResult(command="pytest -q", passed=False, seconds=12, log="/l/2", tail="1 failed"),
        ),
    )
    item = an_item(
        named("search", 1, state=TaskState.READY),
        merge=merge,
        attention="merge rejected: pytest -q failed",
    )
    assert shown(item) == snapshot("""\
search  ready  merge rejected: pytest -q failed
next: wta send search "the tests fail on main"

  fix the login

branch    wta/fix-login, from 1111111111
target    main
worktree  /repo-worktrees/fix-login
agent     claude
state     ready for 3m
merge     rejected onto main, gate red, pytest -q failed
resolved  a.py by agent, 1 line dropped
dropped   x = 1: twice
gate      passed in 0.3 s: ruff
gate      failed in 12.0 s: pytest -q
log       /l/2\
""")


def test_a_hostile_prompt_and_detail_stay_text() -> None:
    task = named(
        "a", 1, state=TaskState.FAILED, detail="\x1b[2Jgone", prompt="\x1b]0;x\x07\nb\u202e"
    )
    text = shown(an_item(task, attention="\x1b[2Jgone"))
    assert text.replace("\n", "").isprintable()
