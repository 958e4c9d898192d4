"""Write the order of a run: all that its runner needs, since it knows no store and no settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wtagents.agent.agents import agent_for
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.order import Order
from wtagents.core.task import AgentKind
from wtagents.core.tending.fallback import model_after
from wtagents.operations.confining.choose import require_sandbox
from wtagents.operations.confining.walls import Needs, build_walls, own_sandbox
from wtagents.operations.starting.fork_opening import fork_to_begin
from wtagents.operations.starting.heavy_folders import copying
from wtagents.operations.starting.hook import edit_hook
from wtagents.operations.starting.opening import choose_first_words
from wtagents.operations.starting.remake import is_made_since
from wtagents.operations.starting.resources import give_resources
from wtagents.operations.surroundings import models_for
from wtagents.store.messages import messages_of
from wtagents.store.runs import runs_of
from wtagents.store.tasks import require_task_by_id
from wtagents.system import run_folder
from wtagents.system.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.agent.port import Launch
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.tending.fork import Fork
    from wtagents.operations.confining.choose import Sandbox
    from wtagents.operations.context import Context
    from wtagents.operations.starting.worktree import Furnished


Limit = TypeVar("Limit", int, float)


def write_order(context: Context, run: Run, prepared: Furnished) -> None:
    """Put the order and the words of a person into the folder of a run. Raises SystemFault."""
    task, settings = prepared.task, context.settings
    folder = context.paths.run(run.id)
    with context.database.read() as db:
        earlier = [each for each in runs_of(db, task.id) if each.number < run.number]
        texts = [m for m in messages_of(db, task.id) if m.is_words]
        fork = None if run.resumes else fork_to_begin(context, db, task.id)
        forked_from = require_task_by_id(db, fork.source_id).worktree if fork else None
    words = choose_first_words(run, earlier[-1] if earlier else None, texts)
    if task.agent.kind is not AgentKind.COMMAND:
        for message in words.texts:
            run_folder.post_message(folder, message.id, message.kind, message.body)
    instructions = None
    if prepared.unwritten_instructions:
        instructions = folder.instructions
        write_atomic(instructions, prepared.unwritten_instructions.encode())
    sandbox = require_sandbox(context, task.agent)
    launch = _launch(context, task, run, instructions, sandbox, fork=fork)
    resources = context.paths.resources(task.id)
    program = agent_for(task.agent.kind)
    files = program.files(task.worktree, launch.argv[0])
    past = program.files(forked_from, launch.argv[0]).conversation if forked_from else None
    needs = Needs(
        sandbox=sandbox,
        files=files,
        folder=folder,
        resources=resources,
        branch=task.branch,
        program=launch.argv[0],
        past=past,
    )
    walls = build_walls(context, task.worktree, needs)
    is_set_up = _is_set_up(context, task, earlier)
    environment = _environment(task) | give_resources(context, task)
    order = Order(
        run_id=run.id,
        task=task.name,
        worktree=task.worktree,
        agent=task.agent.kind,
        argv=launch.argv,
        environment=(*launch.environment, *environment.items()),
        prompt=launch.first_message,
        yields=words.speak_for_themselves and not is_made_since(context, task, earlier[-1]),
        session_id=run.session_id,
        copying=() if is_set_up else copying(context, task),
        setup=() if is_set_up else settings.worktree.setup,
        confines_setup=settings.sandbox.gates,
        setup_seconds=settings.worktree.setup_timeout,
        timeout_seconds=task.agent.timeout_seconds or settings.agent.timeout,
        stop_seconds=settings.limits.stop_seconds,
        checks=settings.verify.commands,
        check_seconds=settings.verify.timeout,
        budget_tokens=_least(settings.budget.run_tokens, run.allowance.tokens),
        confinement=walls,
    )
    run_folder.write_order(folder, order)


def _launch(
    context: Context,
    task: Task,
    run: Run,
    instructions: Path | None,
    sandbox: Sandbox,
    *,
    fork: Fork | None,
) -> Launch:
    """Return the agent's command line: what was asked for this task over what is configured."""
    from wtagents.agent.port import LaunchRequest

    asked, configured = task.agent, context.settings.agent
    return agent_for(asked.kind).launch(
        LaunchRequest(
            task=task.name,
            worktree=task.worktree,
            prompt=run.prompt,
            session_id=run.session_id,
            resumes=run.resumes,
            forks=fork.session_id if fork else "",
            forks_at=fork.message if fork else "",
            program=configured.program,
            argv=asked.argv,
            model=run.model or None,
            fallback_model=model_after(models_for(context, task), run.model),
            permission_mode=asked.permission_mode or configured.permission_mode,
            max_turns=asked.max_turns or configured.max_turns,
            budget_usd=_least(asked.budget_usd or configured.budget_usd, run.allowance.usd),
            allow=configured.allow,
            deny=configured.deny,
            instructions=instructions,
            edit_hook=edit_hook(context, task),
            own_sandbox=own_sandbox(context, task.worktree, task.branch)
            if sandbox.mode is SandboxMode.CLAUDE
            else None,
        )
    )


def _least(first: Limit | None, second: Limit | None) -> Limit | None:
    """Return the smaller one of the limits that are set."""
    return min((each for each in (first, second) if each is not None), default=None)


def _environment(task: Task) -> dict[str, str]:
    return {
        "WTA_TASK": task.name,
        "WTA_WORKTREE": str(task.worktree),
        "CLAUDE_AGENT_ID": task.name,
        "CLAUDE_WORKTREE": str(task.worktree),
        # An agent whose .git is lost must not commit into a repository further up.
        "GIT_CEILING_DIRECTORIES": str(task.worktree.parent),
    }


def _is_set_up(context: Context, task: Task, earlier: list[Run]) -> bool:
    """Whether an agent was started in this worktree before: that needs the set-up behind it."""
    return any(
        run_folder.load_agent(context.paths.run(run.id)) and not is_made_since(context, task, run)
        for run in earlier
    )
