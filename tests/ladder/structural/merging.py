"""Three texts to one, for tests: what changes is said, the rest stands."""

from __future__ import annotations

from wtagents.core.landing.resolution import ConflictText, Proposal, ProposedFile, check_resolution
from wtagents.ladder.structural.merge import merge_structurally


def merged(
    path: str, base: str, target: str, branch: str, *, keep_both: bool = False
) -> str | None:
    """Return the merged text, None where it is left alone; what is merged passes the check."""
    conflict = ConflictText(path=path, base=base, target=target, branch=branch)
    found = merge_structurally(conflict, keep_both=keep_both)
    if found is None:
        return None
    file = ProposedFile(path=path, text=found.text)
    assert check_resolution((conflict,), Proposal(files=(file,), dropped=found.dropped)) == ()
    return found.text


def both_add(path: str, text: str, *, keep_both: bool = False) -> tuple[str | None, str]:
    """Merge a text whose rows marked `T|` only the target has and those marked `R|` the branch.

    Returns what came of it, and the text with the rows of both.
    """
    rows = text.splitlines(keepends=True)
    base, target, branch, both = (
        "".join(row.removeprefix("T|").removeprefix("R|") for row in rows if row[:2] not in out)
        for out in (("T|", "R|"), ("R|",), ("T|",), ())
    )
    return merged(path, base, target, branch, keep_both=keep_both), both
