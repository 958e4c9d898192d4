"""Deciding by hand, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from inline_snapshot import snapshot

from tests.cli.test_landing import quiet, spawn
from wtagents.system.lock import hold_lock

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder
    from tests.support.shell import Shell


def require_one_at_a_time(shell: Shell, folder: Path) -> None:
    with hold_lock(folder.parent.with_name("b.lock"), seconds=1, what="another one"):
        busy = shell.wta("resolve", "b", "--done")
    assert (busy.status, busy.out) == (6, "")
    assert busy.err == snapshot("""\
error: resolving b is busy: another wta process holds b.lock for more than 2 s
hint: try again, or see who it is: wta doctor
""")


def test_a_conflict_is_opened_decided_and_landed(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    repository.commit({"f.txt": "one\ntwo\nthree\n", "pic": b"\0 1"})
    steps = ['replace f.txt "two" "two b"', "write pic <<END\nx\nEND"]
    spawn(shell, "b", *steps)
    assert shell.wta("wait", "--timeout", "40s").status == 0
    repository.commit({"f.txt": "one\ntwo a\nthree\n", "pic": b"\0 2"}, "By hand")
    opened = shell.wta("resolve", "b")
    assert (opened.status, opened.err) == (0, "")
    assert quiet(opened.out) == snapshot("""\
b 2 conflicts with main
  in /…/tree
  f.txt: both changed the same lines
    take the target's version: wta resolve b --from-target f.txt
    take the branch's version: wta resolve b --from-branch f.txt
    or edit it: the target's lines stand above those of the branch, between mark
  pic: both changed a binary file
    take the target's version: wta resolve b --from-target pic
    take the branch's version: wta resolve b --from-branch pic
    or write the file as it shall be
  next: wta resolve b --done
""")
    folder = Path(json.loads(shell.wta("resolve", "b", "--json").out)["data"]["folder"])
    (folder / "f.txt").write_text("one\ntwo a\ntwo b\nthree\n")
    require_one_at_a_time(shell, folder)
    early = shell.wta("resolve", "b", "--done")
    assert (early.status, quiet(early.out).splitlines()[-2:]) == snapshot(
        (
            1,
            [
                "  pic: nobody has decided yet: both changed a binary file",
                "  next: wta resolve b --done",
            ],
        )
    )
    assert shell.wta("resolve", "b", "--from-branch", "pic").status == 0
    done = shell.wta("resolve", "b", "--done")
    assert (done.status, quiet(done.out)) == snapshot(
        (
            0,
            """\
b merged onto main at OID, 1 commit
  f.txt resolved by person
  pic resolved by person
  not verified: no gate looked at it
""",
        )
    )
    assert repository.files()["f.txt"] == b"one\ntwo a\ntwo b\nthree\n"
    assert repository.files()["pic"] == b"x\n"
