"""Fixtures of the agent floor: the built-in agent on a repository."""

from __future__ import annotations

import os

import pytest

from tests.support.agent_session import SESSION, AgentSession, Play
from tests.support.repository import RepositoryBuilder
from wtagents.agent.agents import agent_for
from wtagents.agent.port import LaunchRequest
from wtagents.core.ids import TaskName
from wtagents.core.task import AgentKind


@pytest.fixture
def play(repository: RepositoryBuilder) -> Play:
    """Start the built-in agent on the repository with the steps of a scenario."""

    def start(
        *steps: str,
        resumes: bool = False,
        prompt: str = "",
        max_turns: int | None = None,
        budget_usd: float | None = None,
    ) -> AgentSession:
        agent = agent_for(AgentKind.SCRIPTED)
        request = LaunchRequest(
            task=TaskName("t"),
            worktree=repository.path,
            prompt=prompt or "\n".join(["Play this.", "scenario:", *steps]),
            session_id=SESSION,
            resumes=resumes,
            max_turns=max_turns,
            budget_usd=budget_usd,
        )
        launch = agent.launch(request)
        return AgentSession(agent, launch, cwd=repository.path, environment=os.environ)

    return start
