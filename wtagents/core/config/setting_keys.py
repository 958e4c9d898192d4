"""What each key of the settings may be and what it is for; loaded only where somebody set one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wtagents.core.config.forms import (
    Amount,
    Between,
    Count,
    Duration,
    OneOf,
    OrNone,
    Ownerships,
    Profiles,
    Reach,
    Regenerations,
    Rungs,
    Share,
    Size,
    Some,
    Text,
    Texts,
    Truth,
    WebAddress,
)
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.isolation.copying import CopyFallback
from wtagents.core.isolation.credentials import SecretScan
from wtagents.core.landing.merge import LastResolver, MergeStrategy, ResolverKind
from wtagents.core.permission import PermissionMode
from wtagents.core.task import AgentKind
from wtagents.core.tending.alert import Desktop, Topic
from wtagents.core.tending.suspicion import Response
from wtagents.core.watching.claim import ClaimMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.core.config.forms import Form


class Key(NamedTuple):
    """One key."""

    form: Form[Any]
    about: str
    trusted: bool = False
    """What it runs or allows: a repository may decide it only when its file is trusted."""
    only_grows: bool = False
    """A list that guards: a repository may lengthen it untrusted, never shorten it."""
    personal: bool = False
    """Only a person's own file or a flag may set it."""


_SHELL = Texts('a list of shell commands such as ["npm ci"]')
_RULES = Texts('a list of permission rules such as ["Bash(npm test *)"]')
_FOLDERS = Texts('a list of paths such as ["~/.cache", "/opt/data"]')
_MODEL = OrNone(Text('a model such as "opus"'))

_DOLLARS = OrNone(Amount())
_TOKENS = OrNone(Count(1000, 10**12))

