"""What ended goes into the trash and comes back; what does not end stays."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from inline_snapshot import snapshot

from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repository import RepositoryBuilder
    from tests.support.shell import Shell

CRONTAB = """\
#!/bin/sh
case "$1" in
-l) [ -f "$0.table" ] || { echo "no crontab for ada" >&2; exit 1; }; cat "$0.table" ;;
-r) rm "$0.table" ;;
-) cat >"$0.table" ;;
esac
"""


def spawn(shell: Shell, name: str, *steps: str) -> None:
    assert shell.wta("spawn", name, "-", stdin="\n".join(["scenario:", *steps, ""])).status == 0


def quiet(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{10}\b", "OID", text)


def test_there_and_back(shell: Shell, repository: RepositoryBuilder) -> None:
    for name in ("landed", "given-up"):
        spawn(shell, name, f"write {name} <<END", "x", "END", f'commit "Add {name}"')
    spawn(shell, "stays", 'say "nothing"')
    shell.wta("wait", "landed", "given-up", "--timeout", "30s")
    shell.wta("wait", "stays", "--timeout", "30s")
    assert shell.wta("merge", "landed").status == 0
    assert shell.wta("cancel", "given-up").status == 0
    before = repository.refs(), repository.worktrees()
    foreseen = shell.wta("cleanup", "--dry-run")
    assert (foreseen.status, quiet(foreseen.out)) == snapshot(
        (
            0,
            """\
landed    may go  merged; its branch is at what landed, OID
given-up  may go  cancelled; its commits are archived
stays     kept    the task is failed
""",
        )
    )
    assert (repository.refs(), repository.worktrees()) == before
    done = shell.wta("cleanup")
    assert (done.status, quiet(done.out)) == snapshot(
        (
            0,
            """\
landed    gone  merged; its branch is at what landed, OID
given-up  gone  cancelled; its commits are archived
stays     kept  the task is failed
bring one back: wta undelete landed
""",
        )
    )
    assert [path.name for path in repository.worktrees()] == ["project", "stays"]
    assert "refs/heads/wta/landed" not in repository.refs()
    back = shell.wta("undelete", "landed")
    place = repository.path.with_name("project-worktrees") / "landed"
    assert (back.status, back.out) == (0, f"landed is back in {place}, on wta/landed\n")
    assert (place / "landed").read_text() == "x\n"
    again = shell.wta("undelete", "landed")
    assert (again.status, again.err) == (
        4,
        "error: task landed was not cleaned up\nhint: wta status landed\n",
    )
    kept = shell.wta("cleanup", "stays")
    assert (kept.status, kept.out) == (1, "stays  kept  the task is failed\n")


def test_what_nothing_brings_back_is_forgotten(shell: Shell, repository: RepositoryBuilder) -> None:
    (repository.path / "wta.toml").write_text(
        '[cleanup]\nkeep = "1s"\n[checkpoints]\nenabled = false\n'
    )
    spawn(shell, "landed", "write a <<END", "x", "END", 'commit "Add a"')
    shell.wta("wait", "landed", "--timeout", "30s")
    assert shell.wta("merge", "landed").status == 0
    swept = "swept from the trash: wta/landed"
    wait_until(lambda: swept in shell.wta("cleanup").out, what="the trash is swept")
    foreseen = shell.wta("cleanup", "--dry-run")
    assert (foreseen.status, foreseen.out) == snapshot(
        (0, "would be forgotten: 1 run, 1 archived commit of landed\n")
    )
    assert shell.wta("cleanup").out == "forgotten: 1 run, 1 archived commit of landed\n"
    assert shell.wta("cleanup") == (0, "there is nothing to clean up\n", "")


def test_nothing_to_clean_up(shell: Shell) -> None:
    assert shell.wta("cleanup") == (0, "there is nothing to clean up\n", "")
    nobody = shell.wta("undelete", "a")
    assert (nobody.status, nobody.err) == (
        4,
        "error: no task 'a' was cleaned up\nhint: wta cleanup --dry-run\n",
    )


def test_the_crontab_block_comes_and_goes(shell: Shell, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(CRONTAB)
    program.chmod(0o755)
    shell.sandbox.set_variable("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    made = shell.wta("cleanup", "--install-cron")
    first, *lines = made.out.splitlines()
    assert (made.status, first) == (0, "the crontab has these lines")
    assert [line.split()[:5] for line in lines] == [
        ["*/5", "*", "*", "*", "*"],
        ["23", "*", "*", "*", "*"],
    ]
    again = shell.wta("cleanup", "--install-cron").out
    assert again.splitlines()[0] == "the crontab has these lines, as before"
    assert shell.wta("cleanup", "--remove-cron").out == "taken out of the crontab\n"
    assert shell.wta("cleanup", "--remove-cron").out == "the crontab has none of our lines\n"
    both = shell.wta("cleanup", "--remove-cron", "--all")
    assert (both.status, both.err) == (
        2,
        "error: --install-cron and --remove-cron stand alone\nhint: wta cleanup --help\n",
    )
