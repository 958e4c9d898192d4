"""Answers that the gates judge: the resolver's, at most two; mechanical candidates, at most k."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.landing.rung import Rung
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ready_tasks import Fleet
    from wtagents.operations.landing.outcome import MergeOutcome

BY_TARGET, BY_BRANCH = "begin\nleft is red\n", "begin\nright is blue\n"
GOOD, LATE = "begin\nleft is red\nright is blue\n", "begin\nright is blue\nleft is red\n"
GATE = (
    "echo looked >> {log}; test $(tail -n 1 note.txt | cut -c 1-5) = {last}"
    " || { echo it must end with {last}; exit 1; }"
)


def conflict(fleet: Fleet) -> None:
    fleet.main.commit({"note.txt": "begin\n"})
    fleet.task("three", {"note.txt": BY_BRANCH})
    fleet.main.commit({"note.txt": BY_TARGET})


def answering(tmp_path: Path, *texts: str) -> dict[str, Any]:
    """Return the settings of a resolver that gives these answers, one for each question."""
    program = tmp_path / "resolver.py"
    replies = [json.dumps({"files": [{"path": "note.txt", "text": text}]}) for text in texts]
    program.write_text(
        "import pathlib, sys\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "number = len(list(folder.glob('question-*')))\n"
        "(folder / f'question-{number}').write_text(sys.stdin.read())\n"
        f"print({replies!r}[number])\n"
    )
    return {"resolver": "command", "resolver_command": [sys.executable, str(program)]}


def questions(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(tmp_path.glob("question-*"))]


def gate(tmp_path: Path, last: str) -> list[str]:
    """Return a gate that wants the note to end with a line that begins so."""
    return [GATE.replace("{log}", str(tmp_path / "looks")).replace("{last}", last)]


def looks(tmp_path: Path) -> int:
    return len((tmp_path / "looks").read_text().splitlines())


def land(fleet: Fleet) -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",))).data
    return outcome


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (BY_TARGET, "'right is blue' that the branch added is neither there nor"),
        ("<<<<<<< target\n" + GOOD, "a conflict marker is left in it"),
    ],
    ids=["drops-a-side", "marker"],
)
def test_a_refused_answer_may_be_given_better_once(
    fleet: Fleet, tmp_path: Path, bad: str, said: str
) -> None:
    conflict(fleet)
    fleet.use(gate=["true"], **answering(tmp_path, bad, GOOD))
    assert land(fleet).state is MergeState.MERGED
    assert fleet.main.files()["note.txt"].decode() == GOOD
    first, second = questions(tmp_path)
    assert "refused" not in first
    (line,) = second.pop("refused")
    assert said in line
    assert second == first


def test_two_refused_answers_are_the_end(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    before = fleet.tip()
    fleet.use(gate=["true"], **answering(tmp_path, BY_TARGET, BY_BRANCH, GOOD))
    outcome = land(fleet)
    assert outcome.rejection is Rejection.RESOLUTION_REFUSED
    assert "'left is red' that the target added" in outcome.detail
    assert len(questions(tmp_path)) == 2
    assert fleet.tip() == before


def test_a_second_answer_that_is_none_leaves_the_faults_of_the_first(
    fleet: Fleet, tmp_path: Path
) -> None:
    conflict(fleet)
    fleet.use(gate=["true"], **answering(tmp_path, BY_TARGET))
    outcome = land(fleet)
    assert outcome.rejection is Rejection.RESOLUTION_REFUSED
    assert "'right is blue' that the branch added" in outcome.detail
    assert len(questions(tmp_path)) == 2


@pytest.mark.parametrize(
    "shell",
    ["echo I did it, trust me", "exit 3", "head -c 100000000 /dev/zero | tr '\\0' x"],
    ids=["prose", "fails", "100-MB"],
)
def test_who_gives_no_answer_is_asked_once(fleet: Fleet, tmp_path: Path, shell: str) -> None:
    conflict(fleet)
    before = fleet.tip()
    command = ["sh", "-c", f"echo asked >> {tmp_path / 'asked'}; {shell}"]
    fleet.use(gate=["true"], resolver="command", resolver_command=command)
    assert land(fleet).rejection is Rejection.CONFLICT
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert fleet.tip() == before


def test_a_red_gate_goes_back_to_the_resolver_once(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    fleet.use(gate=gate(tmp_path, "left"), **answering(tmp_path, GOOD, LATE))
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert outcome.verified
    assert fleet.main.files()["note.txt"].decode() == LATE
    (line,) = questions(tmp_path)[1]["refused"]
    assert line.endswith("failed on the result:\nit must end with left")
    assert looks(tmp_path) == 2


def test_a_green_answer_is_verified_once(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    fleet.use(gate=gate(tmp_path, "right"), **answering(tmp_path, GOOD))
    outcome = land(fleet)
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, True)
    assert looks(tmp_path) == 1


def test_two_red_answers_are_the_end(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    before = fleet.tip()
    fleet.use(gate=gate(tmp_path, "never"), **answering(tmp_path, GOOD, LATE, GOOD))
    outcome = land(fleet)
    assert outcome.rejection is Rejection.GATE_RED
    assert len(questions(tmp_path)) == 2
    assert (fleet.tip(), fleet.main.status()) == (before, [])


def test_an_answer_after_a_red_gate_that_is_refused_is_the_end(
    fleet: Fleet, tmp_path: Path
) -> None:
    conflict(fleet)
    fleet.use(gate=gate(tmp_path, "left"), **answering(tmp_path, GOOD, BY_TARGET, LATE))
    assert land(fleet).rejection is Rejection.RESOLUTION_REFUSED
    assert len(questions(tmp_path)) == 2


@pytest.mark.parametrize(("last", "text"), [("right", GOOD), ("left", LATE)])
def test_the_gates_choose_among_candidates(
    fleet: Fleet, tmp_path: Path, last: str, text: str
) -> None:
    conflict(fleet)
    fleet.use(ladder=["candidates", "agent"], gate=gate(tmp_path, last))
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [each.rung for each in outcome.resolutions] == [Rung.CANDIDATES]
    assert fleet.main.files()["note.txt"].decode() == text


@pytest.mark.parametrize(
    ("path", "base", "target", "branch"),
    [
        ("a.py", "rate = 0\n", "rate = 0.0\n", "rate = int()\n"),
        ("a.txt", "return 0\n", "return 1\n", "return 2\n"),
        ("a.py", "x = 1\n", "x = 1\nrate = 5\n", "x = 1\nrate = 9\n"),
        ("a.go", "x\n", "x\nfunc rate(a int) int {\n}\n", "x\nfunc rate() int {\n}\n"),
        ("a.py", "x = 1\n", "x = 1\ndef rate(a):\n    pass\n", "x = 1\ndef rate():\n    pass\n"),
        ("a.txt", '"a": 1,\n', '"a": 1,\n"rate": 5,\n', '"a": 1,\n"rate": 9,\n'),
    ],
)
def test_no_candidate_lets_the_last_one_win(
    fleet: Fleet, path: str, base: str, target: str, branch: str
) -> None:
    fleet.main.commit({path: base})
    fleet.task("three", {path: branch})
    fleet.main.commit({path: target})
    fleet.use(ladder=["candidates"], gate=["true"])
    assert land(fleet).rejection is Rejection.CONFLICT
    assert fleet.main.files()[path].decode() == target


def test_no_more_candidates_are_tried_than_allowed(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    ladder = ["candidates", "agent"]
    fleet.use(ladder=ladder, gate=gate(tmp_path, "never"), candidates=1)
    assert land(fleet).rejection is Rejection.CONFLICT
    assert looks(tmp_path) == 1


def test_the_resolver_is_asked_when_no_candidate_passes(fleet: Fleet, tmp_path: Path) -> None:
    conflict(fleet)
    better = "begin\nleft is red\nright is blue\nboth say so\n"
    answers = answering(tmp_path, better)
    fleet.use(ladder=["candidates", "agent"], gate=gate(tmp_path, "both"), **answers)
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [each.rung for each in outcome.resolutions] == [Rung.AGENT]
    assert fleet.main.files()["note.txt"].decode() == better


def test_without_a_gate_no_candidate_is_taken(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(ladder=["candidates"])
    assert land(fleet).rejection is Rejection.CONFLICT


# ------------------------------------------------------------------- the tests of both sides

TESTS = {"test_left.py": "left\n", "sub dir/test_right.py": "right\n", "test_old.py": "old\n"}
TESTED = "left-red right-blue"


def tested(fleet: Fleet) -> None:
    """A conflict; each side brings a test, and nobody touches the old one."""
    fleet.main.commit({"note.txt": "begin\n", "test_old.py": "old\n"})
    fleet.task("three", {"note.txt": BY_BRANCH, "sub dir/test_right.py": "right\n"})
    fleet.main.commit({"note.txt": BY_TARGET, "test_left.py": "left\n"})


def command_that_wants(tmp_path: Path, last: str) -> str:
    """Return a test command that is green when the note's last line begins so."""
    return f"echo {{files}} in {{folders}} >> {tmp_path}/ran; " + gate(tmp_path, last)[0]


