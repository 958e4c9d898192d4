"""Notifications of the desktop: notify-send where there is a screen, osascript on a Mac."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from wtagents.core.errors import SystemFault
from wtagents.system.command import find_program, run_command

_SCREENS = ("DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "DISPLAY")
_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


_MAC, _OTHERS = "osascript", "notify-send"
_PROGRAM = _MAC if sys.platform == "darwin" else _OTHERS


def desktop_program() -> str:
    """Return the program that can show something now, or ''."""
    has_screen = sys.platform == "darwin" or any(os.environ.get(each) for each in _SCREENS)
    return _PROGRAM if has_screen and find_program(_PROGRAM) else ""


def show_on_desktop(title: str, body: str, *, seconds: float, program: str = _PROGRAM) -> None:
    """Show a notification. Raises SystemFault when that is not possible."""
    if program == _MAC:
        script = [part for line in _SCRIPT for part in ("-e", line)]
        argv = [program, *script, "--", title, body]
    else:
        argv = [program, "--app-name=wta", "--", title, _as_markup(body)]
    done = run_command(argv, cwd=Path("/"), timeout=seconds, limit=1 << 16)
    if not done.ok:
        cause = f"no answer within {seconds:g} s" if done.timed_out else done.complaint
        raise SystemFault(f"{argv[0]} failed", cause=cause, hint="wta notify --test")


def _as_markup(text: str) -> str:
    """Escape what a notification server reads as markup, and notify-send as an escape."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\\", "\\\\")
