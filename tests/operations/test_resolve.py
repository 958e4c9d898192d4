"""wta resolve: a person decides in a checkout of its own, and the landing finds the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.git.conflict_classes import CLASSES, ConflictClass, commit_files
from tests.support.processes import MERGER
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from tests.support.warm import run_text_warm
from wtagents.core.errors import ExitCode, StateError, UsageError
from wtagents.core.landing.merge import Author, MergeState, Rejection
from wtagents.core.landing.rung import Rung
from wtagents.git.hub import open_hub
from wtagents.git.merging.conflicts import Blob, ConflictKind
from wtagents.operations.landing.climbing.policies import POLICIES
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.resolve import ResolveRequest, Resolving, resolve
from wtagents.operations.resolving.step import current_ends, next_step

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ready_tasks import Fleet
    from wtagents.operations.resolve import ResolveOutcome
    from wtagents.operations.result import OperationResult

RESOLVER = """\
import json, sys
from pathlib import Path
from wtagents.core.config.settings import Layer
from wtagents.operations.context import Context
from wtagents.operations.resolve import ResolveRequest, resolve
values = {"merge": json.loads(sys.argv[2]), "sandbox": {"mode": "none"}}
layer = Layer(source="--test", values=values)
resolve(Context(Path(sys.argv[1]), flags=[layer]), ResolveRequest(name="three", done=True))
"""
ROWS = [f"row {number}\n" for number in range(20)]


def rows(**by_row: str) -> str:
    """Return the rows with some of them put differently: `rows(r2="x")`."""
    lines = list(ROWS)
    for name, text in by_row.items():
        lines[int(name[1:])] = f"{text}\n"
    return "".join(lines)


def ask(fleet: Fleet, **wish: object) -> OperationResult[ResolveOutcome]:
    return resolve(fleet.context, ResolveRequest(name="three", **wish))  # type: ignore[arg-type]


def conflict(fleet: Fleet, **more: str | bytes | None) -> RepositoryBuilder:
    fleet.main.commit({"note.txt": rows()})
    worktree = fleet.task("three", {"note.txt": rows(r5="branch"), "own.txt": "own\n"})
    fleet.main.commit({"note.txt": rows(r5="target"), **more})
    return worktree


def opened(fleet: Fleet) -> Path:
    """Open the conflict and return the folder."""
    outcome = ask(fleet).data
    assert outcome.state is Resolving.OPEN
    assert outcome.folder is not None
    return outcome.folder


def stored(fleet: Fleet) -> tuple[int, int]:
    count = "SELECT count(*) AS n FROM "
    return tuple(
        fleet.context.database.rows(count + table)[0]["n"]
        for table in ("person_answer", "person_lesson")
    )


def test_a_person_edits_and_lands(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(ladder=True, gate=["true"])
    folder = opened(fleet)
    text = (folder / "note.txt").read_text()
    assert "<<<<<<< target\ntarget\n" in text
    assert "branch\n>>>>>>> branch\n" in text
    assert (folder / "own.txt").read_text() == "own\n"
    before = ask(fleet, done=True)
    assert before.exit_code is ExitCode.UNFULFILLED
    assert before.data.faults == ("note.txt: a conflict marker is left in it",)
    (folder / "note.txt").write_text(rows(r5="target\nbranch"))
    result = ask(fleet, done=True)
    assert (result.exit_code, result.data.state) == (ExitCode.OK, Resolving.LANDED)
    landing = result.data.landing
    assert landing is not None
    assert [(each.path, each.author, each.rung) for each in landing.resolutions] == [
        ("note.txt", Author.HUMAN, Rung.PERSON)
    ]
    assert fleet.main.files()["note.txt"].decode() == rows(r5="target\nbranch")
    assert fleet.main.status() == []
    assert "Wta-Resolved: note.txt (person)" in fleet.message().splitlines()
    assert not folder.exists()
    assert stored(fleet) == (0, 0)


def test_it_lands_without_a_gate_for_a_person_has_seen_it(fleet: Fleet) -> None:
    conflict(fleet)
    (opened(fleet) / "note.txt").write_text(rows(r5="target\nbranch"))
    assert ask(fleet, done=True).data.state is Resolving.LANDED


def test_lines_that_are_missing_must_be_confirmed(fleet: Fleet) -> None:
    conflict(fleet)
    (opened(fleet) / "note.txt").write_text(rows(r5="both"))
    (fault,) = ask(fleet, done=True).data.faults
    assert fault == (
        "note.txt: of the two sides it lacks or brings back 'target', 'branch'; confirm: --drop"
    )
    outcome = ask(fleet, done=True, drop=True).data
    assert outcome.state is Resolving.LANDED
    assert outcome.landing is not None
    assert outcome.landing.resolutions[0].dropped == (
        "note.txt: 'target' of the target: a person left it out",
        "note.txt: 'branch' of the branch: a person left it out",
    )


def test_what_does_not_parse_is_refused_even_if_confirmed(fleet: Fleet) -> None:
    fleet.main.commit({"a.py": "x = 1\n"})
    fleet.task("three", {"a.py": "x = 2\n"})
    fleet.main.commit({"a.py": "x = 3\n"})
    (opened(fleet) / "a.py").write_text("x = (\n")
    (fault,) = ask(fleet, done=True, drop=True).data.faults
    assert fault.startswith("a.py: both sides parse and the result does not: ")


def test_what_a_person_changes_elsewhere_lands_too(fleet: Fleet) -> None:
    conflict(fleet, **{"call.txt": "old\n"})
    folder = opened(fleet)
    (folder / "note.txt").write_text(rows(r5="target\nbranch"))
    (folder / "call.txt").write_text("new\n")
    (folder / "more.txt").write_text("more\n")
    assert ask(fleet, done=True).data.state is Resolving.LANDED
    files = fleet.main.files()
    assert (files["call.txt"], files["more.txt"]) == (b"new\n", b"more\n")


def test_every_commit_that_conflicts_is_a_step(fleet: Fleet) -> None:
    fleet.main.commit({"a.txt": "1\n", "b.txt": "1\n"})
    worktree = fleet.task("three", {"a.txt": "branch\n"}, subject="First")
    worktree.commit({"b.txt": "two\n"}, "Second")
    fleet.main.commit({"a.txt": "target\n", "b.txt": "target\n"}, "Meanwhile")
    (opened(fleet) / "a.txt").write_text("target\nbranch\n")
    second = ask(fleet, done=True)
    assert (second.exit_code, second.data.state) == (ExitCode.UNFULFILLED, Resolving.OPEN)
    assert [each.path for each in second.data.conflicts] == ["b.txt"]
    assert second.data.folder is not None
    (second.data.folder / "b.txt").write_text("target\ntwo\n")
    assert ask(fleet, done=True).data.state is Resolving.LANDED
    assert fleet.main.subjects()[:3] == ["Second", "First", "Meanwhile"]


def test_a_target_that_moves_costs_only_what_does_not_apply_any_more(fleet: Fleet) -> None:
    fleet.main.commit({"note.txt": rows(), "b.txt": "1\n"})
    fleet.task("three", {"note.txt": rows(r5="branch"), "b.txt": "branch\n"})
    fleet.main.commit({"note.txt": rows(r5="target"), "b.txt": "target\n"})
    folder = opened(fleet)
    (folder / "note.txt").write_text(rows(r5="target\nbranch"))
    (folder / "b.txt").write_text("target\nbranch\n")
    fleet.main.commit({"note.txt": rows(r5="target", r15="later"), "b.txt": "moved\n"})
    assert ask(fleet).messages == (
        "main has moved since; what still applies is kept when it is done",
    )
    assert (folder / "b.txt").read_text() == "target\nbranch\n"
    result = ask(fleet, done=True)
    assert result.data.state is Resolving.OPEN
    assert [each.path for each in result.data.conflicts] == ["b.txt"]
    assert (folder / "note.txt").read_text() == rows(r5="target\nbranch", r15="later")
    (folder / "b.txt").write_text("moved\nbranch\n")
    assert ask(fleet, done=True).data.state is Resolving.LANDED
    assert fleet.main.files()["note.txt"].decode() == rows(r5="target\nbranch", r15="later")


def test_a_red_gate_keeps_the_decisions_and_opens_them_again(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(gate=["grep -q both note.txt"])
    (opened(fleet) / "note.txt").write_text(rows(r5="target\nbranch"))
    outcome = ask(fleet, done=True).data
    assert outcome.state is Resolving.NOT_LANDED
    assert outcome.landing is not None
    assert outcome.landing.rejection is Rejection.GATE_RED
    folder = opened(fleet)
    assert (folder / "note.txt").read_text() == rows(r5="target\nbranch")
    (folder / "note.txt").write_text(rows(r5="target\nbranch\nboth"))
    assert ask(fleet, done=True).data.state is Resolving.LANDED


def test_the_landing_itself_finds_what_was_decided(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(gate=["false"])
    (opened(fleet) / "note.txt").write_text(rows(r5="target\nbranch"))
    ask(fleet, done=True)
    fleet.use(gate=["true"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",))).data
    assert outcome.state is MergeState.MERGED
    assert stored(fleet) == (0, 0)


@pytest.mark.parametrize("gate", [["true"], []], ids=["verified", "not-verified"])
def test_what_a_person_taught_is_known_to_the_next_task_if_a_gate_has_seen_it(
    fleet: Fleet, gate: list[str]
) -> None:
    conflict(fleet)
    fleet.use(gate=gate)
    (opened(fleet) / "note.txt").write_text(rows(r5="target\nbranch"))
    ask(fleet, done=True)
    fleet.main.commit({"c.txt": "row 5\n"})
    fleet.task("four", {"c.txt": "branch\n"})
    fleet.main.commit({"c.txt": "target\n"})
    fleet.use(ladder=["memory"], gate=["true"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("four",))).data
    assert [each.rung for each in outcome.resolutions] == ([Rung.MEMORY] if gate else [])


def test_abort_drops_the_checkout_and_the_decisions(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(gate=["false"])
    (opened(fleet) / "note.txt").write_text(rows(r5="target\nbranch"))
    ask(fleet, done=True)
    folder = opened(fleet)
    assert ask(fleet, abort=True).data.state is Resolving.GIVEN_UP
    assert not folder.exists()
    assert stored(fleet) == (0, 0)
    assert "<<<<<<< target" in (opened(fleet) / "note.txt").read_text()


def test_a_checkout_that_was_cut_off_while_it_was_made_is_made_again(fleet: Fleet) -> None:
    conflict(fleet)
    folder = opened(fleet)
    (folder.parent / "opened.json").unlink()
    (folder / "note.txt").write_text("half")
    assert "<<<<<<< target" in (opened(fleet) / "note.txt").read_text()


def test_an_untouched_checkout_follows_the_target(fleet: Fleet) -> None:
    conflict(fleet)
    folder = opened(fleet)
    fleet.main.commit({"note.txt": rows(r5="target", r15="later")})
    result = ask(fleet)
    assert result.messages == ()
    assert "row 15" not in (folder / "note.txt").read_text()
    assert "later" in (folder / "note.txt").read_text()


def test_a_checkout_of_another_task_of_this_name_is_none(fleet: Fleet) -> None:
    conflict(fleet)
    folder = opened(fleet)
    (folder / "note.txt").write_text("of another task")
    noted = folder.parent / "opened.json"
    noted.write_text(noted.read_text().replace('"task":1,', '"task":99,'))
    assert "<<<<<<< target" in (opened(fleet) / "note.txt").read_text()


def test_killed_while_it_lands_the_decisions_stay(fleet: Fleet) -> None:
    conflict(fleet)
    (opened(fleet) / "note.txt").write_text(rows(r5="target\nbranch"))
    settings = json.dumps({"resolver": "none", "gate": [f"kill -9 {MERGER}; sleep 1"]})
    done = run_text_warm(RESOLVER, str(fleet.main.path), settings)
    assert done.returncode == -9
    assert stored(fleet) == (1, 1)
    fleet.use(gate=["true"])
    fleet.main.commit({"other.txt": "meanwhile\n"})

    def landed() -> bool:
        # A gate of the killed one may hold a lock for a moment longer.
        land_waiting(fleet.context)
        return fleet.request("three").state is MergeState.MERGED

    wait_until(landed, what="the landing")
    assert fleet.main.files()["note.txt"].decode() == rows(r5="target\nbranch")
    assert stored(fleet) == (0, 0)


def test_nothing_to_resolve_says_so(fleet: Fleet) -> None:
    fleet.task("three", {"a.txt": "a\n"})
    outcome = ask(fleet).data
    assert (outcome.state, outcome.hint) == (Resolving.CLEAN, "wta merge three")
    with pytest.raises(StateError, match="no conflict of task three is open"):
        ask(fleet, done=True)


@pytest.mark.parametrize(
    "wish",
    [
        {"done": True, "abort": True},
        {"drop": True},
        {"done": True, "from_target": ("note.txt",)},
        {"from_target": ("other.txt",)},
        {"from_branch": ("../escape",)},
    ],
    ids=["done-abort", "drop-alone", "done-side", "no-conflict", "outside"],
)
def test_wrong_wishes_are_refused(fleet: Fleet, wish: dict[str, object]) -> None:
    conflict(fleet)
    with pytest.raises(UsageError):
        ask(fleet, **wish)


CONFLICTING = [which for which in CLASSES if which.expected]


def clash(fleet: Fleet, which: ConflictClass) -> None:
    """Let a task and its target come to a conflict of this class."""
    commit_files(fleet.main, which.base, "Base")
    worktree: RepositoryBuilder = fleet.task("three")
    commit_files(worktree, which.branch, "Branch")
    commit_files(fleet.main, which.target, "Target")


def test_every_class_has_its_policy() -> None:
    assert set(POLICIES) == set(ConflictKind)


@pytest.mark.parametrize(
    ("which", "side"),
    [(which, "branch") for which in CONFLICTING]
    + [(which, "target") for which in CONFLICTING if "deleted" in which.name],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_class_is_said_in_words_and_settled_by_one_side(
    fleet: Fleet, which: ConflictClass, side: str
) -> None:
    clash(fleet, which)
    task, hub = fleet.row("three"), open_hub(fleet.context.paths, fleet.context.repository)
    step = next_step(fleet.context, hub, task, current_ends(fleet.context, task))
    assert step is not None
    outcome = ask(fleet).data
    found = {each.path: each.kind for each in outcome.conflicts}
    assert found == {path: kind.value for path, kind in which.expected.items()}
    assert all(each.edit and each.by_target and each.by_branch for each in outcome.conflicts)
    assert ask(fleet, done=True).data.faults
    taken = ask(fleet, **{f"from_{side}": tuple(found)}).data
    assert all(each.decided for each in taken.conflicts)
    landed = ask(fleet, done=True).data
    if landed.landing is not None and landed.landing.rejection is Rejection.REVERTS:
        # The target's file goes: a person has to say so twice.
        merge(fleet.context, MergeRequestOptions(names=("three",), approve=True))
    assert fleet.request("three").state is MergeState.MERGED, (landed.faults, landed.landing)
    for conflict in step.left:
        wanted: Blob | None = getattr(conflict, side)
        shown = fleet.main.git(
            "ls-tree", "--format=%(objectmode) %(objectname)", "main", conflict.path
        )
        assert shown.strip() == (f"{wanted.mode:o} {wanted.oid}" if wanted else "")
    assert fleet.main.status() == []


@pytest.mark.parametrize(
    "which", [which for which in CLASSES if not which.expected], ids=lambda which: which.name
)
def test_a_class_that_git_merges_lands_without_any_rung(fleet: Fleet, which: ConflictClass) -> None:
    clash(fleet, which)
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",))).data
    assert (outcome.state, outcome.resolutions) == (MergeState.MERGED, ())
    assert outcome.detail.startswith("main has all of it already") == (which.name == "identical")
    assert fleet.main.status() == []