def test_the_tests_of_both_sides_judge_an_answer_that_the_gates_let_pass(
    fleet: Fleet, tmp_path: Path
) -> None:
    tested(fleet)
    command = command_that_wants(tmp_path, "left")
    fleet.use(gate=["true"], test_command=command, **answering(tmp_path, GOOD, LATE))
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert fleet.main.files()["note.txt"].decode() == LATE
    ran = "./sub dir/test_right.py ./test_left.py in ./sub dir .\n"
    assert (tmp_path / "ran").read_text() == 2 * ran
    assert [(gate.is_tests, gate.passed) for gate in outcome.gates] == [(False, True), (True, True)]
    assert outcome.detail == (
        "1 commit on main; 1 file resolved; 1 gate passed, the tests of both sides passed"
    )
    (line,) = questions(tmp_path)[1]["refused"]
    assert line.startswith('the test command "echo')
    assert line.endswith("failed on the result:\nit must end with left")


def test_red_tests_refuse_what_gates_let_pass(fleet: Fleet, tmp_path: Path) -> None:
    tested(fleet)
    before = fleet.tip()
    command = command_that_wants(tmp_path, "never")
    fleet.use(gate=["true"], test_command=command, **answering(tmp_path, GOOD, LATE))
    outcome = land(fleet)
    assert outcome.rejection is Rejection.GATE_RED
    assert outcome.detail.startswith('the test command "echo')
    assert (fleet.tip(), len(questions(tmp_path))) == (before, 2)


