"""`wta radar` and what `wta status` says of clashes, as a person reads them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from tests.support.processes import run_to_end
from tests.support.ready_tasks import Fleet
from tests.support.warm import WTA

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder
    from tests.support.shell import Shell

LINES = "".join(f"{number}\n" for number in range(1, 21))


def changed(*lines: int, to: str) -> str:
    return "".join(f"{to}\n" if n in lines else f"{n}\n" for n in range(1, 21))


@pytest.fixture
def clashing(repository: RepositoryBuilder) -> None:
    """Make tasks that clash with each other and with main."""
    repository.commit({"src/app.py": LINES, "notes": LINES}, "Base")
    fleet = Fleet(repository)
    fleet.task("search", {"src/app.py": changed(3, 4, 12, to="s"), "old": "s\n"})
    fleet.task("login", {"src/app.py": changed(4, to="l"), "notes": changed(1, to="l")})
    fleet.task("quiet", {"else": "q\n"})
    gone = fleet.task("drop")
    gone.git("rm", "--quiet", "src/app.py")
    repository.commit({"notes": changed(1, to="m")}, "Move")
    fleet.context.close()


@pytest.mark.usefixtures("clashing")
def test_the_page(shell: Shell) -> None:
    said = shell.wta("radar")
    assert (said.status, said.err) == (0, "")
    assert said.out == snapshot("""\
        login  search  main
drop        1       1     ·
login               1     1
search                    ·

search and login clash: login came second
  src/app.py: both changed the same lines (search 3-4, login 3-4)

search and drop clash: drop came second
  src/app.py: changed by search, deleted by drop

login and main (its target) do not fit: login cannot land as it is
  notes: both changed the same lines (login 1, main 1)

login and drop clash: drop came second
  src/app.py: changed by login, deleted by drop
""")


def test_nothing_clashes(repository: RepositoryBuilder, shell: Shell) -> None:
    assert shell.wta("radar").out == snapshot(
        'no task has a worktree; begin with: wta spawn fix-login "fix the login"\n'
    )
    fleet = Fleet(repository)
    fleet.task("alone", {"x": "x\n"})
    fleet.context.close()
    assert shell.wta("radar").out == snapshot("1 task compared: nothing clashes\n")


@pytest.mark.usefixtures("clashing")
def test_json_and_a_choice_of_tasks(shell: Shell) -> None:
    report = shell.data("radar", "login")
    assert report["tasks"] == ["search", "login", "quiet", "drop"]
    assert [(each["task"], each["other"], each["later"]) for each in report["clashes"]] == [
        ("search", "login", "login"),
        ("login", "main", "login"),
        ("login", "drop", "drop"),
    ]
    assert report["clashes"][0]["places"] == [
        {
            "path": "src/app.py",
            "kind": "both changed the same lines",
            "lines": [{"first": 3, "last": 4}],
            "other_lines": [{"first": 3, "last": 4}],
        }
    ]


@pytest.mark.usefixtures("clashing")
def test_wrong_arguments(shell: Shell) -> None:
    assert shell.wta("radar", "--interval", "3s").status == 2
    assert shell.wta("radar", "nobody").status == 4


@pytest.mark.usefixtures("clashing")
def test_status_shows_it(shell: Shell) -> None:
    shell.wta("radar")
    listed = re.sub(r"\d+s$", "0s", shell.wta("status").out, flags=re.MULTILINE)
    assert listed == snapshot("""\
  TASK    STATE  NOW            COMMITS  CHANGES  CLASHES    SINCE
Ready to merge
  search  ready                       1    +4 -3  login +1      0s
  login   ready                       1    +2 -2  search +2     0s
  quiet   ready                       1    +1 -0                0s
  drop    ready  1 uncommitted            +0 -20  search +1     0s
""")
    page = shell.wta("status", "login").out.splitlines()
    first = next(number for number, line in enumerate(page) if line.startswith("clash "))
    assert "\n".join(page[first:]) == snapshot("""\
clash     with search in 1 place, login came second
          src/app.py: both changed the same lines (search 3-4, login 3-4)
clash     with its target main in 1 place
          notes: both changed the same lines (login 1, main 1)
clash     with drop in 1 place, drop came second
          src/app.py: changed by login, deleted by drop
          all of it: wta radar login\
""")
    assert shell.data("status", "quiet")[0]["clashes"] == []


@pytest.mark.usefixtures("clashing")
def test_claims_are_listed(shell: Shell) -> None:
    assert shell.wta("claim").out == "nothing is held\n"
    assert shell.wta("claim", "quiet", "src/", "*.md").status == 0
    shell.wta("radar")
    assert shell.wta("claim").out == snapshot("""\
PATH        TASK    HOW
src         quiet   claimed
*.md        quiet   claimed
else        quiet   changed
notes       login   changed
old         search  changed
src/app.py  search  changed
""")
    refused = shell.wta("claim", "login", "src/app.py")
    assert (refused.status, refused.out, refused.err) == snapshot(
        (
            4,
            "",
            """\
error: src/app.py is claimed by quiet: it holds src
hint: wta claim quiet src --release
""",
        )
    )
    assert shell.wta("claim", "quiet", "src", "--release").out == snapshot("""\
PATH  TASK   HOW
*.md  quiet  claimed
""")
    assert shell.wta("claim", "quiet", "--release").status == 2


@pytest.mark.usefixtures("clashing")
def test_who_watches_leaves_with_the_last_reader(shell: Shell) -> None:
    place = shlex.quote(str(shell.folder))
    line = f"{shlex.join(WTA)} -C {place} radar --watch --interval 1s | sed 3q; echo left"
    said = run_to_end(["sh", "-c", line], seconds=20).stdout.decode().splitlines()
    assert (len(said), said[1].split(), said[-1]) == (4, ["login", "search", "main"], "left")
