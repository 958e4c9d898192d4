"""A script that runs `wta` on one repository from nearly no environment: for cron and systemd.

It knows where programs and our folders are, and no secret; it is proved before it is relied on.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError, SystemFault
from wtagents.system.command import own_environment, run_command
from wtagents.system.files import make_private_folder, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.operations.context import Context

_KEPT_VARIABLES = (
    "PATH",
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
    "CLAUDE_CONFIG_DIR",
    "PYTHONPATH",
    "LANG",
    "LC_ALL",
)
_SECRETS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
_SECONDS = 20.0


def write_script(context: Context, path: Path, *, caller: str, opening: str) -> bool:
    """Write the script and prove it; return whether it was another one before.

    Raises StateError for a path that no script can name, SystemFault when it does not run.
    """
    home = context.main_worktree or context.common_dir
    if any(sign in f"{home}{path}" for sign in "\n\r\0"):
        raise StateError(f"{str(home)!r} cannot stand in a script", hint="rename the folder")
    wta = [sys.executable, "-P", "-m", "wtagents", "-C", str(home)]
    known = own_environment()
    exports = [
        f"export {name}={shlex.quote(known[name])}" for name in _KEPT_VARIABLES if known.get(name)
    ]
    text = "\n".join(["#!/bin/sh", opening, *exports, f'exec {shlex.join(wta)} "$@"', ""])
    data = os.fsencode(text)
    before = path.read_bytes() if path.is_file() else b""
    if data != before:
        make_private_folder(context.paths.root)
        write_atomic(path, data)
    _prove(path, caller)
    return data != before


def _prove(script: Path, caller: str) -> None:
    """Run the script as its caller does: with a home and nothing else."""
    bare = {"HOME": str(Path.home()), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    done = run_command(
        ["/bin/sh", str(script), "--version"], cwd=Path.home(), timeout=_SECONDS, env=bare
    )
    if not done.ok:
        raise SystemFault(
            f"{caller} could not run wta",
            cause=done.complaint,
            hint=f"try what it would do: env -i HOME=$HOME sh {shlex.quote(str(script))} status",
        )


def warnings_of_secrets(caller: str) -> Iterator[str]:
    """Say which secrets of this terminal the caller does not know."""
    secrets = [name for name in _SECRETS if os.environ.get(name)]
    if secrets:
        yield (
            f"{caller} does not know {' and '.join(secrets)}:"
            " agents it starts need a login of claude"
        )