def test_candidates_are_chosen_by_the_tests_of_both_sides(fleet: Fleet, tmp_path: Path) -> None:
    tested(fleet)
    command = command_that_wants(tmp_path, "left")
    fleet.use(ladder=["candidates"], gate=["true"], test_command=command)
    assert land(fleet).state is MergeState.MERGED
    assert fleet.main.files()["note.txt"].decode() == LATE


def test_without_a_gate_the_tests_run_before_a_person_is_asked_and_before_it_lands(
    fleet: Fleet, tmp_path: Path
) -> None:
    tested(fleet)
    command = command_that_wants(tmp_path, "left")
    fleet.use(test_command=command, **answering(tmp_path, GOOD, LATE))
    assert land(fleet).rejection is Rejection.UNVERIFIED
    assert len(questions(tmp_path)) == 2
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",), approve=True)).data
    assert (outcome.state, outcome.verified) == (MergeState.MERGED, False)
    assert "not verified: no gate is configured, the tests of both sides passed" in outcome.detail
    assert fleet.main.files()["note.txt"].decode() == LATE


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (None, "the tests of both sides did not run by themselves: no merge.test_command is set"),
        ("false", "neither side changed a test"),
    ],
)
def test_what_no_test_of_theirs_has_seen_is_said(
    fleet: Fleet, tmp_path: Path, command: str | None, said: str
) -> None:
    conflict(fleet)
    chosen = {"test_command": command} if command else {}
    fleet.use(gate=["true"], **chosen, **answering(tmp_path, GOOD))
    outcome = land(fleet)
    assert (outcome.state, outcome.untested) == (MergeState.MERGED, said)
    assert said in outcome.detail


def test_no_answer_may_hide_a_test(fleet: Fleet, tmp_path: Path) -> None:
    kept = "def test_a():\n    pass\n"
    left, right = "def test_left():\n    red()\n", "def test_right():\n    blue()\n"
    hidden = f'{kept}"""\n{left}"""\n{right}'
    fleet.main.commit({"test_a.py": kept})
    fleet.task("three", {"test_a.py": kept + right})
    fleet.main.commit({"test_a.py": kept + left})
    answers = answering(tmp_path, hidden, hidden)
    program = tmp_path / "resolver.py"
    program.write_text(program.read_text().replace("note.txt", "test_a.py"))
    fleet.use(gate=["true"], **answers)
    outcome = land(fleet)
    assert outcome.rejection is Rejection.RESOLUTION_REFUSED
    assert outcome.detail == (
        "the resolver's answer is refused:"
        " test_a.py: 'test_left' that the target added is not declared in it"
    )
    assert len(questions(tmp_path)) == 2
