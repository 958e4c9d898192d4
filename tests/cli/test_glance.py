"""The short way of `wta status` says what the long way says, and loads no click."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import run_to_end
from wtagents.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Shell

LOADED = """\
import contextlib, io, json, sys
from wtagents.cli.glance import glance
with contextlib.redirect_stdout(io.StringIO()) as said:
    status = glance(sys.argv[1:])
names = {name.partition(".")[0] for name in sys.modules}
print(json.dumps([status, said.getvalue(), sorted(names & {"click", "logging", "subprocess"})]))
"""
"""Answers by glance and tells what that loaded."""


def glanced(*arguments: str, cwd: Path) -> tuple[int | None, str, list[str]]:
    done = run_to_end([sys.executable, "-c", LOADED, *arguments], cwd=cwd)
    status, said, loaded = json.loads(done.stdout)
    return status, said, loaded


def test_it_says_what_the_long_way_says(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.wta("spawn", "broken", "scenario:\nfail", "--wait")
    shell.wta("spawn", "done", "scenario:\nwrite a.txt <<END\na\nEND\ncommit 'Add a'\n", "--wait")
    assert main(["-C", str(shell.folder), "status"]) == 0
    long_way = capsys.readouterr().out
    assert "broken" in long_way
    for spelling in (("status",), ("ls",), ("-C", str(shell.folder), "status")):
        status, said, loaded = glanced(*spelling, cwd=shell.folder)
        assert (status, _timeless(said), loaded) == (0, _timeless(long_way), [])


def _timeless(text: str) -> list[str]:
    """Leave out how long ago, which goes on between two looks."""
    return [line.rsplit(maxsplit=1)[0] for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("status", "--json"),
        ("status", "broken"),
        ("--no-color", "status"),
        ("-C", "no-such-folder", "status"),
        ("-C", "a-file", "status"),
        ("-C",),
        ("-C", "status"),
        ("spawn", "status"),
        ("-C", "/", "status"),
    ],
)
def test_everything_else_is_left_to_the_long_way(shell: Shell, arguments: tuple[str, ...]) -> None:
    (shell.folder / "a-file").touch()
    assert glanced(*arguments, cwd=shell.folder)[:2] == (None, "")


@pytest.mark.parametrize("arguments", [("status",), ("-C", "no-such-folder", "status")])
def test_what_goes_wrong_is_told_once(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    short = run_to_end([sys.executable, "-m", "wtagents", *arguments], cwd=tmp_path)
    long = run_to_end([sys.executable, "-m", "wtagents", "--no-color", *arguments], cwd=tmp_path)
    assert short.returncode != 0
    assert (short.returncode, short.stdout, short.stderr) == (
        long.returncode,
        long.stdout,
        long.stderr,
    )


def test_one_line_for_those_who_show_one(shell: Shell) -> None:
    assert shell.wta("statusline") == (0, "", "")
    shell.wta("spawn", "broken", "scenario:\nfail", "--wait")
    shell.wta("spawn", "done", 'scenario:\nwrite a.txt <<END\na\nEND\ncommit "Add a"\n', "--wait")
    said = "1 needs you: broken · 1 ready · <$0.01 today"
    tmux = "#[reverse]1 needs you: broken#[default] · #[bold]1 ready#[default]"
    tmux += " · #[dim]<$0.01 today#[default]"
    for arguments, line in (
        ((), said),
        (("--plain",), said),
        (("--tmux",), tmux),
    ):
        assert glanced("statusline", *arguments, cwd=shell.folder) == (0, f"{line}\n", [])
        assert shell.wta("--no-color", "statusline", *arguments) == (0, f"{line}\n", "")
    worktree = shell.data("status", "done")[0]["task"]["worktree"]
    session = {
        "workspace": {"current_dir": f"{worktree}/src"},
        "model": {"display_name": "Opus\x1b[2J"},
        "context_window": {"used_percentage": 83.2},
        "cost": {"total_cost_usd": 0.42},
    }
    shell.sandbox.set_variable("NO_COLOR", "1")
    claude = ("statusline", "--claude")
    told = shell.wta(*claude, stdin=json.dumps(session))
    assert told == (0, f"done · context 83% · $0.42 · {said}\n", "")
    odd = '{"workspace": 1, "cost": {"total_cost_usd": NaN}, "model": {}, "cwd": "/none"}'
    for document in ("", "[]", "{", odd):
        assert shell.wta(*claude, stdin=document) == (0, f"{said}\n", "")
    data = shell.data("statusline")
    assert (data["needing"], data["ready"], data["at_work"]) == (["broken"], 1, 0)
    assert shell.wta("hud") == (0, f"{said}\n", "")
    assert shell.wta("hud", "done").out.startswith("done · ready · ")
    assert shell.wta("hud", "nobody").status == 4


def test_outside_of_a_repository_the_line_is_empty(tmp_path: Path) -> None:
    for arguments in (("statusline",), ("--no-color", "statusline", "--tmux")):
        done = run_to_end([sys.executable, "-m", "wtagents", *arguments], cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
