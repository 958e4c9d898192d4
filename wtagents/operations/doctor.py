"""doctor: one look at every known hazard, each with its finding and its remedy.

A check never stops the others: what cannot be checked is a finding, too. Nothing is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError, WtaError
from wtagents.operations.checks import fleet, programs, sandbox, settings, state
from wtagents.operations.checks.check import Check, Health, failed
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wtagents.operations.context import Context

    Hazard = Callable[[Context], Iterator[Check]]

HAZARDS: tuple[Hazard, ...] = (
    state.check_settings,
    programs.check_git,
    programs.check_agent,
    programs.check_node,
    programs.check_syntax_merges,
    sandbox.check_sandbox,
    state.check_state_folder,
    state.check_database,
    state.check_disk,
    state.check_supervisor,
    state.check_crontab,
    state.check_trash,
    state.check_clock,
    state.check_trust,
    settings.check_tripwire,
    settings.check_git_settings,
    settings.check_identity,
    settings.check_signing,
    settings.check_large_files,
    settings.check_submodules,
    settings.check_instructions_file,
    fleet.check_commits,
    fleet.check_git_locks,
    fleet.check_worktrees,
    fleet.check_branches,
    fleet.check_runs,
    fleet.check_orphans,
)


def doctor(context: Context) -> OperationResult[tuple[Check, ...]]:
    """Look at everything; the exit code is 1 when something has failed."""
    checks: list[Check] = []
    for hazard in HAZARDS:
        # A store that cannot be opened stops several checks by one and the same finding.
        said = {(check.finding, check.remedy) for check in checks}
        checks += [c for c in _look(hazard, context) if (c.finding, c.remedy) not in said]
    sick = any(check.health is Health.FAILED for check in checks)
    return OperationResult(
        data=tuple(checks), exit_code=ExitCode.UNFULFILLED if sick else ExitCode.OK
    )


def accept(context: Context) -> OperationResult[tuple[str, ...]]:
    """Take the repository's configuration and hooks as a person's own from now on.

    Returns what had changed since the last time. Raises StateError before there is any state.
    """
    from wtagents.operations.tripwire import accept_tripwire, observe_every_tripwire

    if not context.paths.database.exists():
        raise StateError("there is nothing to accept yet", hint="the first wta spawn does it")
    changed = tuple(observe_every_tripwire(context))
    accept_tripwire(context)
    return OperationResult(data=changed)


def _look(hazard: Hazard, context: Context) -> list[Check]:
    name = hazard.__name__.removeprefix("check_").replace("_", " ")
    try:
        return list(hazard(context))
    except WtaError as error:
        cause = f": {error.cause}" if error.cause else ""
        return [failed(name, f"{error.message}{cause}", error.hint)]
    except OSError as error:
        return [failed(name, f"cannot be checked: {error}", "look at the file that is named")]
