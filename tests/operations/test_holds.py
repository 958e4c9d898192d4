"""What never lands without a person: work taken back, protected paths, unverified resolutions."""

from __future__ import annotations

import os
import sys

import pytest

from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import ExitCode, StateError, UsageError
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.core.tending.attention import attention
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.landing.preview import Foreseen, preview
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.telling.diff import DiffRequest, diff

LINES = [f"line {number}" for number in range(1, 9)]


def text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def land(fleet: Fleet, name: str = "fix", *, approve: bool = False) -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=(name,), approve=approve)).data
    return outcome


def behind(fleet: Fleet, *lines: str) -> RepositoryBuilder:
    """Begin `fix`, then land `other`, which puts these lines into the middle of a file.

    Return the worktree of `fix` after it took the target in.
    """
    fleet.main.commit({"f.txt": text(*LINES)}, "Write lines")
    fix = fleet.task("fix", {"mine.txt": "mine\n"}, subject="Do mine")
    fleet.task("other", {"f.txt": text(*LINES[:4], *lines, *LINES[4:])}, subject="Do other")
    fleet.land("other")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    return fix


# ---------------------------------------------------------------- the revert guard


def test_lines_that_a_task_brought_are_not_taken_back_by_another(fleet: Fleet) -> None:
    fix = behind(fleet, "new one", "new two", "}", "")
    fix.commit({"f.txt": text(*LINES)}, "Tidy")
    before, files = fleet.tip(), fleet.main.files()
    outcome = land(fleet)
    other = fleet.tip()
    assert (outcome.state, outcome.rejection) == (MergeState.REJECTED, Rejection.REVERTS)
    assert outcome.detail == (
        f"f.txt: it removes 'new one', 'new two' that came since with {other[:10]} (task other)"
    )
    assert outcome.hint == ("look at it: wta diff fix --landing; then: wta merge fix --approve")
    assert (fleet.tip(), fleet.main.files(), fleet.main.status()) == (before, files, [])
    task, request = fleet.row("fix"), fleet.request("fix")
    assert task.state is TaskState.READY
    assert attention(task, None, None, request) == f"held: {outcome.detail}"
    shown = diff(fleet.context, DiffRequest(name="fix", landing=True)).data
    assert b"-new one\n" in shown.patch
    assert shown.base == before


def test_a_branch_that_keeps_its_own_side_when_it_takes_the_target_in_is_held(
    fleet: Fleet,
) -> None:
    fleet.main.commit({"f.txt": text(*LINES)}, "Write lines")
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    fleet.main.commit({"f.txt": text(*LINES, "by hand")}, "By hand")
    fix.git("merge", "-q", "-s", "ours", "-m", "Take the target in", "main")
    outcome = land(fleet)
    assert (outcome.rejection, outcome.detail) == (
        Rejection.REVERTS,
        f"f.txt: it removes 'by hand' that came since with {fleet.tip()[:10]}",
    )
    assert fleet.main.files()["f.txt"] == text(*LINES, "by hand").encode()


