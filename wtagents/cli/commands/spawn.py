"""Steer: hand a task to an agent with a branch and a worktree of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wtagents.cli.answer import Answer
from wtagents.cli.complete import complete_tasks
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import Duration, Place, decode, read_text
from wtagents.core.errors import UsageError
from wtagents.core.permission import PermissionMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.cli.call import Invocation
    from wtagents.core.task import AgentSpec
    from wtagents.operations.result import OperationResult
    from wtagents.operations.steering.spawn import Spawned, SpawnRequest, Wished
    from wtagents.operations.steering.spawn_many import EndedMany, SpawnedMany
    from wtagents.operations.telling.status import TaskStatus

AGENTS = ("claude", "scripted", "command")
_PROGRAM = "program"
"""Key of the context's meta under which the words behind `--` are kept."""


class SpawnCommand(WtaCommand):
    """Keeps what stands behind `--` apart: with `--agent command` it is the program."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split at the first `--`."""
        if "--" in args:
            at = args.index("--")
            args, ctx.meta[_PROGRAM] = args[:at], tuple(args[at + 1 :])
        return super().parse_args(ctx, args)


@click.command(
    cls=SpawnCommand,
    examples=[
        'wta spawn fix-login "the login fails for names with a dot; add a test"',
        "wta spawn docs --file prompts/docs.md --model opus --merge",
        'wta spawn use-it "use the new interface" --merge --after interface',
        'wta spawn on-top "go on from there" --after-ready interface',
        "wta spawn --from tasks.toml --merge --dry-run",
        "wta spawn --from tasks.toml --wait && wta merge --ready",
        'wta spawn rewrite "rewrite the parser" --profile heavy',
        "gh issue view 12 | wta spawn issue-12 - --wait",
        'wta spawn tidy "tidy up" --agent command -- mytool --task "{prompt}"',
    ],
)
@click.argument("name", required=False)
@click.argument("prompt", required=False)
@click.option(
    "--from",
    "source",
    metavar="FILE",
    help="Make the tasks of a file instead, all or none; - for stdin.",
)
@click.option("--dry-run", is_flag=True, help="With --from: say what would be made.")
@click.option(
    "--file",
    type=Place(folder=False),
    metavar="PATH",
    help="Read the prompt from a file.",
)
@click.option("--base", metavar="REV", help="Commit to start from (default: the target's tip).")
@click.option("--target", metavar="BRANCH", help="Branch that the work will be merged into.")
@click.option("--merge", is_flag=True, help="Merge it when it is ready.")
@click.option(
    "--after",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_tasks,
    help="Merge it after this task; several may be named.",
)
@click.option(
    "--after-ready",
    metavar="NAME",
    shell_complete=complete_tasks,
    help="Start from the branch of this task as soon as it is ready; merge after it.",
)
@click.option(
    "--priority",
    type=click.IntRange(-1000, 1000),
    default=0,
    metavar="N",
    help="Higher starts first when places are rare (default: 0).",
)
@click.option("--wait", is_flag=True, help="Stay until it is ready (with --merge: merged).")
@click.option("--agent", type=click.Choice(AGENTS), help="Who does it (default: agent.kind).")
@click.option(
    "--profile",
    metavar="NAME",
    help="Model, budget and concurrency by one word: light, medium, heavy, or one of yours.",
)
@click.option("--model", metavar="MODEL", help="Model of the agent.")
@click.option(
    "--permission-mode",
    type=click.Choice([mode.value for mode in PermissionMode]),
    metavar="MODE",
    help=f"Claude Code's permission mode: {', '.join(PermissionMode)}.",
)
@click.option("--max-turns", type=click.IntRange(min=1), metavar="N", help="End after N turns.")
@click.option(
    "--budget",
    "budget_usd",
    type=click.FloatRange(min=0, min_open=True),
    metavar="USD",
    help="End after so many US dollars.",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=Duration(),
    metavar="DURATION",
    help="End after this time: 90s, 30m, 2h.",
)
@click.pass_context
def command(
    context: click.Context, /, name: str | None, prompt: str | None, **options: Any
) -> Answer[Any]:
    """Make a branch wta/NAME and a worktree, and start an agent in it with PROMPT (- for stdin).

    The command returns at once; the agent goes on when the terminal is closed. Behind -- stands the
    program of --agent command; {prompt} and {worktree} are replaced in its arguments.

    A file of --from is TOML, one [[task]] each, or has a JSON object on each line: name, prompt,
    and any of after, after-ready, agent, base, budget, max-turns, merge, model, permission-mode,
    priority, profile, program, target, timeout. What a task does not say is taken from the command
    line. All tasks are made, or none where one cannot be right; exit status 1: one did not begin.
    With --wait all of them are waited for; exit status 1 then also: one did not get there.

    With --json the data is {"task", "run", "sandbox"}; with --wait all as they are at the end, and
    beside them "usage", "worktree", "merge" and "attention", as wta status has them. "ok" and the
    exit status (1) say whether it got where it was to get. With --from it is {"tasks", "failed"}.
    """
    if options["source"] is not None:
        if name is not None or options["file"] is not None:
            raise click.UsageError("--from stands without NAME, PROMPT and --file")
        if options["dry_run"] and options["wait"]:
            raise click.UsageError("--dry-run begins nothing to --wait for")
        return _spawn_many(context, options)
    if options["dry_run"]:
        raise click.UsageError("--dry-run belongs to --from")
    if name is None:
        raise click.MissingParameter(param_type="argument", param_hint="'NAME'", ctx=context)
    return _spawn_one(context, name, prompt, options)


