"""Which sandbox holds here: tried, not believed; asked once per boot and program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import ConfigError, SystemFault
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.permission import PermissionMode
from wtagents.core.record import record
from wtagents.core.task import AgentKind
from wtagents.system.files import load_json, make_private_folder, write_json
from wtagents.system.paths import state_home
from wtagents.system.process import boot_id

if TYPE_CHECKING:
    from wtagents.core.isolation.confinement import SandboxSettings
    from wtagents.core.isolation.network import Network
    from wtagents.core.task import AgentSpec
    from wtagents.operations.context import Context

_BWRAP = "bwrap"
_AUTO = (SandboxMode.BUBBLEWRAP, SandboxMode.LANDLOCK)
"""Claude Code's own is not among them: it asks about every domain that a command speaks to."""
_INSTALL = "install bubblewrap (apt install bubblewrap), or set sandbox.mode"


@record
class Sandbox:
    """What will keep an agent inside."""

    mode: SandboxMode
    """Never `auto`."""
    program: str = ""
    failed: tuple[str, ...] = ()
    """Better ones that do not work here, each with the reason."""


def choose_sandbox(settings: SandboxSettings, kind: AgentKind, *, fresh: bool = False) -> Sandbox:
    """Return the sandbox for agents of a kind; with `fresh` it is tried again.

    Raises SystemFault where the one that was asked for does not work, ConfigError where none was
    and the network is to be kept.
    """
    from wtagents.system.command import find_program

    wanted = settings.mode
    if wanted is SandboxMode.NONE:
        if settings.network.is_open:
            return Sandbox(mode=SandboxMode.NONE)
        raise ConfigError(
            "nothing keeps agents to sandbox.network",
            cause='sandbox.mode is "none"',
            hint='set sandbox.mode = "auto", or sandbox.network = "all"',
        )
    failed: list[str] = []
    for mode in _AUTO if wanted is SandboxMode.AUTO else (wanted,):
        program = (find_program(_BWRAP) or "") if mode is SandboxMode.BUBBLEWRAP else ""
        fault = _fault(mode, program, settings.network, kind, fresh=fresh)
        if not fault:
            return Sandbox(mode=mode, program=program, failed=tuple(failed))
        failed.append(f"{mode}: {fault}")
    if wanted is not SandboxMode.AUTO or not settings.network.is_open:
        what = "" if wanted is SandboxMode.AUTO else f" {wanted}"
        raise SystemFault(
            f"the sandbox{what} that the settings ask for does not work here",
            cause="; ".join(failed),
            hint=_INSTALL,
        )
    return Sandbox(mode=SandboxMode.NONE, failed=tuple(failed))


def require_sandbox(context: Context, spec: AgentSpec) -> Sandbox:
    """Return the sandbox for a task's agent.

    Raises SystemFault where the wanted one does not work, ConfigError where the agent could not
    work inside, or would do without asking what nothing holds back.
    """
    settings = context.settings.sandbox
    if settings.network.kind == "none" and spec.kind is AgentKind.CLAUDE:
        raise ConfigError(
            "Claude Code cannot work without a network",
            cause='sandbox.network is "none"',
            hint='set sandbox.network to what it may reach beside its service, or to "all"',
        )
    chosen = choose_sandbox(settings, spec.kind)
    mode = spec.permission_mode or context.settings.agent.permission_mode
    bypasses = spec.kind is AgentKind.CLAUDE and mode == PermissionMode.BYPASS_PERMISSIONS
    if bypasses and not chosen.mode.holds_all and not settings.allow_bypass:
        raise ConfigError(
            "an agent that bypasses permissions needs a sandbox",
            cause="; ".join(chosen.failed) or f'sandbox.mode is "{settings.mode}"',
            hint=f"{_INSTALL}; or sandbox.allow_bypass = true in ~/.config/wta/config.toml",
        )
    return chosen


def is_open(context: Context) -> bool:
    """Whether agents have no sandbox though nobody wanted that; without trying anything."""
    if context.settings.sandbox.mode is not SandboxMode.AUTO:
        return False
    network, tries = context.settings.sandbox.network, _AUTO
    known = [load_json(_cache(mode, network)) for mode in tries if mode.holds_all]
    return all(isinstance(each, dict) and each.get("fault") for each in known)


def _cache(mode: SandboxMode, network: Network) -> Path:
    return state_home() / f"sandbox-{mode}-{network.kind}.json"


def _fault(
    mode: SandboxMode, program: str, network: Network, kind: AgentKind, *, fresh: bool
) -> str:
    """Return why a sandbox cannot be used, or ''."""
    if mode is SandboxMode.CLAUDE:
        return _fault_of_claude(kind, network)
    if sys.platform != "linux":
        return "only on Linux"
    if mode is SandboxMode.BUBBLEWRAP and not program:
        return "bwrap is not on PATH"
    return _tried(mode, program, network, fresh=fresh)


def _fault_of_claude(kind: AgentKind, network: Network) -> str:
    """Claude Code says only at its start whether its own sandbox works, so it must then refuse."""
    from wtagents.system.command import find_program

    if kind is not AgentKind.CLAUDE:
        return "the agent is another one"
    if not network.is_open:
        return "it keeps only shell commands from the network"
    missing = [name for name in (_BWRAP, "socat") if not find_program(name)]
    if sys.platform == "linux" and missing:
        return f"{' and '.join(missing)} not on PATH"
    return ""


def _tried(mode: SandboxMode, program: str, network: Network, *, fresh: bool) -> str:
    """Return the answer of a trial, of an earlier one in this boot if there was one."""
    stat = Path(program).stat() if program else None
    mark = [boot_id(), program, stat.st_mtime_ns if stat else 0, sys.executable]
    cache = _cache(mode, network)
    known = None if fresh else load_json(cache)
    if isinstance(known, dict) and known.get("mark") == mark:
        return str(known.get("fault", ""))
    from wtagents.system.walls.confine import trial_fault

    try:
        fault = trial_fault(mode, program, network)
    except OSError as error:
        return f"it cannot be tried: {error.strerror}"
    make_private_folder(cache.parent)
    write_json(cache, {"mark": mark, "fault": fault}, durable=False)
    return fault
