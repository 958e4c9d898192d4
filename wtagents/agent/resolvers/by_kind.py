"""Which resolver a setting names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import ResolverKind

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.agent.resolver import Resolver


def resolver_for(
    kind: ResolverKind,
    *,
    program: str,
    command: tuple[str, ...],
    model: str | None,
    budget_usd: float | None,
    rooms: Path,
) -> Resolver | None:
    """Return the resolver that is configured; None when a person resolves every conflict.

    A program works in an empty folder below `rooms`.
    """
    match kind:
        case ResolverKind.CLAUDE:
            from wtagents.agent.resolvers.claude import ClaudeResolver
            from wtagents.system.clock import RandomIds

            return ClaudeResolver(
                program=program, model=model, budget_usd=budget_usd, ids=RandomIds(), rooms=rooms
            )
        case ResolverKind.COMMAND:
            from wtagents.agent.resolvers.command import CommandResolver

            return CommandResolver(command, rooms=rooms)
        case ResolverKind.SCRIPTED:
            from wtagents.agent.resolvers.scripted import ScriptedResolver

            return ScriptedResolver()
        case ResolverKind.NONE:
            return None
