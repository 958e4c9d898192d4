"""What can be known of Claude Code without a request to its service: version and login."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from wtagents.agent.fields import load_object
from wtagents.agent.port import Probe
from wtagents.core.errors import SystemFault
from wtagents.core.text import printable
from wtagents.system.command import clean_environment, run_command

MINIMUM_VERSION = (2, 1, 197)
"""Oldest version whose behaviour was observed with the adapter's command line."""
_VERSION = r"(\d+)\.(\d+)\.(\d+)"
_PROBE_SECONDS = 20.0
_INSTALL = "npm install -g @anthropic-ai/claude-code, or name the program in wta.toml"


def probe_claude(name: str) -> Probe:
    """Ask the program for its version and whether it is logged in."""
    found = shutil.which(name)
    if found is None:
        return _probe(name, problem=f"{name} is not installed", hint=_INSTALL)
    found = str(Path(found).absolute())
    try:
        version = _ask(found, "--version")
        status = _ask(found, "auth", "status")
    except SystemFault as fault:
        problem = f"{name} cannot be run: {fault.cause}"
        return _probe(found, problem=problem, hint=_INSTALL)
    numbers = re.search(_VERSION, version)
    if numbers is None:
        problem = f"{name} does not tell its version"
        return _probe(found, problem=problem, hint=f"{name} --version")
    if tuple(map(int, numbers.groups())) < MINIMUM_VERSION:
        oldest = ".".join(map(str, MINIMUM_VERSION))
        problem = f"{name} {numbers[0]} is older than {oldest}"
        return _probe(found, version=numbers[0], problem=problem, hint="claude update")
    return _probe_login(found, numbers[0], status)


def _ask(program: str, *arguments: str) -> str:
    environment = clean_environment({"DISABLE_AUTOUPDATER": "1"})
    argv = [program, *arguments]
    return run_command(argv, cwd=Path("/"), timeout=_PROBE_SECONDS, env=environment).text


def _probe(
    program: str,
    *,
    version: str = "",
    problem: str = "",
    hint: str = "",
    logged_in: bool | None = None,
) -> Probe:
    return Probe(
        program=program,
        version=version,
        problem=printable(problem, 200),
        hint=hint,
        logged_in=logged_in,
    )


def _probe_login(program: str, version: str, status: str) -> Probe:
    """2.1.329 tells by `auth status`; an older one says no JSON, and then nobody knows."""
    logged_in = (load_object(status.encode()) or {}).get("loggedIn")
    if logged_in is False:
        return _probe(
            program,
            version=version,
            problem="Claude Code is not logged in",
            hint="run claude and type /login, or set ANTHROPIC_API_KEY",
            logged_in=False,
        )
    return _probe(program, version=version, logged_in=True if logged_in is True else None)
