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
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.core.task import AgentSpec
    from wtagents.operations.steering.spawn import Spawned
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
        "gh issue view 12 | wta spawn issue-12 - --wait",
        'wta spawn tidy "tidy up" --agent command -- mytool --task "{prompt}"',
    ],
)
@click.argument("name")
@click.argument("prompt", required=False)
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
    context: click.Context, /, name: str, prompt: str | None, **options: Any
) -> Answer[Spawned] | Answer[TaskStatus]:
    """Make a branch wta/NAME and a worktree, and start an agent in it with PROMPT (- for stdin).

    The command returns at once; the agent goes on when the terminal is closed. Behind -- stands the
    program of --agent command; {prompt} and {worktree} are replaced in its arguments.

    With --json the data is {"task", "run", "sandbox"}; with --wait all as they are at the end, and
    beside them "usage", "worktree", "merge" and "attention", as wta status has them. "ok" and the
    exit status (1) say whether it got where it was to get.
    """
    from wtagents.operations.steering.spawn import PROMPT_LIMIT, SpawnRequest, spawn

    invocation: Invocation = context.obj
    spec = _agent(invocation, context.meta.get(_PROGRAM, ()), options)
    request = SpawnRequest(
        name=name,
        prompt=_prompt(prompt, options["file"], limit=PROMPT_LIMIT),
        base=options["base"],
        target=options["target"],
        agent=spec,
        merge=options["merge"],
        priority=options["priority"],
        after=options["after"],
        after_ready=options["after_ready"],
    )
    result = spawn(invocation.context, request)
    invocation.wake_supervisor()
    if options["wait"]:
        return _wait(invocation, name, merge=options["merge"])
    return Answer.of(result, _lines)


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


def _lines(spawned: Spawned, style: Style) -> Iterator[str]:
    from wtagents.cli.pages.sandbox_text import sandbox_text
    from wtagents.cli.style import fields
    from wtagents.core.text import printable

    task, run = spawned.task, spawned.run
    yield f"{style.heading(task.name)} {'begins' if run else 'waits'}"
    pairs = [
        ("branch", f"{task.branch}, from {task.target} at {task.base.short}"),
        ("worktree", printable(str(task.worktree))),
        ("sandbox", sandbox_text(spawned.sandbox, style)),
        ("follow", f"wta logs {task.name} -f"),
    ]
    yield from (f"  {line}" for line in fields(style, pairs))
