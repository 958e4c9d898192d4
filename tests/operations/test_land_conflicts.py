"""Conflicts: to the resolver where they are text, verified; everything else to a person."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from wtagents.core.landing.merge import Author, MergeState, Rejection
from wtagents.core.task import TaskState
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.merge import MergeRequestOptions, merge

BASE = "def one():\n    return 1\n"
BY_TARGET = BASE + "\n\ndef two():\n    return 2\n"
BY_BRANCH = BASE + "\n\ndef three():\n    return 3\n"
BOTH = BASE + "\n\ndef two():\n    return 2\n\n\ndef three():\n    return 3\n"


def conflict(fleet: Fleet, path: str = "code.py") -> None:
    """Let two tasks add to the end of the same file; the first one lands."""
    fleet.main.commit({path: BASE}, "Write one")
    fleet.task("two", {path: BY_TARGET}, prompt="write two", subject="Write two")
    fleet.task("three", {path: BY_BRANCH}, prompt="write three", subject="Write three")
    fleet.use(resolver="none")
    merge(fleet.context, MergeRequestOptions(names=("two",)))


def answering(tmp_path: Path, answer: Any) -> list[str]:
    """Return a resolver command that gives this answer and keeps the question."""
    program = tmp_path / "resolver.py"
    program.write_text(
        "import pathlib, sys\n"
        f"pathlib.Path({str(tmp_path / 'question.json')!r}).write_text(sys.stdin.read())\n"
        f"print({json.dumps(answer)!r})\n"
    )
    return [sys.executable, str(program)]


def land(fleet: Fleet, name: str = "three") -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=(name,))).data
    return outcome


def answer(text: str = BOTH, path: str = "code.py", **more: Any) -> dict[str, Any]:
    return {"files": [{"path": path, "text": text}], "dropped": [], "note": "", **more}


def test_the_scripted_resolver_keeps_both_and_the_gate_judges(fleet: Fleet) -> None:
    conflict(fleet)
    check = f"{sys.executable} -c 'import code; assert code.two() + code.three() == 5'"
    fleet.use(resolver="scripted", gate=[check])
    outcome = land(fleet)
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, True), outcome.detail
    assert [(each.path, each.author) for each in outcome.resolutions] == [
        ("code.py", Author.COMMAND)
    ]
    assert outcome.detail.startswith("1 commit on main; 1 file resolved; 1 gate passed (cached)")
    assert fleet.main.subjects() == ["Write three", "Write two", "Write one", "Begin"]
    assert fleet.main.status() == []


def test_the_resolver_gets_both_sides_and_both_wishes_as_data(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    fleet.use(resolver="command", resolver_command=answering(tmp_path, answer()), gate=["true"])
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert fleet.main.files()["code.py"].decode() == BOTH
    question = json.loads((tmp_path / "question.json").read_text())
    assert question["task"] == {"name": "three", "words": "write three"}
    assert question["target"] == {"name": "main", "words": ["write two"]}
    (file,) = question["files"]
    assert (file["base"], file["target"], file["branch"]) == (BASE, BY_TARGET, BY_BRANCH)


def test_commits_of_people_are_told_by_their_subjects(fleet: Fleet, tmp_path: Path) -> None:
    fleet.main.commit({"code.py": BASE}, "Write one")
    fleet.task("three", {"code.py": BY_BRANCH})
    fleet.main.commit({"code.py": BY_TARGET}, "Write two by hand")
    fleet.main.commit({"other.txt": "x"}, "Something else")
    fleet.use(resolver="command", resolver_command=answering(tmp_path, answer()), gate=["true"])
    assert land(fleet).state is MergeState.MERGED
    question = json.loads((tmp_path / "question.json").read_text())
    assert question["target"]["words"] == ["Write two by hand"]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (answer(BY_BRANCH), "'def two():' and 1 more that the target added is neither there"),
        (answer("<<<<<<< target\n" + BOTH), "a conflict marker is left in it"),
        (answer(BOTH + "def broken(:\n"), "both sides parse and the result does not"),
        (
            {"files": [*answer()["files"], {"path": ".git/config", "text": "x"}]},
            ".git/config: it is not in conflict",
        ),
        (answer(path="README.md"), "README.md: it is not in conflict"),
        ({"files": []}, "code.py: it has no answer"),
    ],
    ids=["drops-silently", "markers", "syntax", "git-folder", "another-path", "no-answer"],
)
def test_a_bad_answer_is_refused_and_the_target_stays_byte_for_byte(
    fleet: Fleet, tmp_path: Path, reply: Any, said: str
) -> None:
    conflict(fleet)
    before, files = fleet.tip(), fleet.main.files()
    fleet.use(resolver="command", resolver_command=answering(tmp_path, reply))
    outcome = land(fleet)
    assert (outcome.state, outcome.rejection) == (
        MergeState.REJECTED,
        Rejection.RESOLUTION_REFUSED,
    )
    assert said in outcome.detail
    assert (fleet.tip(), fleet.main.files(), fleet.main.status()) == (before, files, [])
    assert fleet.row("three").state is TaskState.READY


def test_a_dropped_line_needs_a_reason_and_a_person_unless_it_is_allowed(
    fleet: Fleet, tmp_path: Path
) -> None:
    conflict(fleet)
    lines = ["def two():", "    return 2"]
    dropped = [
        {"path": "code.py", "line": line, "side": "target", "reason": "three replaces it"}
        for line in lines
    ]
    command = answering(tmp_path, answer(BY_BRANCH, dropped=dropped))
    fleet.use(resolver="command", resolver_command=command)
    refused = land(fleet)
    assert refused.rejection is Rejection.RESOLUTION_REFUSED
    assert "drops lines" in refused.detail
    assert refused.hint.startswith("allow it with merge.allow_drops = true, or wta resolve ")
    fleet.use(resolver="command", resolver_command=command, allow_drops=True, gate=["true"])
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED
    assert len(outcome.resolutions[0].dropped) == 2
    assert fleet.main.files()["code.py"].decode() == BY_BRANCH


def test_without_a_resolver_a_person_gets_the_commands(fleet: Fleet) -> None:
    conflict(fleet)
    outcome = land(fleet)
    assert outcome.rejection is Rejection.CONFLICT
    assert outcome.detail == "it conflicts with main: code.py: both changed the same lines"
    assert outcome.hint == (
        'wta resolve three; or: wta send three "rebase onto main and resolve the conflicts"'
    )


def test_a_person_may_rebase_the_worktree_instead(fleet: Fleet) -> None:
    conflict(fleet)
    assert land(fleet).rejection is Rejection.CONFLICT
    path = fleet.row("three").worktree
    worktree = RepositoryBuilder(path)
    with pytest.raises(AssertionError, match="could not apply"):
        worktree.git("rebase", "main")
    worktree.write({"code.py": BOTH})
    worktree.git("add", "code.py")
    assert land(fleet).detail == "the worktree is in the middle of a rebase"
    worktree.git("rebase", "--continue", environment={"GIT_EDITOR": "true"})
    assert land(fleet).state is MergeState.MERGED
    assert fleet.main.files()["code.py"].decode() == BOTH


def test_a_resolver_that_fails_leaves_it_to_a_person(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(resolver="command", resolver_command=["sh", "-c", "echo too hard >&2; exit 1"])
    outcome = land(fleet)
    assert outcome.rejection is Rejection.CONFLICT
    assert "sh left it to a person: too hard" in outcome.detail
    assert outcome.hint.startswith("wta resolve three; or: ")


def modify_delete(fleet: Fleet) -> str:
    fleet.main.commit({"a.txt": "1\n2\n3\n"})
    fleet.task("three", {"a.txt": "1\n2\n3\n4\n"})
    fleet.main.commit({"a.txt": None})
    return "a.txt: deleted on the target, changed on the branch"


def delete_modify(fleet: Fleet) -> str:
    fleet.main.commit({"a.txt": "1\n2\n3\n"})
    fleet.task("three", {"a.txt": None})
    fleet.main.commit({"a.txt": "1\n2\n3\n4\n"})
    return "a.txt: changed on the target, deleted on the branch"


def binary(fleet: Fleet) -> str:
    fleet.main.commit({"a.bin": b"\0" + bytes(range(256))})
    fleet.task("three", {"a.bin": b"\0branch" + bytes(range(256))})
    fleet.main.commit({"a.bin": b"\0target" + bytes(range(256))})
    return "a.bin: both changed a binary file"


def renames(fleet: Fleet) -> str:
    content = "".join(f"line {number}\n" for number in range(30))
    fleet.main.commit({"a.txt": content})
    fleet.task("three", {"a.txt": None, "branch.txt": content})
    fleet.main.commit({"a.txt": None, "target.txt": content})
    return "a.txt: renamed differently on both sides"


def large(fleet: Fleet) -> str:
    content = "".join(f"line {number}\n" for number in range(30_000))
    fleet.main.commit({"a.txt": content})
    fleet.task("three", {"a.txt": content + "branch\n"})
    fleet.main.commit({"a.txt": content + "target\n"})
    return "a.txt: both changed the same lines"


@pytest.mark.parametrize("case", [modify_delete, delete_modify, binary, renames, large])
def test_what_is_no_text_conflict_goes_to_a_person_and_nobody_is_asked(
    fleet: Fleet, tmp_path: Path, case: Any
) -> None:
    said = case(fleet)
    before, files = fleet.tip(), fleet.main.files()
    fleet.use(resolver="command", resolver_command=answering(tmp_path, answer()), gate=["true"])
    outcome = land(fleet)
    assert outcome.rejection is Rejection.CONFLICT
    assert said in outcome.detail
    assert not (tmp_path / "question.json").exists()
    assert (fleet.tip(), fleet.main.files(), fleet.main.status()) == (before, files, [])


def test_a_text_conflict_beside_a_binary_one_goes_to_a_person_whole(
    fleet: Fleet, tmp_path: Path
) -> None:
    fleet.main.commit({"a.bin": b"\0 0", "code.py": BASE})
    fleet.task("three", {"a.bin": b"\0 1", "code.py": BY_BRANCH})
    fleet.main.commit({"a.bin": b"\0 2", "code.py": BY_TARGET})
    fleet.use(resolver="command", resolver_command=answering(tmp_path, answer()), gate=["true"])
    assert land(fleet).rejection is Rejection.CONFLICT
    assert not (tmp_path / "question.json").exists()


def test_every_commit_of_a_branch_may_conflict(fleet: Fleet) -> None:
    fleet.main.commit({"a.txt": "1\n", "b.txt": "1\n"})
    worktree = fleet.task("three", {"a.txt": "1\nbranch\n"}, subject="First")
    worktree.commit({"b.txt": "1\nbranch\n"}, "Second")
    fleet.main.commit({"a.txt": "1\ntarget\n", "b.txt": "1\ntarget\n"}, "Meanwhile")
    fleet.use(resolver="scripted", gate=["true"])
    outcome = land(fleet)
    assert [each.path for each in outcome.resolutions] == ["a.txt", "b.txt"]
    assert fleet.main.subjects()[:3] == ["Second", "First", "Meanwhile"]
    assert fleet.main.files()["b.txt"] == b"1\ntarget\nbranch\n"


def test_a_branch_that_merges_as_a_whole_lands_as_one_commit(fleet: Fleet) -> None:
    fleet.main.commit({"a.txt": "1\n"})
    worktree = fleet.task("three", {"a.txt": "branch\n"}, subject="Change")
    worktree.commit({"a.txt": "1\n", "b.txt": "b\n"}, "Change back")
    fleet.main.commit({"a.txt": "target\n"}, "Meanwhile")
    outcome = land(fleet)
    assert (outcome.state, outcome.commits) == (MergeState.MERGED, 1), outcome.detail
    assert fleet.main.files()["a.txt"] == b"target\n"
    assert fleet.main.files()["b.txt"] == b"b\n"
