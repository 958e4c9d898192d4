"""Bring tasks onto their target, and look before and after."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from inline_snapshot import snapshot

from wtagents.system.clock import SystemClock

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder
    from tests.support.shell import Shell


def spawn(shell: Shell, name: str, *steps: str) -> None:
    prompt = "\n".join(["scenario:", *steps, f'commit "Change {name}"', ""])
    assert shell.wta("spawn", name, "-", stdin=prompt).status == 0


def quiet(text: str) -> str:
    """Leave out what differs from run to run (object names, seconds, places) and long ends."""
    text = re.sub(r"\b[0-9a-f]{10}\b", "OID", text)
    text = re.sub(r"\d+\.\d s", "N s", text)
    text = re.sub(r"/\S*/", "/…/", text)
    return "".join(f"{line[:80].rstrip()}\n" for line in text.splitlines())


def test_clean_conflicting_and_red_in_one_night(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    repository.commit(
        {
            "f.txt": "one\ntwo\nthree\n",
            "check": "test ! -e broken && test 3 = $(wc -l <f.txt)\n",
            "wta.toml": '[merge]\ngate = ["sh check"]',
        }
    )
    assert shell.wta("merge", "--ready").status == 3
    assert shell.wta("trust", "--yes").status == 0
    spawn(shell, "a", 'replace f.txt "two" "two a"')
    spawn(shell, "b", 'replace f.txt "two" "two b"')
    spawn(shell, "red", "write broken <<END\nx\nEND")
    assert shell.wta("wait", "--timeout", "40s").status == 0
    tip = repository.tip("main")
    foreseen = shell.wta("merge", "--ready", "--dry-run")
    assert (foreseen.status, foreseen.err) == (0, "")
    assert quiet(foreseen.out) == snapshot("""\
a onto main: clean, 1 commit, batch 1
red onto main: clean, 1 commit, batch 1
b onto main: conflict, 1 commit, batch 2
  f.txt (both changed the same lines): a person decides
  next: wta resolve b; or: wta send b "rebase onto main and resolve the conflict
gates that must pass: sh check
""")
    assert repository.tip("main") == tip
    landed = shell.wta("merge", "a", "b")
    assert landed.status == 1
    assert quiet(landed.out) == snapshot("""\
a merged onto main at OID, 1 commit
  gate passed in N s: sh check
b rejected: conflict: it conflicts with main: f.txt: both changed the same lines
  next: wta resolve b; or: wta send b "rebase onto main and resolve the conflict
""")
    assert repository.subjects("main")[0] == "Change a"
    assert repository.files()["f.txt"] == b"one\ntwo a\nthree\n"
    stopped = shell.wta("merge", "red")
    assert (stopped.status, quiet(stopped.out)) == snapshot(
        (
            1,
            """\
red rejected: gate red: the gate 'sh check' failed
  gate failed in N s: sh check
    its output: /…/red-3-1-again-1.log
  next: look at /…/red-3-1-again-1.log, then: wta send red "the gate fails, see
""",
        )
    )
    assert shell.data("status", "a")[0]["task"]["state"] == "merged"


def test_on_a_terminal_each_result_is_said_once(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    repository.commit({"f.txt": "one\n", "wta.toml": '[merge]\ngate = ["test -e f.txt"]'})
    assert shell.wta("trust", "--yes").status == 0
    spawn(shell, "a", "write a.txt <<END\nx\nEND")
    spawn(shell, "b", "write b.txt <<END\nx\nEND")
    assert shell.wta("wait", "--timeout", "40s").status == 0
    shell.sandbox.enter(shell.folder)

    said = shell.type("--no-color", "merge", "a", "b", keys="")

    passing, _, answer = said.out.rpartition("\x1b[J")
    assert said.status == 0
    assert "a: merged, " in passing
    assert quiet(answer) == snapshot("""\
a merged onto main at OID, 1 commit
  gate passed in N s: test -e f.txt
b merged onto main at OID, 1 commit
  gate passed in N s: test -e f.txt