def _spawn_one(
    context: click.Context, name: str, prompt: str | None, options: dict[str, Any]
) -> Answer[Spawned] | Answer[TaskStatus]:
    from wtagents.operations.steering.spawn import PROMPT_LIMIT, spawn

    invocation: Invocation = context.obj
    program = context.meta.get(_PROGRAM, ())
    text = _prompt(prompt, options["file"], limit=PROMPT_LIMIT)
    result = spawn(invocation.context, _request(invocation, name, text, program, options))
    invocation.wake_supervisor()
    if options["wait"]:
        return _wait(invocation, name, merge=options["merge"])
    from wtagents.cli.pages.spawned_text import spawned_lines

    return Answer.of(result, spawned_lines)


def _spawn_many(
    context: click.Context, options: dict[str, Any]
) -> Answer[SpawnedMany] | Answer[EndedMany] | Answer[tuple[Wished, ...]]:
    from wtagents.cli.pages.spawned_text import many_lines, planned_lines
    from wtagents.cli.progress import Counter
    from wtagents.cli.task_file import load_entries
    from wtagents.operations.steering.spawn_many import plan_many, spawn_many

    invocation: Invocation = context.obj
    program = context.meta.get(_PROGRAM, ())
    requests = [
        _request(
            invocation,
            each.name,
            each.prompt,
            program if each.program is None else each.program,
            {**options, **each.options},
        )
        for each in load_entries(context, options["source"])
    ]
    if options["dry_run"]:
        return Answer.of(plan_many(invocation.context, requests), planned_lines)
    try:
        with Counter(invocation, "beginning") as count:
            result = spawn_many(invocation.context, requests, count=count)
    except KeyboardInterrupt:
        invocation.wake_supervisor()  # what did not begin yet is queued
        raise
    invocation.wake_supervisor()
    if options["wait"]:
        return _wait_for_many(invocation, result, {each.name: each.merge for each in requests})
    return Answer.of(result, many_lines)


def _request(
    invocation: Invocation,
    name: str,
    prompt: str,
    program: tuple[str, ...],
    options: dict[str, Any],
) -> SpawnRequest:
    from wtagents.operations.steering.spawn import SpawnRequest

    return SpawnRequest(
        name=name,
        prompt=prompt,
        base=options["base"],
        target=options["target"],
        agent=_agent(invocation, program, options),
        merge=options["merge"],
        priority=options["priority"],
        after=options["after"],
        after_ready=options["after_ready"],
    )


def _prompt(text: str | None, file: str | None, *, limit: int) -> str:
    if (text is None) == (file is None):
        raise UsageError(
            "there is no prompt" if text is None else "there are two prompts, a text and a file",
            hint='wta spawn NAME "what to do", or - for stdin, or --file PATH',
        )
    if file is not None:
        return decode(Path(file).read_bytes(), file, limit=limit)
    return read_text(text or "", limit=limit)


def _agent(invocation: Invocation, program: tuple[str, ...], options: dict[str, Any]) -> AgentSpec:
    from wtagents.core.task import AgentKind, AgentSpec

    kind = AgentKind(options["agent"] or invocation.context.settings.agent.kind)
    if kind is AgentKind.COMMAND and not program:
        raise UsageError(
            "--agent command needs a program",
            hint='name it behind two dashes: wta spawn NAME "…" --agent command -- PROGRAM ARG…',
        )
    if kind is not AgentKind.COMMAND and program:
        raise UsageError(
            f"the agent {kind} takes no program",
            cause=f"behind -- stands {program[0]!r}",
            hint="add --agent command, or leave it out",
        )
    return AgentSpec(
        kind=kind,
        argv=program,
        model=options["model"],
        permission_mode=options["permission_mode"],
        max_turns=options["max_turns"],
        budget_usd=options["budget_usd"],
        timeout_seconds=options["timeout_seconds"],
        profile=options["profile"],
    )


def _wait(invocation: Invocation, name: str, *, merge: bool) -> Answer[TaskStatus]:
    from wtagents.cli.pages.task_list import task_list
    from wtagents.operations.steering.wait import Until, WaitRequest, wait

    until = Until.MERGED if merge else Until.READY
    result = wait(invocation.context, WaitRequest(names=(name,), until=until))
    [ended] = result.data
    now = invocation.context.clock.now()
    return Answer(
        ended,
        lambda item, style: task_list((item,), style, now=now),
        messages=result.messages,
        exit_code=result.exit_code,
    )


def _wait_for_many(
    invocation: Invocation, spawned: OperationResult[SpawnedMany], merges: Mapping[str, bool]
) -> Answer[EndedMany]:
    from wtagents.cli.pages.spawned_text import ended_lines
    from wtagents.cli.progress import Counter
    from wtagents.core.errors import ExitCode
    from wtagents.operations.steering.spawn_many import EndedMany
    from wtagents.operations.steering.wait import Until, wait_for_each

    names = [each.task.name for each in spawned.data.tasks]
    wishes = {str(each): Until.MERGED if merges[each] else Until.READY for each in names}
    with Counter(invocation, "waiting for") as count:
        result = wait_for_each(invocation.context, wishes, count=count)
    now = invocation.context.clock.now()
    return Answer(
        EndedMany(tasks=result.data, failed=spawned.data.failed),
        lambda ended, style: ended_lines(ended, style, now=now),
        messages=spawned.messages,
        exit_code=result.exit_code if spawned.exit_code is ExitCode.OK else spawned.exit_code,
    )
