"""The tests of both sides: what target and branch added or changed since they parted.

Where candidates or a resolver solved a conflict, nobody has said that the result is what either
side meant; their tests say what they meant. They run beside the gates, on the same tree.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.landing.testing import commands_for, is_test
from wtagents.git.merging.changes import tree_changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.config.settings import MergeSettings
    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import MergeRequest, Resolution
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.landing.source import Source

_LANDING = (MergeState.ADVANCING, MergeState.MERGED)


def side_tests(
    merge: MergeSettings, hub: Hub, task: Task, source: Source, candidate: Oid
) -> tuple[str, ...]:
    """Return the commands that run the tests of both sides that a candidate still has."""
    if merge.test_command is None:
        return ()
    common = hub.repo.read("merge-base", source.tip, source.onto, ok=(0, 1)).text
    base = common or task.base
    changed = {
        change.path
        for side in (source.onto, source.tip)
        for change in tree_changes(hub, base, side)
        if is_test(change.path, merge.test_paths)
    }
    if not changed:
        return ()
    with hub.library() as library:
        tree = library.commit(candidate).tree
        present = [
            path
            for path in sorted(changed)
            if (entry := library.entry(tree, path)) and stat.S_ISREG(entry[0])
        ]
    return commands_for(merge.test_command, present)


def need_tests(resolutions: Iterable[Resolution]) -> bool:
    """Whether something was solved by who keeps to the words of both sides at best."""
    return any(each.needs_gate for each in resolutions)


def untested(merge: MergeSettings, request: MergeRequest) -> str:
    """Return why the tests of both sides did not run on what landed; '' where they need not."""
    is_doubtful = request.state in _LANDING and need_tests(request.resolutions)
    if request.skip_gate or not is_doubtful or any(gate.is_tests for gate in request.gates):
        return ""
    if merge.test_command is None:
        return "the tests of both sides did not run by themselves: no merge.test_command is set"
    return "neither side changed a test"
