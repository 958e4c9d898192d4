"""Who resolves conflicts, and that none of them can do more than propose."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import CountingIds
from tests.support.hostile_texts import HOSTILE_TEXTS
from tests.support.played_claude import play_claude
from tests.support.waiting import wait_until
from wtagents.agent.resolver import ConflictRequest, NoProposal, Resolver, WorkRequest
from wtagents.agent.resolvers.by_kind import resolver_for
from wtagents.agent.resolvers.claude import ClaudeResolver
from wtagents.agent.resolvers.claude_with_tools import ClaudeWithTools
from wtagents.agent.resolvers.exchange import parse_answer, question_of
from wtagents.core.ids import BranchName, TaskName
from wtagents.core.landing.merge import Author, ResolverKind
from wtagents.core.landing.resolution import (
    ConflictText,
    Dropped,
    Proposal,
    ProposedFile,
    Side,
    check_resolution,
)
from wtagents.system.process import identity_of

BASE = "import os\n\n\ndef f():\n    return 1\n"
TARGET = "import os\nimport sys\n\n\ndef f():\n    return 10\n"
BRANCH = "import os\nimport re\n\n\ndef f():\n    return 11\n\n\ndef g():\n    pass\n"


def request_of(*conflicts: ConflictText, words: str = "Add g.") -> ConflictRequest:
    return ConflictRequest(
        task=TaskName("add-g"),
        branch_words=words,
        target=BranchName("main"),
        target_words=("Return ten.",),
        conflicts=conflicts,
    )


CONFLICT = ConflictText(path="a.py", base=BASE, target=TARGET, branch=BRANCH)
REQUEST = request_of(CONFLICT)


def resolver(kind: ResolverKind, *command: str) -> Resolver:
    found = resolver_for(
        kind, program="", command=command, model=None, budget_usd=None, rooms=Path("rooms")
    )
    assert found is not None
    return found


def test_a_person_resolves_where_no_resolver_is_configured() -> None:
    rooms = Path("rooms")
    found = resolver_for(
        ResolverKind.NONE, program="", command=(), model=None, budget_usd=None, rooms=rooms
    )
    assert found is None


# ------------------------------------------------------------------- the question, the answer


def test_the_question_is_data_in_parts() -> None:
    assert question_of(REQUEST, texts=False) == {
        "version": 1,
        "task": {"name": "add-g", "words": "Add g."},
        "target": {"name": "main", "words": ["Return ten."]},
        "files": [
            {
                "path": "a.py",
                "parts": [
                    {"agreed": "import os\n"},
                    {"hunk": 1, "base": "", "target": "import sys\n", "branch": "import re\n"},
                    {"agreed": "\n\ndef f():\n"},
                    {
                        "hunk": 2,
                        "base": "    return 1\n",
                        "target": "    return 10\n",
                        "branch": "    return 11\n\n\ndef g():\n    pass\n",
                    },
                ],
            }
        ],
    }
    file = question_of(REQUEST)["files"][0]
    assert (file["base"], file["target"], file["branch"]) == (BASE, TARGET, BRANCH)


def answered(*hunks: str, **more: object) -> object:
    return {"files": [{"path": "a.py", "hunks": list(hunks)}], **more}


def test_an_answer_by_hunks_changes_nothing_else() -> None:
    proposal = parse_answer(REQUEST, answered("import re\nimport sys", "    return 21", note="n"))
    assert proposal == Proposal(
        files=(
            ProposedFile(
                path="a.py",
                text="import os\nimport re\nimport sys\n\n\ndef f():\n    return 21\n",
            ),
        ),
        note="n",
    )


def test_an_answer_by_text_is_taken_as_it_is() -> None:
    answer = {
        "files": [{"path": "a.py", "text": "x = 1"}],
        "dropped": [{"path": "a.py", "line": "l", "side": "branch", "reason": "r"}, {"side": 1}],
    }
    assert parse_answer(REQUEST, answer) == Proposal(
        files=(ProposedFile(path="a.py", text="x = 1\n"),),
        dropped=(
            Dropped(path="a.py", line="l", side=Side.BRANCH, reason="r"),
            Dropped(path="", line="", side=Side.BOTH, reason=""),
        ),
    )


NEITHER = "the answer for 'a.py' is neither a text nor one text for each hunk"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (None, "the answer holds no files"),
        ([], "the answer holds no files"),
        ({"files": {}}, "the answer holds no files"),
        (answered("one"), NEITHER),
        (answered("one", "two", "three"), NEITHER),
        ({"files": [{"path": "a.py", "hunks": ["one", 2]}]}, NEITHER),
        ({"files": [{"path": "a.py"}]}, NEITHER),
    ],
)
def test_what_is_no_answer_is_said_in_a_line(answer: object, fault: str) -> None:
    assert parse_answer(REQUEST, answer) == fault


def test_a_file_that_nobody_asked_about_is_refused_by_the_check() -> None:
    answer = answered("import re\n", "x\n")
    assert isinstance(answer, dict)
    answer["files"].append({"path": ".github/workflows/ci.yml", "hunks": ["on: push\n"]})
    proposal = parse_answer(REQUEST, answer)
    assert isinstance(proposal, Proposal)
    faults = [str(fault) for fault in check_resolution([CONFLICT], proposal)]
    assert ".github/workflows/ci.yml: it is not in conflict" in faults


TEXTS = st.text(alphabet="ab\n\r", max_size=12)


@given(TEXTS, TEXTS, TEXTS, st.lists(st.text(alphabet="xy\n", max_size=4), max_size=4))
def test_an_answer_never_breaks_a_line_that_both_sides_agree_on(
    base: str, target: str, branch: str, hunks: list[str]
) -> None:
    conflict = ConflictText(path="a.py", base=base, target=target, branch=branch)
    parts = question_of(request_of(conflict))["files"][0]["parts"]
    proposal = parse_answer(request_of(conflict), answered(*hunks))
    if sum("hunk" in part for part in parts) != len(hunks):
        assert isinstance(proposal, str)
        return
    assert isinstance(proposal, Proposal)
    agreed = [line for part in parts for line in part.get("agreed", "").split("\n")]
    result = proposal.files[0].text.replace("\r\n", "\n").split("\n")
    for line in agreed:
        assert line.rstrip("\r") in [each.rstrip("\r") for each in result] or not line


# ------------------------------------------------------------------------------- the scripted


def test_the_scripted_one_keeps_what_both_sides_added() -> None:
    found = resolver(ResolverKind.SCRIPTED)
    proposal = found.resolve(REQUEST, seconds=1)
    assert proposal == Proposal(
        files=(
            ProposedFile(
                path="a.py",
                text=(
                    "import os\nimport sys\nimport re\n\n\ndef f():\n"
                    "    return 10\n    return 11\n\n\ndef g():\n    pass\n"
                ),
            ),
        ),
        note="Kept the lines that both sides added, those of the target first.",
    )
    assert isinstance(proposal, Proposal)
    assert check_resolution([CONFLICT], proposal) == ()
    assert found.author is Author.COMMAND


def test_the_scripted_one_keeps_once_what_both_sides_added() -> None:
    conflict = ConflictText(path="a", base="", target="x\nt\n", branch="r\nx\n")
    proposal = resolver(ResolverKind.SCRIPTED).resolve(request_of(conflict), seconds=1)
    assert isinstance(proposal, Proposal)
    assert sorted(proposal.files[0].text) == sorted("x\nt\nr\n")


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_the_scripted_one_never_leaves_the_conflict(text: str) -> None:
    conflict = ConflictText(path="a.txt", base=None, target=f"t\n{text}\n", branch=f"r\n{text}\n")
    proposal = resolver(ResolverKind.SCRIPTED).resolve(request_of(conflict), seconds=1)
    assert isinstance(proposal, Proposal)
    assert [file.path for file in proposal.files] == ["a.txt"]


# ------------------------------------------------------------------------------- the command

Program = Callable[[str], tuple[str, ...]]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Write a Python program and return its command line."""

    def write(body: str) -> tuple[str, ...]:
        path = tmp_path / "resolve.py"
        path.write_text(f"import json, os, sys\nquestion = json.load(sys.stdin)\n{body}\n")
        return (sys.executable, str(path))

    return write