KEYS: Mapping[str, Key] = {
    "agent.kind": Key(OneOf(AgentKind), "Which agent does the work.", trusted=True),
    "agent.program": Key(
        Text("a program on PATH or a path"), "The Claude Code program.", trusted=True
    ),
    "agent.model": Key(_MODEL, "Model; none leaves it to the program."),
    "agent.fallback_models": Key(
        Texts('a list of models such as ["sonnet", "haiku"]'),
        "Models to go on with, in this order, while a model is overloaded or not there.",
    ),
    "agent.permission_mode": Key(
        OneOf(PermissionMode),
        "What an agent may do without asking (Claude Code's permission mode).",
        trusted=True,
    ),
    "agent.allow": Key(
        _RULES, "Tools that run without asking, for example your test command.", trusted=True
    ),
    "agent.deny": Key(_RULES, "Tools that never run. Not a sandbox.", trusted=True),
    "agent.max_turns": Key(OrNone(Count(1)), "Turns after which a run ends."),
    "agent.budget_usd": Key(OrNone(Amount()), "US dollars after which a run ends."),
    "agent.timeout": Key(OrNone(Duration()), "Wall time after which a run is stopped."),
    "agent.profiles": Key(
        Profiles(),
        "What --profile stands for: model, budget of a run, agents at once; written [profile.NAME]"
        " model, budget_usd, agents.",
    ),
    "worktree.root": Key(
        Text("a folder, relative to the repository"),
        "Folder of the worktrees; {repository} is the repository's name.",
        trusted=True,
    ),
    "worktree.setup": Key(_SHELL, "Run in a new worktree before its agent begins.", trusted=True),
    "worktree.setup_timeout": Key(Duration(), "Time that all of them may take."),
    "worktree.include_file": Key(
        Text("a file in the repository"),
        "Lists the ignored files that are copied into a new worktree.",
    ),
    "worktree.copy": Key(
        Texts('a list of ignored folders such as ["node_modules"]'),
        "Heavy ignored folders that a new worktree begins with, where their lock file is the same.",
        trusted=True,
    ),
    "worktree.copy_fallback": Key(
        OneOf(CopyFallback),
        "How they are copied where the file system cannot share blocks.",
        trusted=True,
    ),
    "verify.commands": Key(
        _SHELL, "Each must pass in the worktree before a task is ready.", trusted=True
    ),
    "verify.rounds": Key(
        Count(0, 100), "How often an agent is told what failed, to mend it in its conversation."
    ),
    "verify.timeout": Key(Duration(), "Time that each of them may take."),
    "sandbox.mode": Key(
        OneOf(SandboxMode),
        "What keeps an agent inside; auto takes the first that works: bubblewrap, landlock, none.",
        trusted=True,
    ),
    "sandbox.write": Key(
        _FOLDERS, "What agents may write beside their worktree and the caches.", trusted=True
    ),
    "sandbox.caches": Key(
        _FOLDERS, "Caches of package managers, which agents may write too.", trusted=True
    ),
    "sandbox.hide": Key(_FOLDERS, "What agents may not even read.", trusted=True, only_grows=True),
    "sandbox.network": Key(
        Reach(),
        "What agents may reach: all, none, or hosts (their service is among them). Takes walls.",
        trusted=True,
    ),
    "sandbox.gates": Key(
        Truth(),
        "Whether set-up commands, gates and what makes files again run inside walls, too.",
        trusted=True,
    ),
    "sandbox.allow_bypass": Key(
        Truth(),
        "Let agents bypass permissions without a sandbox; only in a person's own file.",
        personal=True,
    ),
    "merge.target": Key(
        OrNone(Text('a branch such as "main"')),
        "Branch to land on; none means the one checked out in the main worktree.",
    ),
    "merge.gate": Key(_SHELL, "Each must pass on the exact tree that is to land.", trusted=True),
    "merge.gate_timeout": Key(Duration(), "Time that each gate may take."),
    "merge.setup": Key(_SHELL, "Run in the scratch worktree before the gates.", trusted=True),
    "merge.slots": Key(
        OrNone(Count(1, 16)),
        "Trees that are verified at the same time; none means half of the processors, at most 4.",
    ),
    "merge.strategy": Key(
        OneOf(MergeStrategy), "Land each commit of a branch by itself, or each branch as one."
    ),
    "merge.resolver": Key(
        OneOf(ResolverKind),
        "Who is asked about a text conflict; the answer is verified in any case.",
    ),
    "merge.resolver_command": Key(
        Texts('a program with its arguments such as ["./resolve", "--json"]'),
        'Program of the resolver "command": JSON on stdin, JSON on stdout.',
        trusted=True,
    ),
    "merge.resolver_model": Key(_MODEL, "Model of the resolver."),
    "merge.resolver_budget_usd": Key(
        OrNone(Amount()), "US dollars after which one question to Claude Code as resolver ends."
    ),
    "merge.resolver_last": Key(
        OneOf(LastResolver),
        "Who tries after the resolver, with tools, in a folder of the files alone: a new agent, or"
        " a copy of the author's conversation.",
        trusted=True,
    ),
    "merge.regenerate": Key(
        Regenerations(),
        "Files that a command writes again where they conflict; written [[merge.regenerate]]"
        " paths, command.",
        trusted=True,
    ),
    "merge.ladder": Key(
        Rungs(),
        "Rungs that a conflicted file may climb before a person is asked; true means all of them.",
    ),
    "merge.candidates": Key(
        Count(1, 9), "Mechanical answers to a conflict that are tried against the gates."
    ),
    "merge.test_command": Key(
        OrNone(Text('a shell command such as "pytest -q {files}"')),
        "Runs the tests that either side changed, where candidates or a resolver solved a conflict;"
        " {files}, {folders}: which.",
        trusted=True,
    ),
    "merge.test_paths": Key(
        Texts('a list of paths such as ["test_*.py"]'),
        "Files that are tests.",
        trusted=True,
        only_grows=True,
    ),
    "merge.allow_drops": Key(
        Truth(),
        "Land a resolution that drops lines, with its reasons, without asking a person.",
        trusted=True,
    ),
    "merge.protected": Key(
        Texts('a list of paths such as ["CLAUDE.md", ".claude/"]'),
        "Paths that never land without a person: wta merge NAME --approve.",
        trusted=True,
        only_grows=True,
    ),
    "merge.secrets": Key(
        OneOf(SecretScan),
        "What happens to a landing that brings a credential; hold waits for a person.",
        trusted=True,
    ),
    "merge.push": Key(
        OrNone(Text('a remote such as "origin"')),
        "Remote to which the target is pushed after each landing; none pushes nothing.",
        trusted=True,
    ),
    "merge.post_gate": Key(
        _SHELL, "Each looks at the target after a landing; red is said loudly.", trusted=True
    ),
    "merge.auto_undo": Key(
        Truth(), "Take a landing back by itself when merge.post_gate is red.", trusted=True
    ),
    "limits.agents": Key(Count(1, 1000), "Agents that work at the same time, at most."),
    "limits.agents_min": Key(
        OrNone(Count(1, 1000)),
        "Scales from so many up to limits.agents: one more for every second task that waits, none"
        " more while the load is above limits.load (else 1) or memory short; none scales nothing.",
    ),
    "limits.per_model": Key(
        OrNone(Count(1, 1000)), "Agents that work with the same model at the same time."
    ),
    "limits.load": Key(
        OrNone(Amount("a number above 0")),
        "No agent is started while the load of the last minute is higher, per processor.",
    ),
    "limits.memory_floor": Key(Size(), "No agent is started with less free memory."),
    "limits.retries": Key(Count(0, 100), "How often a failed agent is started again by itself."),
    "limits.retry_pause": Key(
        Duration(), "Pause before the first retry; each next one is four times longer."
    ),
    "limits.patience": Key(
        Duration(),
        "How long failures of service or network are waited out before a task is parked;"
        " time in which the machine sleeps does not count.",
    ),
    "limits.breaker": Key(
        Count(2, 1000), "Tasks that fail alike before only one start at a time tries again."
    ),
    "limits.disk_floor": Key(Size(), "No agent is started with less free space."),
    "limits.stop_seconds": Key(
        Amount("a number of seconds above 0"), "How long a polite stop may take."
    ),
    "limits.quiet_after": Key(Duration(), "Silence after which an agent is called quiet."),
    "limits.stuck_after": Key(Duration(), "Silence after which an agent is called stuck."),
    "limits.loop_calls": Key(
        Count(2, 24), "Equal tool calls with equal outcomes from which an agent goes in circles."
    ),
    "limits.loop_returns": Key(
        Count(2, 20),
        "Returns of the files to what they were, nothing new between, from which it does, too.",
    ),
    "limits.full_requests": Key(
        Count(5, 1000),
        "Requests without anything new, its context nearly full, from which it does, too.",
    ),
    "limits.response": Key(
        OneOf(Response),
        "How far to go, step by step, with an agent that is stuck or goes in circles.",
    ),
    "limits.commit_request": Key(Truth(), "Ask an agent once to commit what it left uncommitted."),
    "budget.run_tokens": Key(_TOKENS, "Tokens, sent and received, after which a run ends."),
    "budget.task_usd": Key(_DOLLARS, "US dollars for all runs of a task together."),
    "budget.task_tokens": Key(_TOKENS, "Tokens for all runs of a task together."),
    "budget.day_usd": Key(_DOLLARS, "US dollars a day; then nobody starts before midnight."),
    "budget.day_tokens": Key(_TOKENS, "Tokens a day."),
    "budget.repository_usd": Key(_DOLLARS, "US dollars for all runs of the repository."),
    "budget.repository_tokens": Key(_TOKENS, "Tokens for all runs of the repository."),
    "budget.warn": Key(Share(), "Share of each budget from which a person is warned of its end."),
    "cleanup.keep": Key(Duration(), "How long the trash keeps what was cleaned up."),
    "cleanup.regenerable": Key(
        Texts('a list of ignored folders such as ["node_modules/"]'),
        "Ignored folders that need not be kept: a command makes them again.",
        trusted=True,
    ),
    "cleanup.per_pass": Key(Count(1, 1000), "Worktrees that one pass by itself may clean up."),
    "cleanup.quota": Key(
        OrNone(Size()), "Size of the trash above which what has landed is swept before its time."
    ),
    "checkpoints.enabled": Key(Truth(), "Keep snapshots of the worktrees while agents work."),
    "checkpoints.every": Key(
        Duration(), "Time after which a worktree that changed gets a checkpoint within a turn."
    ),
    "checkpoints.include": Key(
        Texts('a list of patterns such as ["*.sqlite", "/.env"]'),
        "Ignored files that checkpoints hold, too; patterns as in .gitignore.",
    ),
    "checkpoints.largest": Key(Size(), "Changed files above this size are left out."),
    "checkpoints.most": Key(Count(1, 10_000), "Checkpoints of one task that are kept at most."),
    "radar.enabled": Key(Truth(), "Look for clashes between agents while they work."),
    "radar.interval": Key(Duration(), "Least time between two looks."),
    "radar.notify": Key(Truth(), "Tell the later agent of a clash what the other one changed."),
    "radar.claims": Key(
        OneOf(ClaimMode), "What an agent hears that edits a path which another task holds."
    ),
    "radar.own": Key(
        Ownerships(), "Paths that belong to the tasks of a name; written [[own]] paths, task."
    ),
    "notify.desktop": Key(
        OneOf(Desktop), "Tell on the desktop: notify-send, or osascript on a Mac."
    ),
    "notify.bell": Key(Truth(), "Ring the terminal from which the supervisor was started."),
    "notify.webhook": Key(
        OrNone(WebAddress()), "Address to which each notification is posted as JSON.", trusted=True
    ),
    "notify.command": Key(
        Texts('a program with its arguments such as ["./tell", "--all"]'),
        "Program that is told each notification as JSON on stdin.",
        trusted=True,
    ),
    "notify.events": Key(Some(Topic), "What a person is told."),
    "notify.quiet": Key(
        OrNone(Between()), "Hours in which nothing is told; what happened is summed up afterwards."
    ),
    "notify.batch": Key(Duration(), "What happens within this time is told together."),
}
