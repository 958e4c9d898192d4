"""What the programs that show notifications are started with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.system.person.desktop import show_on_desktop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox

TITLE, BODY = "wta: -e", 'a <b> & c\\n\n" & (do shell script "id") & "'


def started_with(sandbox: Sandbox, folder: Path, program: str) -> list[str]:
    heard = folder / "heard"
    (folder / program).write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" > {heard}\n')
    (folder / program).chmod(0o755)
    sandbox.set_variable("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    show_on_desktop(TITLE, BODY, seconds=10, program=program)
    return heard.read_text().split("\0")[:-1]


def test_a_mac_gets_texts_as_arguments_never_as_script(sandbox: Sandbox, tmp_path: Path) -> None:
    assert started_with(sandbox, tmp_path, "osascript") == [
        *("-e", "on run argv"),
        *("-e", "display notification (item 2 of argv) with title (item 1 of argv)"),
        *("-e", "end run"),
        *("--", TITLE, BODY),
    ]


def test_other_desktops_get_no_markup(sandbox: Sandbox, tmp_path: Path) -> None:
    shown = BODY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert started_with(sandbox, tmp_path, "notify-send") == [
        *("--app-name=wta", "--", TITLE),
        shown.replace("\\", "\\\\"),
    ]
