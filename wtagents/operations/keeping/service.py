"""service: user units of systemd, so that a repository is looked after from the login on.

    wta-<repository>.service             the supervisor; it says that it lives, or is started again
    wta-<repository>-cleanup.service     one pass of cleanup
    wta-<repository>-cleanup.timer       every hour

Only the supervisor itself is ever stopped by systemd: runners and agents outlive it. Nothing but a
path of ours stands in a unit; a `%` would be read by systemd and is doubled. No secret is written.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.operations.keeping.bare_script import warnings_of_secrets, write_script
from wtagents.operations.result import OperationResult
from wtagents.system.command import clean_environment, find_program, run_command
from wtagents.system.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.operations.context import Context

WATCHDOG_SECONDS = 300
"""A tick may wait for a large checkout; one that takes longer hangs."""
_READABLE = 0o644
_SECONDS = 30.0
_SUPERVISOR = """\
# Written by wta supervise --install-service.
[Unit]
Description=wta looks after {home}
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=notify
NotifyAccess=main
ExecStart=/bin/sh "{script}" supervise --stay
WatchdogSec={watchdog}
Restart=always
RestartSec=2
# A wrong setting, an untrusted or missing repository: only a person can change that.
RestartPreventExitStatus=2 3 4
# Agents outlive their supervisor; the next one finds them.
KillMode=process
OOMPolicy=continue
TimeoutStopSec=60
UMask=0077

[Install]
WantedBy=default.target
"""
_CLEANUP = """\
# Written by wta supervise --install-service.
[Unit]
Description=wta cleans up after {home}

[Service]
Type=oneshot
ExecStart=/bin/sh "{script}" cleanup
UMask=0077
"""
_TIMER = """\
# Written by wta supervise --install-service.
[Unit]
Description=wta cleans up after {home}

[Timer]
OnCalendar=hourly
RandomizedDelaySec=300
Persistent=true

[Install]
WantedBy=timers.target
"""


@record
class Service:
    """The units of a repository, as they are now."""

    installed: bool
    changed: bool
    """Whether this call wrote or deleted a unit."""
    units: tuple[Path, ...]
    running: bool
    """Whether systemd has taken them over."""


def install_service(context: Context) -> OperationResult[Service]:
    """Write the units and let systemd start them, or bring those that are there up to date.

    Raises SystemFault when the disk refuses or the script does not run, StateError for a path that
    no script can name.
    """
    script = context.paths.service_script
    opening = (
        "# Written by wta supervise --install-service; systemd calls it with a command of wta."
    )
    changed = write_script(context, script, caller="systemd", opening=opening)
    units = _units(context)
    for path, text in units.items():
        data = os.fsencode(text)
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, data, mode=_READABLE)
            changed = True
    started = [path.name for path in units if not path.name.endswith("-cleanup.service")]
    # To enable a unit lets systemd read all of them again.
    refused = _systemctl("enable", "--now", *started)
    if changed and not refused:
        refused = _systemctl("try-restart", *started)
    data_ = Service(installed=True, changed=changed, units=tuple(units), running=not refused)
    return OperationResult(data=data_, messages=tuple(_remarks(started, refused)))


def remove_service(context: Context) -> OperationResult[Service]:
    """Stop the units and delete them; without any nothing is done. Agents go on."""
    units = [path for path in _units(context) if path.is_file()]
    if units:
        _systemctl("disable", "--now", *(path.name for path in units))
    for path in units:
        path.unlink()
    context.paths.service_script.unlink(missing_ok=True)
    data = Service(installed=False, changed=bool(units), units=(), running=False)
    return OperationResult(data=data)


def _units(context: Context) -> dict[Path, str]:
    """Return the text of each unit by its place."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    folder = (Path(home) if home else Path.home() / ".config") / "systemd" / "user"
    name = f"wta-{context.paths.root.name}"
    words = {
        "home": _escaped(str(context.main_worktree or context.common_dir)),
        "script": _escaped(str(context.paths.service_script)),
        "watchdog": WATCHDOG_SECONDS,
    }
    return {
        folder / f"{name}.service": _SUPERVISOR.format(**words),
        folder / f"{name}-cleanup.service": _CLEANUP.format(**words),
        folder / f"{name}-cleanup.timer": _TIMER.format(**words),
    }


def _escaped(text: str) -> str:
    """Return a text as it stands between double quotes in a unit (systemd.service(5))."""
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        text = text.replace(sign, written)
    return text


def _systemctl(*words: str) -> str:
    """Ask the user's systemd; return why it did not, or ''."""
    program = find_program("systemctl")
    if program is None:
        return "there is no systemctl on PATH"
    done = run_command(
        [program, "--user", *words], cwd=Path("/"), timeout=_SECONDS, env=clean_environment()
    )
    return "" if done.ok else done.complaint


def _remarks(started: list[str], refused: str) -> Iterator[str]:
    if refused:
        yield f"systemd has not taken them over: {refused}"
        enable = f"systemctl --user enable --now {' '.join(started)}"
        yield f"start them: {enable}"
    yield "without a login it runs after: loginctl enable-linger"
    yield from warnings_of_secrets("systemd")
