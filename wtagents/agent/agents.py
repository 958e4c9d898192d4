"""Which adapter stands for which kind of agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.task import AgentKind

if TYPE_CHECKING:
    from wtagents.agent.port import Agent


def agent_for(kind: AgentKind) -> Agent:
    """Return the adapter; only the one that is needed is imported."""
    match kind:
        case AgentKind.CLAUDE:
            from wtagents.agent.claude import Claude

            return Claude()
        case AgentKind.SCRIPTED:
            from wtagents.agent.scripted.adapter import Scripted

            return Scripted()
        case AgentKind.COMMAND:
            from wtagents.agent.command import Command

            return Command()
