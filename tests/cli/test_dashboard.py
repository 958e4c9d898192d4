"""Where the dashboard opens, and where it says why it does not."""

from __future__ import annotations

import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import run_to_end
from tests.support.stored import stored_task
from tests.support.terminal import Tmux, close_terminal_of, talk_in_pty
from tests.support.waiting import wait_until
from wtagents.operations.context import Context

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder

WTA = (sys.executable, "-m", "wtagents")
SHOWN, BYE = b"fix-login", b"q"


def with_a_task(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        stored_task(db, at=context.clock.now())
    context.close()


def test_without_a_terminal_it_says_what_to_do(repository: RepositoryBuilder) -> None:
    done = run_to_end([*WTA, "dashboard"], cwd=repository.path)
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr == b"error: there is no terminal to show it on\nhint: wta status\n"


def test_wta_alone_opens_it_where_there_are_tasks(repository: RepositoryBuilder) -> None:
    done = run_to_end([*WTA], cwd=repository.path)
    assert done.stdout.startswith(b"Usage: wta"), "no terminal, no dashboard"
    status, drawn = talk_in_pty(WTA, cwd=repository.path, talk=[(b"Usage: wta", b"")])
    assert status == 0
    assert b"Exit status" in drawn, "no tasks, no dashboard"
    with_a_task(repository)
    status, drawn = talk_in_pty(WTA, cwd=repository.path, talk=[(SHOWN, BYE)])
    assert status == 0
    assert b"Usage: wta" not in drawn


def test_prompts_and_words_are_written_in_the_editor_of_the_person(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    with_a_task(repository)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf \'now %s\\nand then\' "$(cat "$1")" > "$1"\n')
    editor.chmod(0o755)
    sandbox.set_variable("EDITOR", str(editor))
    opens, ends = b"\x07", b"\x11"
    for key, asked, written in (
        (b"n", b"what to do", b"and then"),
        (b"t", b"Tell fix-login", b"Enter takes it"),
    ):
        talk = [(SHOWN, key), (asked, opens), (written, opens), (b"now now", ends)]
        status, _ = talk_in_pty([*WTA, "dashboard"], cwd=repository.path, talk=talk)
        assert status == 0


def test_it_ends_with_its_terminal(repository: RepositoryBuilder) -> None:
    with_a_task(repository)
    status = close_terminal_of([*WTA, "dashboard"], cwd=repository.path, words=SHOWN)
    assert status == -signal.SIGHUP


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux")
def test_it_starts_draws_and_quits_in_tmux(repository: RepositoryBuilder, sandbox: Sandbox) -> None:
    """Also where the shell exports the size that its terminal once had."""
    sandbox.set_variable("COLUMNS", "60")
    sandbox.set_variable("LINES", "10")
    keys = " ⏎ Open  d Diff  n New task  / Filter  s Sort  ? Help  q Quit"
    empty = ["", "", "", " no tasks yet; press n to begin one"]
    narrow = [*empty, *[""] * 18, keys]
    tmux = Tmux([*WTA, "dashboard"], cwd=repository.path, width=80, height=24)
    wait_until(lambda: tmux.lines()[1:] == narrow, what="80 columns and 24 lines")
    assert tmux.lines()[0].startswith(" project   Board   Inbox   Queue   Cost  ")
    tmux.resize(200, 50)
    beside = f"{'':138}▏"
    wide = ["", *[f"{line:138}▏" for line in ("", "", *empty[3:])], *[beside] * 43, "", keys]
    wait_until(lambda: tmux.lines()[1:] == wide, what=tmux.lines)
    tmux.press("q")
    wait_until(lambda: not tmux.is_there, what="the end")
