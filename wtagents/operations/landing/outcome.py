"""What a landing came to: for the caller of `wta merge`, for the record, for the next attempt."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.record import record, replace
from wtagents.core.text import printable
from wtagents.operations.landing.side_tests import untested
from wtagents.store.merges import merge_request_by_id
from wtagents.store.tasks import require_task_by_id
from wtagents.store.undos import undo_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wtagents.core.ids import BranchName, Oid, TaskName
    from wtagents.core.landing.merge import GateResult, Hold, MergeRequest, Rejection, Resolution
    from wtagents.operations.context import Context

    Tell = Callable[[str], None]
    """Takes one line of narration."""

_DETAIL_LIMIT = 400


@record
class Refusal:
    """Why a landing stops here, and what a person can do."""

    rejection: Rejection
    detail: str
    hint: str
    gates: tuple[GateResult, ...] = ()
    """What the gates said, when one of them is the reason."""
    holds: tuple[Hold, ...] = ()
    """What a person must look at, when that is the reason."""
    candidate: Oid | None = None
    """What is held."""
    resolutions: tuple[Resolution, ...] = ()
    """How the conflicts of what is held were resolved."""

    @property
    def line(self) -> str:
        """The detail as one line that is safe to show."""
        return printable(self.detail, _DETAIL_LIMIT)


@record
class Push:
    """What became of a push after the landing."""

    remote: str
    target: BranchName
    commit: Oid | None
    """What the remote has now; None when it was not pushed."""
    pushed: bool
    detail: str
    hint: str

    @property
    def line(self) -> str:
        """One line for a person."""
        if self.commit is not None:
            return f"{self.remote} has {self.target} at {self.commit.short}"
        return f"not pushed to {self.remote}: {self.detail}"


@record
class MergeOutcome:
    """How one merge request stands."""

    task: TaskName
    request_id: int
    state: MergeState
    target: BranchName
    old: Oid | None
    """Tip of the target that the landing built on."""
    new: Oid | None
    """The commit that landed, or would have."""
    commits: int
    """Commits that the target got."""
    resolutions: tuple[Resolution, ...]
    gates: tuple[GateResult, ...]
    holds: tuple[Hold, ...]
    """What a person must look at before it lands."""
    verified: bool
    """Whether at least one gate passed on exactly the tree that landed."""
    rejection: Rejection | None
    detail: str
    hint: str
    push: Push | None = None
    """None when nothing was to be pushed."""
    undone: bool = False
    """Whether it was taken back since."""
    untested: str = ""
    """Why the tests of both sides did not run where a conflict was solved so that they should."""

    @property
    def landed(self) -> bool:
        """Whether the target has it."""
        return self.state is MergeState.MERGED


def silent(_line: str) -> None:
    """Tell nobody."""


def in_turn(tell: Tell) -> Tell:
    """Let several threads tell, one line after the other."""
    turn = Lock()

    def tell_in_turn(line: str) -> None:
        with turn:
            tell(line)

    return tell_in_turn


def outcome_of(context: Context, request_id: int) -> MergeOutcome:
    """Read how a merge request stands, whoever landed it."""
    return outcomes_of(context, [request_id])[0]


def outcomes_of(context: Context, request_ids: Sequence[int]) -> tuple[MergeOutcome, ...]:
    """Read how merge requests stand, in this order; one look at the commits of all."""
    found: list[tuple[MergeRequest, TaskName, bool]] = []
    with context.database.read() as db:
        for request_id in request_ids:
            request = merge_request_by_id(db, request_id)
            if request is None:
                raise LookupError(request_id)
            name = require_task_by_id(db, request.task_id).name
            found.append((request, name, undo_of(db, request.id) is not None))
    landed = [each for each, *_ in found if each.state is MergeState.MERGED]
    counts = _counted(context, [(each.onto, each.candidate) for each in landed])
    return tuple(
        replace(
            _outcome(request, task, counts.get((request.onto, request.candidate), 0)),
            undone=undone,
            untested=untested(context.settings.merge, request),
        )
        for request, task, undone in found
    )


def _outcome(request: MergeRequest, task: TaskName, commits: int) -> MergeOutcome:
    own = [gate for gate in request.gates if not gate.is_tests]
    return MergeOutcome(
        task=task,
        request_id=request.id,
        state=request.state,
        target=request.target,
        old=request.onto,
        new=request.candidate,
        commits=commits if request.state is MergeState.MERGED else 0,
        resolutions=request.resolutions,
        gates=request.gates,
        holds=request.holds,
        verified=bool(own) and all(gate.passed for gate in request.gates),
        rejection=request.rejection,
        detail=request.detail,
        hint=request.hint,
    )


def _counted(
    context: Context, ends: Sequence[tuple[Oid | None, Oid | None]]
) -> dict[tuple[Oid | None, Oid | None], int]:
    """Return how many commits lie between the ends of each landing.

    What we land is a line of commits: one listing tells all of them.
    """
    news = {new for _, new in ends if new is not None}
    olds = {old for old, _ in ends if old is not None and old not in news}
    if not news or not olds:
        return {pair: count_commits(context, *pair) for pair in ends}
    said = context.repository.read("rev-list", "--parents", *news, *(f"^{old}" for old in olds))
    parents = {line.split(" ")[0]: line.split(" ")[1:] for line in said.text.splitlines()}
    return {pair: _steps(parents, *pair) or count_commits(context, *pair) for pair in ends}


def _steps(parents: Mapping[str, list[str]], old: Oid | None, new: Oid | None) -> int:
    """Return how many steps lead from one commit back to another, 0 where it is no line."""
    at, steps = str(new), 0
    while at != old:
        if len(parents.get(at, ())) != 1:
            return 0
        at = parents[at][0]
        steps += 1
    return steps


def count_commits(context: Context, old: Oid | None, new: Oid | None) -> int:
    """Return how many commits a landing brought from one tip of the target to the next."""
    if old is None or new is None or old == new:
        return 0
    return int(context.repository.read("rev-list", "--count", f"{old}..{new}").text)