""")


def test_a_planted_hook_stops_landings_until_it_is_accepted(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    assert shell.wta("doctor", "--accept").status == 4
    spawn(shell, "a", "write a.txt <<END\na\nEND")
    assert shell.wta("wait", "--timeout", "20s").status == 0
    assert shell.wta("doctor", "--accept").status == 0
    hook = repository.path / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    assert shell.wta("merge", "a").status == 1
    found = shell.wta("doctor")
    assert found.status == 1
    assert "changed since it was accepted: hooks/post-checkout appeared\n" in found.out
    accepted = shell.wta("doctor", "--accept")
    assert (accepted.status, accepted.out) == (0, "accepted: hooks/post-checkout appeared\n")
    assert shell.wta("doctor", "--accept").out == "nothing had changed\n"
    assert shell.wta("merge", "a").status == 0


def test_nothing_to_land_and_nobody_named(shell: Shell) -> None:
    nobody = shell.wta("merge")
    assert (nobody.status, nobody.err) == (
        2,
        "error: name tasks, or say --ready\nhint: wta merge NAME…, or: wta merge --ready\n",
    )
    none = shell.wta("merge", "--ready")
    assert (none.status, none.out, none.err) == (0, "", "no task is ready\n")


def test_a_task_lands_after_those_it_names_and_can_be_withdrawn(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    spawn(shell, "base", "write base.txt <<END\n1\nEND")
    nobody = shell.wta("spawn", "later", "do it", "--after", "bsae")
    assert (nobody.status, nobody.err.splitlines()[0]) == (4, "error: no task 'bsae'")
    prompt = 'scenario:\nwrite later.txt <<END\n1\nEND\ncommit "Change later"\n'
    assert shell.wta("spawn", "later", "-", "--after", "base", stdin=prompt).status == 0
    assert shell.wta("wait", "--timeout", "40s").status == 0
    early = shell.wta("merge", "later")
    assert (early.status, early.out) == (1, "later waiting\n")
    assert [line.split()[:3] for line in shell.wta("queue").out.splitlines()[:2]] == [
        ["TASK", "STATE", "WHY"],
        ["later", "waiting", "lands"],
    ]
    queue, cost = shell.wta("queue").out, shell.wta("cost").out
    story, then = shell.wta("logs", "later").out, SystemClock().now().isoformat()
    taken = shell.wta("merge", "--withdraw", "later")
    assert (taken.status, taken.out) == (0, "later withdrawn: withdrawn by a person\n")
    assert shell.wta("merge", "--withdraw", "--ready").status == 2
    assert shell.wta("merge", "--ready").status == 0
    assert repository.subjects("main")[:2] == ["Change later", "Change base"]
    assert [line.split()[:3] for line in shell.wta("queue", "--at", then).out.splitlines()[:2]] == [
        line.split()[:3] for line in queue.splitlines()[:2]
    ]
    assert shell.wta("cost", "--at", then).out == cost
    assert shell.wta("logs", "later", "--at", then).out == story
    known = json.loads(shell.wta("status", "later", "--at", then, "--json").out)["data"][0]
    assert (known["task"]["state"], known["worktree"]["commits"]) == ("ready", 1)
    assert (known["merge"]["state"], known["is_past"]) == ("waiting", True)
    assert shell.wta("status", "--at", "9d").out == "there were no tasks then\n"
    for wrong, status in (("status --at soon", 2), ("queue --at 2d6", 2), ("logs x --at 1m", 4)):
        assert shell.wta(*wrong.split()).status == status


def test_what_is_held_is_looked_at_approved_and_taken_back(shell: Shell) -> None:
    spawn(shell, "a", "write CLAUDE.md <<END\nx\nEND")
    assert shell.wta("wait", "--timeout", "20s").status == 0
    held = shell.wta("merge", "a")
    assert (held.status, quiet(held.out)) == snapshot(
        (
            1,
            """\
a held: protected: CLAUDE.md: it adds a protected path (CLAUDE.md)
  next: look at it: wta diff a --landing; then: wta merge a --approve
""",
        )
    )
    assert shell.wta("diff", "a", "--landing", "--stat").out.startswith(" CLAUDE.md | 1 +\n")
    assert "\nheld      CLAUDE.md: it adds a protected path" in shell.wta("status", "a").out
    approved = shell.wta("merge", "a", "--approve")
    assert (approved.status, quiet(approved.out)) == snapshot(
        (
            0,
            """\
a merged onto main at OID, 1 commit
  not verified: no gate looked at it
""",
        )
    )
    asked = shell.wta("undo", "a", "--dry-run")
    assert (asked.status, asked.out) == snapshot(
        (0, "a would be undone on main: 1 commit, by one on top\n")
    )
    undone = shell.wta("undo", "a")
    assert (undone.status, quiet(undone.out)) == snapshot(
        (
            0,
            """\
a undone on main at OID: 1 commit
  not verified: no gate looked at it
  next: wta send a "…"; land it again as it is: wta merge a
""",
        )
    )
    assert shell.data("status", "a")[0]["task"]["reason"] == "undone"
    twice = shell.wta("undo", "a", "--json")
    assert twice.status == 4
    request = shell.wta("pr", "a", "--dry-run")
    assert (request.status, request.err) == snapshot(
        (
            4,
            """\
error: nothing says where the branch is to be pushed
hint: git remote add origin URL; or: wta pr a --remote NAME
""",
        )
    )
