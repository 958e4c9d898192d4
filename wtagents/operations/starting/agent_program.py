"""Is the agent's program there, and able? Asked once per file, not once per spawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.task import AgentKind
from wtagents.system.command import find_program
from wtagents.system.files import load_json, make_private_folder, write_json

if TYPE_CHECKING:
    from wtagents.core.task import AgentSpec
    from wtagents.operations.context import Context


_INSTALL = "npm install -g @anthropic-ai/claude-code, or set agent.program"


def require_agent_program(context: Context, spec: AgentSpec) -> None:
    """Raise SystemFault when the program is missing, too old or logged out.

    The answer of the program's own probe is kept as long as its file does not change.
    """
    if spec.kind is AgentKind.SCRIPTED:
        return
    program, hint = context.settings.agent.program, _INSTALL
    if spec.kind is AgentKind.COMMAND:
        program, hint = spec.argv[0] if spec.argv else "", "give the program's full path"
    found = find_program(program) if program else None
    if found is None:
        raise SystemFault(
            f"the agent program {program or '(none named)'} is not there",
            cause="no such program" if "/" in program else "no such program on PATH",
            hint=hint,
        )
    if spec.kind is AgentKind.CLAUDE:
        _require_probe(context, Path(found))


def keep_answer(context: Context, program: Path, *, version: str) -> None:
    """Ask a program no more that is there and able, until its file changes."""
    make_private_folder(context.paths.root)
    answer = {"mark": _mark(program), "version": version}
    write_json(_answer(context), answer, durable=False)


def _require_probe(context: Context, program: Path) -> None:
    known = load_json(_answer(context))
    if isinstance(known, dict) and known.get("mark") == _mark(program):
        return
    from wtagents.agent.agents import agent_for

    probe = agent_for(AgentKind.CLAUDE).probe(str(program))
    if not probe.ok:
        raise SystemFault(f"{program.name} cannot be used", cause=probe.problem, hint=probe.hint)
    keep_answer(context, program, version=probe.version)


def _answer(context: Context) -> Path:
    return context.paths.root / "agent-probe.json"


def _mark(program: Path) -> list[str | int]:
    file = program.resolve()
    stat = file.stat()
    return [str(file), stat.st_mtime_ns, stat.st_size]
