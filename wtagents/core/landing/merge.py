"""A merge request: one wish to bring a branch onto its target, and what the attempt found."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.landing.rung import Rung
from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import BranchName, Oid


class MergeState(StrEnum):
    """How far a merge request is; the arrows are in `core/lifecycle.py`."""

    WAITING = "waiting"
    REPLAYING = "replaying"
    RESOLVING = "resolving"
    GATING = "gating"
    ADVANCING = "advancing"
    MERGED = "merged"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Rejection(StrEnum):
    """Why a merge request waits for a person or a new run."""

    CONFLICT = "conflict"
    RESOLUTION_REFUSED = "resolution_refused"
    GATE_RED = "gate_red"
    GATE_TIMEOUT = "gate_timeout"
    NOT_TRUSTED = "not_trusted"
    NOTHING_TO_LAND = "nothing_to_land"
    CHECKOUT_DIRTY = "checkout_dirty"
    CHECKOUT_BUSY = "checkout_busy"
    TRIPWIRE = "tripwire"
    TARGET_MOVING = "target_moving"
    SOURCE_MOVED = "source_moved"
    UNCOMMITTED = "uncommitted"
    NO_IDENTITY = "no_identity"
    NOT_AS_VERIFIED = "not_as_verified"
    """What was about to land is not what was built and verified."""
    CUT_OFF = "cut_off"
    """Killed too often in the middle of its landing."""
    FAULT = "fault"
    """Git or the machine failed; the target is untouched."""
    REVERTS = "reverts"
    """It takes back what reached the target after the task began."""
    PROTECTED = "protected"
    """It changes a path that never lands without a person."""
    UNVERIFIED = "unverified"
    """No gate is configured, and nobody but a resolver vouches for a file."""
    INCOMPLETE = "incomplete"
    """It was undone, and lands again without a part of what it had landed."""
    CREDENTIAL = "credential"
    """One of its commits brings what looks like a credential."""
    FOREIGN = "foreign"
    """Its branch was moved from outside its worktree."""


HELD = frozenset(
    {
        Rejection.REVERTS,
        Rejection.PROTECTED,
        Rejection.UNVERIFIED,
        Rejection.INCOMPLETE,
        Rejection.CREDENTIAL,
        Rejection.FOREIGN,
    }
)
"""Why a landing is held: a person looks at it and approves it, or not."""


class MergeStrategy(StrEnum):
    """What a branch becomes on the target."""

    REBASE = "rebase"
    """Each commit by itself; a branch that took the target in becomes one."""
    SQUASH = "squash"
    """One commit."""


class ResolverKind(StrEnum):
    """Who is asked about a text conflict."""

    CLAUDE = "claude"
    COMMAND = "command"
    SCRIPTED = "scripted"
    NONE = "none"


class LastResolver(StrEnum):
    """Who tries with tools what the resolver did not solve."""

    NONE = "none"
    AGENTIC = "agentic"
    """A new conversation."""
    AUTHOR = "author"
    """A copy of the conversation in which the branch was written."""


class Author(StrEnum):
    """Who resolved a conflict."""

    AGENT = "agent"
    """Without tools."""
    AGENT_WITH_TOOLS = "agent_with_tools"
    AUTHOR_SESSION = "author_session"
    """A copy of the conversation in which the branch was written, with tools."""
    COMMAND = "command"
    WTA = "wta"
    """A rung that needs neither a model nor a person."""
    HUMAN = "human"


@record
class Resolution:
    """One conflicted path and what was made of it."""

    path: str
    author: Author
    rung: Rung
    dropped: tuple[str, ...]
    """Lines of either side that are not in the result, each with the reason given."""

    @property
    def needs_gate(self) -> bool:
        """Whether it is a proposal that only a gate or a person can vouch for."""
        return self.rung in (Rung.CANDIDATES, Rung.AGENT)

    @property
    def solver(self) -> str:
        """The rung for a person; of the agent's rung, who answered."""
        return str(self.author if self.rung is Rung.AGENT else self.rung).replace("_", " ")


@record
class Hold:
    """One thing about a landing that a person must have seen."""

    kind: Rejection
    """One of `HELD`."""
    path: str
    """'' when it is about too many paths to name."""
    detail: str
    """One line for a person."""
    content: str
    """Digest of what was found: an approval covers this and nothing else."""

    def is_among(self, approved: tuple[Hold, ...]) -> bool:
        """Whether a person has seen exactly this."""
        return any(
            (self.kind, self.path, self.content) == (seen.kind, seen.path, seen.content)
            for seen in approved
        )


@record
class GateResult:
    """One gate command on one tree."""

    command: str
    passed: bool
    seconds: float
    log: str
    """Path of its output."""
    tail: str
    """Its last lines."""
    cached_from: datetime | None = None
    """When it ran on this tree, where it was not run again."""
    is_tests: bool = False
    """Whether it ran the tests that each side changed, beside the gates."""


@record
class MergeRequest:
    """One row of `merge_request`."""

    id: int
    task_id: int
    state: MergeState
    target: BranchName
    squash: bool
    skip_gate: bool
    source: Oid | None
    """Tip of the task's branch that this attempt lands."""
    onto: Oid | None
    """Tip of the target that this attempt builds on."""
    candidate: Oid | None
    """The commit that would become the target's tip."""
    rejection: Rejection | None
    detail: str
    hint: str
    """The next command for a person, or ''."""
    attempts: int
    """How often its landing was cut off and began again."""
    resolutions: tuple[Resolution, ...]
    gates: tuple[GateResult, ...]
    holds: tuple[Hold, ...]
    """What a person must look at before it lands; set when it was held."""
    approves: int | None
    """The held request that a person has looked at: its branch tip, its holds, its candidate."""
    created_at: datetime
    changed_at: datetime
    patch: str = ""
    """Digest of what the candidate changes on `onto`, as it was built."""
    batch: int | None = None
    """Requests with the same number were verified together."""
    place: int | None = None
    """Its place in the batch, from 1."""
    superseded: int = 0
    """How often the target moved meanwhile and it began again: nobody's fault, and no reason to
    give up."""

    @property
    def tries(self) -> int:
        """How often it began, this time included."""
        return 1 + self.attempts + self.superseded
