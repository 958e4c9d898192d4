"""Defects of wta itself: a file with all that a bug report needs, and one line that names it."""

from __future__ import annotations

import platform
import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents import __version__
from wtagents.core.errors import ExitCode, WtaError
from wtagents.system.clock import RandomIds, SystemClock
from wtagents.system.files import make_private_folder, write_atomic
from wtagents.system.paths import state_home

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation


class Defect(WtaError):
    """wta did what it must never do; nothing is known about the answer."""

    exit_code = ExitCode.INTERNAL


def report_defect(error: Exception, arguments: list[str], invocation: Invocation) -> Defect:
    """Write the report and return the error that names it; without a disk the traceback is said."""
    said = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    try:
        path = _write_report(_reports(invocation), _report(error, arguments))
    except (WtaError, OSError):
        traceback.print_exception(error)
        return Defect("this is a defect of wta", cause=said, hint="the traceback stands above")
    return Defect("this is a defect of wta", cause=said, hint=f"report it with {path}")


def _reports(invocation: Invocation) -> Path:
    context = vars(invocation).get("context")
    return context.paths.reports if context is not None else state_home() / "reports"


def _write_report(folder: Path, text: str) -> Path:
    make_private_folder(folder)
    day = SystemClock().now().strftime("%Y-%m-%dT%H%M%SZ")
    path = folder / f"{day}-{RandomIds().uuid()[:8]}.txt"
    write_atomic(path, text.encode(errors="backslashreplace"))
    return path


def _report(error: Exception, arguments: list[str]) -> str:
    facts = {
        "wta": __version__,
        "python": sys.version.replace("\n", " "),
        "system": platform.platform(),
        "command": shlex.join(["wta", *arguments]),
        "folder": _folder(),
        "when": SystemClock().now().isoformat(),
    }
    head = "\n".join(f"{name}: {value}" for name, value in facts.items())
    return f"{head}\n\n{''.join(traceback.format_exception(error))}"


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:
        return "(removed)"