def test_a_program_gets_the_question_and_gives_the_answer(program: Program, tmp_path: Path) -> None:
    argv = program(
        f"json.dump([question, os.listdir('.'), oct(os.stat('.').st_mode)],"
        f" open({str(tmp_path / 'seen')!r}, 'w'))\n"
        "files = [{'path': f['path'], 'hunks': [p['target'] + p['branch'] for p in f['parts']"
        " if 'hunk' in p]} for f in question['files']]\n"
        "print(json.dumps({'files': files, 'dropped': [], 'note': 'union'}))"
    )
    proposal = resolver(ResolverKind.COMMAND, *argv).resolve(REQUEST, seconds=30)
    assert isinstance(proposal, Proposal)
    assert proposal.note == "union"
    assert check_resolution([CONFLICT], proposal) == ()
    question, listing, mode = json.loads((tmp_path / "seen").read_text())
    assert question == question_of(REQUEST)
    assert listing == []
    assert stat.S_IMODE(int(mode, 8)) == 0o700


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit('cannot')", "left it to a person: cannot"),
        ("sys.exit(3)", "left it to a person: exit status 3"),
        ("print('text')", ": the answer holds no files"),
        ("print('{}')", ": the answer holds no files"),
        ("print('[' * 100000)", ": the answer holds no files"),
        (
            "print(json.dumps({'files': [{'path': 'a.py', 'hunks': ['x']}]}))",
            f": {NEITHER}",
        ),
    ],
)
def test_a_program_without_an_answer_leaves_it_to_a_person(
    program: Program, body: str, reason: str
) -> None:
    argv = program(body)
    name = Path(argv[0]).name
    separator = "" if reason.startswith(":") else " "
    assert resolver(ResolverKind.COMMAND, *argv).resolve(REQUEST, seconds=30) == NoProposal(
        reason=f"{name}{separator}{reason}", transient=False
    )