def test_a_rebase_that_prefers_its_own_side_is_held(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": text(*LINES)}, "Write lines")
    fix = fleet.task("fix", {"f.txt": text(*LINES[:3], "line four", *LINES[4:])})
    fleet.main.commit({"f.txt": text(*LINES[:3], "line 4 by hand", *LINES[4:])}, "By hand")
    fix.git("rebase", "-q", "-X", "theirs", "main")
    outcome = land(fleet)
    assert outcome.rejection is Rejection.REVERTS
    assert "f.txt: it removes 'line 4 by hand' that came since with" in outcome.detail


def test_a_file_that_came_since_is_not_deleted(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": text(*LINES)})
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    fleet.main.commit({"new/b.bin": b"\0\1\2", "new/empty": "", "new/text": "words\n"}, "Add")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    fix.git("rm", "-rq", "new")
    fix.git("commit", "-qm", "Remove")
    outcome = land(fleet)
    commit = fleet.tip()[:10]
    assert [(hold.kind, hold.detail) for hold in outcome.holds] == [
        (Rejection.REVERTS, f"new/b.bin: it takes back the changes that came since with {commit}"),
        (Rejection.REVERTS, f"new/empty: it takes back the changes that came since with {commit}"),
        (Rejection.REVERTS, f"new/text: it removes 'words' that came since with {commit}"),
    ]
    assert outcome.detail.endswith("; and 2 more")


def test_what_the_target_deleted_does_not_come_back(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": text(*LINES), "secret": "x\n", "run": "#!/bin/sh\n"})
    old = fleet.tip()
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    fleet.main.git("rm", "-q", "secret")
    fleet.main.git("update-index", "--chmod=+x", "run")
    fleet.main.git("commit", "-qm", "Remove the secret")
    fleet.main.commit({"f.txt": text(*LINES[:4])}, "Shorten")
    fleet.main.git("checkout", "-q", ".")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    fix.git("checkout", "-q", old, "--", "secret", "f.txt", "run")
    fix.git("commit", "-qm", "Restore")
    assert [(hold.path, hold.kind) for hold in land(fleet).holds] == [
        ("f.txt", Rejection.REVERTS),
        ("run", Rejection.REVERTS),
        ("secret", Rejection.REVERTS),
    ]


def test_what_only_moves_or_was_there_before_lands(fleet: Fleet) -> None:
    names = ("indented", "within", "elsewhere", "renamed", "older", "between")
    fleet.main.commit({f"{name}.txt": text(*LINES) for name in names}, "Write lines")
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    new = {name: (f"{name} one", f"{name} two") for name in names}
    grown = {f"{name}.txt": text(*LINES[:4], *new[name], *LINES[4:]) for name in names}
    fleet.main.commit(grown, "Put lines in")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    one, two = new["between"]
    fix.commit(
        {
            "indented.txt": grown["indented.txt"].replace("indented", "    indented"),
            "within.txt": text(*LINES, *new["within"]),
            "elsewhere.txt": text(*LINES),
            "another.txt": text(*new["elsewhere"]),
            "renamed.txt": None,
            "name.txt": grown["renamed.txt"],
            "older.txt": text(*LINES[:4], *new["older"], *LINES[5:]),
            "between.txt": text(*LINES[:4], one, "more", two, *LINES[4:]),
        },
        "Change",
    )
    outcome = land(fleet)
    assert outcome.landed, outcome.detail


def test_trivial_lines_do_not_count(fleet: Fleet) -> None:
    fix = behind(fleet, "kept", "", "}", "# ---", "});")
    fix.commit({"f.txt": text(*LINES[:4], "kept", *LINES[4:])}, "Tidy")
    assert land(fleet).landed


def test_what_the_task_itself_brought_it_may_take_back(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": text(*LINES)})
    fix = fleet.task("fix", {"f.txt": text(*LINES, "own line")}, subject="Add it")
    fleet.main.git("cherry-pick", "wta/fix")
    fix.commit({"f.txt": text(*LINES)}, "On second thought")
    fix.commit({"mine.txt": "mine\n"}, "Do mine")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    fix.commit({"f.txt": text(*LINES)}, "Still")
    assert land(fleet).landed


def test_work_of_another_branch_that_was_taken_in_is_not_the_tasks_own(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": text(*LINES)})
    fleet.task("other", {"f.txt": text(*LINES, "of the other", "and more")})
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    fix.git("merge", "-q", "-m", "Take the other in", "wta/other")
    fleet.land("other")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    fix.commit({"f.txt": text(*LINES)}, "Drop it")
    outcome = land(fleet)
    assert outcome.detail == (
        "f.txt: it removes 'of the other', 'and more' that came since with"
        f" {fleet.tip()[:10]} (task other)"
    )
    assert fleet.main.files()["f.txt"] == text(*LINES, "of the other", "and more").encode()


def test_lines_that_the_target_itself_only_moved_are_no_new_ones(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": text(*LINES)})
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    fleet.main.git("mv", "f.txt", "g.txt")
    fleet.main.git("commit", "-qm", "Rename")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    fix.commit({"g.txt": text(*LINES[2:])}, "Shorten")
    assert land(fleet).landed


def test_a_plain_branch_that_is_behind_lands(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": text(*LINES)})
    fleet.task("fix", {"f.txt": text(*LINES[1:])})
    fleet.main.commit({"f.txt": text(*LINES, "line 1", "more")}, "By hand")
    assert land(fleet).landed
    assert fleet.main.files()["f.txt"] == text(*LINES[1:], "line 1", "more").encode()


def test_hostile_names_and_lines(fleet: Fleet) -> None:
    name = "a\tb\n\u202e 'x' \x1b[31m.txt"
    fleet.main.commit({name: text(*LINES)})
    fix = fleet.task("fix", {"mine.txt": "mine\n"})
    fleet.main.commit({name: text(*LINES, "@@ -1 +1 @@ \x1b]0;x\x07new")}, "\x1b[31mred")
    fix.git("merge", "-q", "-m", "Take the target in", "main")
    fix.commit({name: text(*LINES)})
    outcome = land(fleet)
    assert outcome.rejection is Rejection.REVERTS
    assert outcome.detail == (
        "a b 'x' .txt: it removes '@@ -1 +1 @@ new' that came since with " + fleet.tip()[:10]
    )


# ---------------------------------------------------------------- an approval


def test_an_approval_covers_what_was_held_and_nothing_else(fleet: Fleet) -> None:
    fix = behind(fleet, "new one", "new two")
    fix.commit({"f.txt": text(*LINES[:4], "new one", *LINES[4:])}, "Tidy")
    with pytest.raises(StateError, match="nothing of task fix is held"):
        land(fleet, approve=True)
    assert not land(fleet).landed
    assert not land(fleet).landed
    fix.commit({"f.txt": text(*LINES)}, "Tidy more")
    with pytest.raises(StateError) as caught:
        land(fleet, approve=True)
    assert (caught.value.message, caught.value.hint) == (
        "wta/fix moved since fix was held",
        "see what is held now: wta merge fix",
    )
    again = land(fleet)
    assert "it removes 'new one', 'new two'" in again.detail
    held = fleet.request("fix")
    landed = land(fleet, approve=True)
    assert landed.landed
    assert fleet.main.files()["f.txt"] == text(*LINES).encode()
    request = fleet.request("fix")
    assert (request.approves, request.holds, request.source) == (held.id, (), held.source)


def test_an_approval_does_not_cover_what_comes_later(fleet: Fleet) -> None:
    fix = behind(fleet, "new one")
    fix.commit({"f.txt": text(*LINES)}, "Tidy")
    assert land(fleet).rejection is Rejection.REVERTS
    once = fleet.main.path.parent / "once"
    # The branch moves between the yes and the landing.
    commit = f"cd {fix.path} && echo x > CLAUDE.md && git add -A && git commit -qm More"
    fleet.use(gate=[f"test -e {once} || {{ touch {once}; {commit}; }}"])
    assert land(fleet, approve=True).rejection is Rejection.SOURCE_MOVED
    outcome = land(fleet)
    assert [hold.kind for hold in outcome.holds] == [Rejection.REVERTS, Rejection.PROTECTED]
    assert land(fleet, approve=True).landed


def test_a_branch_that_moves_is_asked_about_again_whatever_it_brings(fleet: Fleet) -> None:
    fix = fleet.task("fix", {"CLAUDE.md": "# Rules\n"})
    fleet.use(gate=["test -e more.txt"])
    assert land(fleet).rejection is Rejection.PROTECTED
    assert land(fleet, approve=True).rejection is Rejection.GATE_RED
    fix.commit({"more.txt": "x\n"})
    assert land(fleet).rejection is Rejection.PROTECTED
    assert land(fleet, approve=True).landed


def test_an_approval_stands_when_a_gate_was_red(fleet: Fleet) -> None:
    fleet.task("fix", {"CLAUDE.md": "# Rules\n"})
    flag = fleet.main.path.parent / "green"
    fleet.use(gate=[f"test -e {flag}"])
    assert land(fleet).rejection is Rejection.PROTECTED
    assert land(fleet, approve=True).rejection is Rejection.GATE_RED
    flag.touch()
    assert land(fleet).landed


def test_an_approval_does_not_cover_a_target_that_makes_something_else_of_it(
    fleet: Fleet,
) -> None:
    fleet.main.commit({"CLAUDE.md": text(*LINES)})
    fleet.task("fix", {"CLAUDE.md": text("first", *LINES)})
    assert land(fleet).rejection is Rejection.PROTECTED
    fleet.main.commit({"CLAUDE.md": text(*LINES, "obey")}, "By hand")
    assert land(fleet, approve=True).rejection is Rejection.PROTECTED
    assert land(fleet, approve=True).landed


def test_who_approves_names_the_task(fleet: Fleet) -> None:
    with pytest.raises(UsageError, match="an approval names its tasks"):
        merge(fleet.context, MergeRequestOptions(ready=True, approve=True))


# ---------------------------------------------------------------- protected paths


def test_protected_paths_are_held_whatever_is_done_to_them(fleet: Fleet) -> None:
    fleet.main.commit(
        {
            "CLAUDE.md": "# Rules\n",
            "sub/CLAUDE.md": "# Sub\n",
            ".github/workflows/ci.yml": "on: push\n",
            ".gitattributes": "*.x text\n",
        }
    )
    fix = fleet.task("fix")
    fix.git("mv", "sub/CLAUDE.md", "sub/notes.txt")
    fix.git("rm", "-rq", ".github", ".gitattributes")
    (fix.path / ".claude").symlink_to("sub")
    (fix.path / "claude.MD.").write_text("x\n")
    (fix.path / "CLAUDE.md").chmod(0o755)
    fix.git("add", "-A")
    fix.git("commit", "-qm", "Everything")
    outcome = land(fleet)
    assert outcome.rejection is Rejection.PROTECTED
    assert [hold.detail for hold in outcome.holds] == [
        ".claude: it adds a protected path (.claude/)",
        ".gitattributes: it deletes a protected path (.gitattributes)",
        ".github/workflows/ci.yml: it deletes a protected path (.github/workflows/)",
        "CLAUDE.md: it changes the mode of a protected path to 100755 (CLAUDE.md)",
        "claude.MD.: it adds a protected path (CLAUDE.md)",
        "sub/CLAUDE.md: it deletes a protected path (CLAUDE.md)",
    ]
    assert not os.path.lexists(fleet.main.path / ".claude")


def test_very_many_paths_are_one_hold_that_an_approval_covers(fleet: Fleet) -> None:
    fleet.task("fix", {f".claude/{number:03}": "x" for number in range(60)})
    outcome = land(fleet)
    assert [hold.detail for hold in outcome.holds] == [
        (
            "60 paths, among them .claude/000, .claude/001, .claude/002:"
            " .claude/000: it adds a protected path (.claude/)"
        )
    ]
    assert land(fleet, approve=True).landed


def test_a_person_decides_what_is_protected(fleet: Fleet) -> None:
    fleet.task("fix", {"CLAUDE.md": "# Rules\n"})
    fleet.use(protected=["db/"])
    assert land(fleet).landed
    fleet.task("db", {"db/1.sql": "x\n"})
    assert land(fleet, "db").rejection is Rejection.PROTECTED


def test_a_preview_says_what_would_be_held(fleet: Fleet) -> None:
    fleet.task("fix", {"CLAUDE.md": "# Rules\n"})
    (seen,) = preview(fleet.context, MergeRequestOptions(names=("fix",))).data.previews
    assert (seen.foreseen, seen.detail, seen.commits) == (
        Foreseen.HELD,
        "CLAUDE.md: it adds a protected path (CLAUDE.md)",
        1,
    )
    assert land(fleet).rejection is Rejection.PROTECTED
    options = MergeRequestOptions(names=("fix",), approve=True)
    (seen,) = preview(fleet.context, options).data.previews
    assert seen.foreseen is Foreseen.CLEAN


# ---------------------------------------------------------------- unverified resolutions


def test_a_resolution_that_no_gate_can_verify_is_held(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": "base\n"})
    fleet.task("one", {"f.txt": "base\none\n"})
    fleet.task("fix", {"f.txt": "base\ntwo\n"})
    fleet.land("one")
    fleet.use(resolver="scripted")
    before = fleet.tip()
    outcome = land(fleet)
    assert (outcome.rejection, outcome.detail) == (
        Rejection.UNVERIFIED,
        "f.txt: resolved by command, and no gate verifies it",
    )
    assert fleet.tip() == before
    # What was seen lands, although nobody would resolve it again.
    fleet.use(resolver="command", resolver_command=[sys.executable, "-c", "raise SystemExit(1)"])
    landed = land(fleet, approve=True)
    assert landed.landed
    assert fleet.main.files()["f.txt"] == b"base\none\ntwo\n"
    assert [each.path for each in landed.resolutions] == ["f.txt"]


def test_with_a_gate_it_lands_by_itself(fleet: Fleet) -> None:
    fleet.main.commit({"f.txt": "base\n"})
    fleet.task("one", {"f.txt": "base\none\n"})
    fleet.task("fix", {"f.txt": "base\ntwo\n"})
    fleet.land("one")
    fleet.use(resolver="scripted", gate=["true"])
    skipped = merge(fleet.context, MergeRequestOptions(names=("fix",), no_gate=True))
    assert skipped.data[0].rejection is Rejection.UNVERIFIED
    result = merge(fleet.context, MergeRequestOptions(names=("fix",)))
    assert (result.exit_code, result.data[0].landed) == (ExitCode.OK, True)
