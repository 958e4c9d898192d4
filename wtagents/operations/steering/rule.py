"""rule: let a tool be used without asking from now on, shown as a diff before it is written.

The rule goes into the file that decides `agent.allow` now: the repository's `wta.toml`, unless the
person's own file does. Whoever has seen the diff trusts the new content; a file that is not trusted
as it is gets no rule. Agents that begin from then on are started with it.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from wtagents.core.config.toml_edit import with_entry
from wtagents.core.errors import StateError
from wtagents.core.permission import parse_rule
from wtagents.core.record import record
from wtagents.operations.result import OperationResult
from wtagents.operations.trust import observe_trust, trust
from wtagents.system.config_file import repository_file, user_file
from wtagents.system.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.operations.context import Context

_KEY = "agent.allow"
_MODE = 0o644


@record
class RulePlan:
    """What would be written."""

    rule: str
    path: Path
    before: bytes
    after: bytes

    @property
    def changes(self) -> tuple[str, ...]:
        """Unified diff of the file."""
        old, new = (
            each.decode(errors="replace").splitlines() for each in (self.before, self.after)
        )
        return tuple(unified_diff(old, new, str(self.path), str(self.path), lineterm="", n=2))


def plan_rule(context: Context, text: str) -> OperationResult[RulePlan]:
    """Say what a rule would change; nothing is written.

    Raises UsageError for what is no rule, StateError where it stands already, where a flag decides,
    where the file is not trusted as it is, or cannot be edited safely.
    """
    rule, allowed = parse_rule(text), context.settings.agent.allow
    path = _file(context)
    if rule in allowed:
        raise StateError(
            f"{rule} is allowed already", hint="an agent knows what held when it began"
        )
    if not observe_trust(context).trusted:
        raise StateError(f"{path} is not trusted as it is", hint="look at it first: wta trust")
    before = path.read_bytes() if path.exists() else b""
    after = with_entry(before, "agent", "allow", (*allowed, rule))
    if after is None:
        raise StateError(
            f"{path} cannot be edited safely", hint=f'add it there by hand: {_KEY}, "{rule}"'
        )
    return OperationResult(data=RulePlan(rule=rule, path=path, before=before, after=after))


def apply_rule(context: Context, plan: RulePlan) -> OperationResult[RulePlan]:
    """Write what was shown. Raises StateError when the file was changed since."""
    now = plan.path.read_bytes() if plan.path.exists() else b""
    if now != plan.before:
        raise StateError(f"{plan.path} was changed meanwhile", hint="look at the rule again")
    plan.path.parent.mkdir(parents=True, exist_ok=True)
    mode = plan.path.stat().st_mode & 0o777 if plan.path.exists() else _MODE
    write_atomic(plan.path, plan.after, mode=mode)
    context.reload_settings()
    layer = context.settings.repository
    if layer is not None and layer.content == plan.after:
        trust(context)
    return OperationResult(data=plan)


def _file(context: Context) -> Path:
    """Return the file that decides now; where none does, the repository's, or one's own."""
    source, own = context.settings.sources[_KEY], user_file()
    if source.startswith("--"):
        raise StateError(f"{source} decides {_KEY}", hint="leave the flag out")
    main = context.main_worktree
    shared = repository_file(main) if main is not None else None
    return (own if shared is None or source == str(own) else shared).resolve()
