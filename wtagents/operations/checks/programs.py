"""Programs that wta starts: git, the agent, what the agent needs."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from wtagents.core.task import AgentKind
from wtagents.operations.checks.check import failed, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wtagents.operations.checks.check import Check
    from wtagents.operations.context import Context


def check_git(_: Context) -> Iterator[Check]:
    """Old git has no merge without a worktree. Raises SystemFault when it is missing or too old."""
    from wtagents.git.repo import require_git_version

    version = require_git_version()
    yield ok("git", f"version {version[0]}.{version[1]}")


def check_agent(context: Context) -> Iterator[Check]:
    """An agent program that is missing, too old or logged out fails every task."""
    from wtagents.agent.agents import agent_for

    kind = context.settings.agent.kind
    if kind is AgentKind.COMMAND:
        yield ok("agent", "another program, named at each spawn")
        return
    probe = agent_for(kind).probe(context.settings.agent.program)
    if not probe.ok:
        yield failed("agent", f"{probe.program}: {probe.problem}", probe.hint or "install it")
        return
    words = {True: "logged in", False: "not logged in", None: ""}[probe.logged_in]
    said = ", ".join(part for part in (probe.program, probe.version, words) if part)
    yield failed("agent", said, probe.hint) if probe.logged_in is False else ok("agent", said)


def check_node(context: Context) -> Iterator[Check]:
    """Claude Code installed by npm is a node program."""
    if context.settings.agent.kind is not AgentKind.CLAUDE:
        return
    found = shutil.which("node")
    yield ok("node", found) if found else note("node", "not there; only npm's claude needs it")


def check_syntax_merges(_: Context) -> Iterator[Check]:
    """Without its grammar a language's conflicts go to the next rung, without a word."""
    from wtagents.ladder.structural.parsing import grammar_fault, languages

    yield syntax_merges({language.name: grammar_fault(language) for language in languages()})


def syntax_merges(faults: Mapping[str, str]) -> Check:
    """Say which languages can be merged by their syntax, from what is wrong with each grammar."""
    missing = {name: fault for name, fault in faults.items() if fault}
    if not missing:
        return ok("syntax merges", ", ".join(faults))
    name, fault = next(iter(missing.items()))
    finding = f"off for {', '.join(missing)} ({name}: {fault})"
    return note("syntax merges", finding, "pip install 'wtagents[structural]'")