def test_a_program_that_takes_too_long_is_killed(program: Program, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    argv = program(
        f"open({str(pid)!r}, 'w').write(str(os.getpid()))\nimport signal\nsignal.pause()"
    )
    proposal = resolver(ResolverKind.COMMAND, *argv).resolve(REQUEST, seconds=2)
    assert proposal == NoProposal(
        reason=f"{Path(argv[0]).name} gave no answer within 2 s", transient=False
    )
    with pytest.raises(ProcessLookupError):
        os.getpgid(int(pid.read_text()))


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    assert resolver(ResolverKind.COMMAND, missing).resolve(REQUEST, seconds=1) == NoProposal(
        reason=f"cannot run {missing}: no such file or directory", transient=False
    )


# --------------------------------------------------------------------------- Claude Code, played

STREAMS = Path(__file__).parents[1] / "data" / "streams"


def claude_resolver(folder: Path, program: Path) -> ClaudeResolver:
    rooms = folder / "rooms"
    rooms.mkdir()
    return ClaudeResolver(program=str(program), model=None, ids=CountingIds(), rooms=rooms)


@pytest.mark.parametrize(
    ("stream", "reason", "transient"),
    [
        ("rate_limited", "API Error: Request rejected (429) · Too many requests", True),
        ("unauthorized", "Invalid API key · Fix external API key", True),
        ("max_turns", "Reached maximum number of turns (2)", False),
    ],
)
def test_a_refusal_of_the_service_is_for_later(
    tmp_path: Path, stream: str, reason: str, *, transient: bool
) -> None:
    program = tmp_path / "claude"
    program.write_text(f"#!/bin/sh\nexec cat '{STREAMS / stream}.ndjson'\n")
    program.chmod(0o755)
    assert claude_resolver(tmp_path, program).resolve(REQUEST, seconds=30) == NoProposal(
        reason=f"Claude Code: {reason}", transient=transient
    )


def test_an_answer_of_claude_that_does_not_fit_the_hunks_is_none(tmp_path: Path) -> None:
    said = {"files": [{"path": "a.py", "hunks": ["one of two"]}]}
    program = play_claude(tmp_path, "", tools=("StructuredOutput",), said=said)
    assert claude_resolver(tmp_path, program).resolve(REQUEST, seconds=30) == NoProposal(
        reason=f"Claude Code: {NEITHER}", transient=False
    )


def test_a_silent_claude_is_given_up(tmp_path: Path) -> None:
    program = play_claude(tmp_path, "time.sleep(600)")
    assert claude_resolver(tmp_path, program).resolve(REQUEST, seconds=1) == NoProposal(
        reason="Claude Code gave no answer within 1 s", transient=True
    )


def test_an_agent_with_tools_that_hangs_is_given_up_with_what_it_started(tmp_path: Path) -> None:
    hangs = "(folder / 'pid').write_text(str(os.getpid())); time.sleep(600)"
    program, folder = play_claude(tmp_path, hangs), tmp_path / "tree"
    folder.mkdir()
    work = WorkRequest(
        conflict=REQUEST, folder=folder, session="", tests="", environment=(), lock=2
    )
    worker = ClaudeWithTools(program=str(program), model=None, budget_usd=None, ids=CountingIds())
    assert worker.work(work, seconds=2) == NoProposal(
        reason="Claude Code gave no answer within 2 s", transient=True
    )
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: identity_of(pid) is None, what="it is gone")
