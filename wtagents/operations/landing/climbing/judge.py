"""What every answer of candidates and resolver must pass before a gate looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.resolution import check_resolution
from wtagents.core.testing import is_test
from wtagents.ladder.declared import lost_declarations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.resolution import ConflictText, Fault, Proposal
    from wtagents.operations.landing.climbing.climb import Climb


def judge(
    climbing: Climb, conflicts: Sequence[ConflictText], proposal: Proposal
) -> tuple[Fault, ...]:
    """Return what is wrong with an answer: by its lines, and by the tests that it declares."""
    faults = check_resolution(conflicts, proposal)
    if faults:
        return faults
    patterns = climbing.landing.context.settings.merge.test_paths
    texts = {file.path: file.text for file in proposal.files}
    return tuple(
        fault
        for conflict in conflicts
        if is_test(conflict.path, patterns)
        for fault in lost_declarations(conflict, texts[conflict.path])
    )
