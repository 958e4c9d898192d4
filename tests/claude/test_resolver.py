"""Claude Code as resolver: the real program gets data and one tool, and nothing else gets in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.api.script import Failure, Reply, Script, Tool, Usage, bash, text, tool
from tests.support.claude_cli import ClaudeCli
from tests.support.clock import CountingIds
from tests.support.environment import Sandbox
from tests.support.hostile_texts import HOSTILE_TEXTS
from tests.support.messages_api import MessagesApi
from wtagents.agent.resolver import ConflictRequest, NoProposal, Worked, WorkRequest
from wtagents.agent.resolvers.claude import ClaudeResolver
from wtagents.agent.resolvers.claude_with_tools import ClaudeWithTools
from wtagents.agent.resolvers.exchange import question_of
from wtagents.agent.wording import load_words
from wtagents.core.ids import BranchName, TaskName
from wtagents.core.landing.resolution import (
    ConflictText,
    Dropped,
    Proposal,
    ProposedFile,
    Side,
    check_resolution,
)

pytestmark = [pytest.mark.claude, pytest.mark.usefixtures("claude_on_path")]

CONFLICT = ConflictText(path="a.py", base="x = 1\n", target="x = 2\n", branch="x = 3\n")
SECONDS = 60.0
FENCE = "00000000-0000-4000-8000-000000000001"


def request_of(*conflicts: ConflictText) -> ConflictRequest:
    return ConflictRequest(
        task=TaskName("three"),
        branch_words="Make x three.",
        target=BranchName("main"),
        target_words=("Make x two.",),
        conflicts=conflicts,
    )


@pytest.fixture
def resolver(sandbox: Sandbox) -> ClaudeResolver:
    rooms = sandbox.work / "rooms"
    rooms.mkdir()
    return ClaudeResolver(program="", model="claude-haiku-4-5", ids=CountingIds(), rooms=rooms)


def answer(*hunks: str, path: str = "a.py", dropped: Any = (), note: str = "n") -> Reply:
    files = [{"path": path, "hunks": list(hunks)}]
    return tool("StructuredOutput", files=files, dropped=list(dropped), note=note)


def script_of(*steps: Reply | Failure) -> Script:
    """The answers to the one conversation of the resolver, then words."""
    return Script(steps=steps, then=text("Done."), match="The data of this conflict")


def test_the_answer_becomes_a_proposal_and_nothing_of_user_or_project_reaches_the_model(
    resolver: ClaudeResolver, messages_api: MessagesApi, sandbox: Sandbox
) -> None:
    settings = sandbox.home / ".claude"
    settings.mkdir(exist_ok=True)
    (settings / "CLAUDE.md").write_text("MARK-USER")
    hook = {"type": "command", "command": f"touch {sandbox.work}/hook"}
    hooks = {"SessionStart": [{"hooks": [hook]}], "Stop": [{"hooks": [hook]}]}
    (settings / "settings.json").write_text(json.dumps({"hooks": hooks}))
    (sandbox.work / "CLAUDE.md").write_text("MARK-PROJECT")
    server = {"mcpServers": {"s": {"command": "touch", "args": [f"{sandbox.work}/server"]}}}
    (sandbox.work / ".mcp.json").write_text(json.dumps(server))
    drop = {"path": "a.py", "line": "x = 2", "side": "target", "reason": "the task says three"}
    messages_api.add_script("r", script_of(answer("x = 3\n", dropped=[drop])))
    before = sorted(sandbox.work.iterdir())

    proposal = resolver.resolve(request_of(CONFLICT), seconds=SECONDS)

    assert proposal == Proposal(
        files=(ProposedFile(path="a.py", text="x = 3\n"),),
        dropped=(
            Dropped(path="a.py", line="x = 2", side=Side.TARGET, reason="the task says three"),
        ),
        note="n",
    )
    assert isinstance(proposal, Proposal)
    assert check_resolution([CONFLICT], proposal) == ()
    body = messages_api.requests[0].body
    assert [each["name"] for each in body["tools"]] == ["StructuredOutput"]
    assert "MARK-" not in json.dumps(body)
    assert load_words("resolve") in body["system"][-1]["text"]
    assert sorted(sandbox.work.iterdir()) == before
    assert list(sandbox.home.rglob("*.jsonl")) == []


def test_hostile_texts_arrive_as_one_document_of_data(
    resolver: ClaudeResolver, messages_api: MessagesApi
) -> None:
    conflicts = [
        ConflictText(
            path=f"{number}/{words[:20]!r}", base=None, target=f"{words}\nt\n", branch=f"{words}r\n"
        )
        for number, words in enumerate(HOSTILE_TEXTS)
    ]
    request = request_of(*conflicts)
    messages_api.add_script("r", script_of(answer("pwned\n", path=".github/workflows/ci.yml")))

    proposal = resolver.resolve(request, seconds=SECONDS)

    sent = messages_api.requests[0].body["messages"][-1]["content"][-1]["text"]
    lines = sent.split("\n")
    assert [number for number, line in enumerate(lines) if line == FENCE] == [1, 3]
    assert json.loads(lines[2]) == question_of(request)
    assert isinstance(proposal, Proposal)
    faults = [str(fault) for fault in check_resolution(conflicts, proposal)]
    assert ".github/workflows/ci.yml: it is not in conflict" in faults
    assert len(faults) == len(conflicts) + 1


def test_an_answer_after_a_try_of_another_tool_is_not_taken(
    resolver: ClaudeResolver, messages_api: MessagesApi, sandbox: Sandbox
) -> None:
    planted = sandbox.home / "pwned"
    messages_api.add_script("r", script_of(bash(f"touch {planted}"), answer("x = 3\n")))
    assert resolver.resolve(request_of(CONFLICT), seconds=SECONDS) == NoProposal(
        reason="its answer is not taken, it had or tried tools: Bash", transient=False
    )
    assert not planted.exists()


def test_words_are_no_answer(resolver: ClaudeResolver, messages_api: MessagesApi) -> None:
    messages_api.add_script("r", script_of(text("I would rather talk.")))
    assert resolver.resolve(request_of(CONFLICT), seconds=SECONDS) == NoProposal(
        reason="Claude Code answered in words only: Done.", transient=False
    )


def test_a_missing_program_is_for_later(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    rooms = tmp_path / "rooms"
    resolver = ClaudeResolver(program=missing, model=None, ids=CountingIds(), rooms=rooms)
    assert resolver.resolve(request_of(CONFLICT), seconds=1) == NoProposal(
        reason=f"cannot run {missing}: no such file or directory", transient=True
    )


# ------------------------------------------------------------------------------- with tools

WORK = "The files of this conflict"


def laid_out(folder: Path, *names: str) -> dict[str, str]:
    """Put files into a folder that also says what a project would like to be obeyed."""
    folder.mkdir(parents=True)
    hook = {"type": "command", "command": f"touch {folder}/hook"}
    files = dict.fromkeys(names, "x = 1\n") | {
        "CLAUDE.md": "MARK-PROJECT",
        ".claude/settings.json": json.dumps({"hooks": {"SessionStart": [{"hooks": [hook]}]}}),
        "run.sh": "echo ran $* $WTA_GATE",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return files


def found(folder: Path) -> dict[str, str]:
    """Return the files of a folder."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def work_of(folder: Path, *names: str, tests: str = "", session: str = "") -> WorkRequest:
    conflicts = (ConflictText(path=name, base="", target="t", branch="b") for name in names)
    return WorkRequest(
        conflict=request_of(*conflicts),
        folder=folder,
        session=session,
        tests=tests,
        environment=(("WTA_GATE", "mark"),),
        lock=2,
    )


def with_tools(budget_usd: float | None = None) -> ClaudeWithTools:
    return ClaudeWithTools(
        program="", model="claude-haiku-4-5", budget_usd=budget_usd, ids=CountingIds()
    )


def test_with_tools_only_the_conflicted_files_can_be_edited(
    messages_api: MessagesApi, sandbox: Sandbox
) -> None:
    folder, outside = sandbox.work / "room" / "tree", sandbox.work / "outside.py"
    names = ("a.py", "deep/we(i)rd, [n]*me.py", "ünï.py")
    before = laid_out(folder, *names, "b.py", "deep/b.py")
    outside.write_text("x = 1\n")
    steps: list[Reply] = []
    for name in (*names, "b.py", "deep/b.py", str(outside)):
        path = str(folder / name)
        steps += [
            tool("Read", file_path=path),
            tool("Edit", file_path=path, old_string="x = 1", new_string="x = 2"),
        ]
    steps += [
        tool("Write", file_path=str(folder / "new.py"), content="pwned"),
        bash("sh run.sh a > ran.txt"),
        bash("sh run.sh a; touch pwned"),
        bash("touch pwned"),
        bash("sh run.sh a"),
        tool("StructuredOutput", dropped=[], note="both"),
    ]
    messages_api.add_script("r", Script(steps=steps, then=text("Done."), match=WORK))

    done = with_tools().work(work_of(folder, *names, tests="sh run.sh"), seconds=SECONDS)

    assert done == Worked(dropped=(), note="both")
    assert found(folder) == before | dict.fromkeys(names, "x = 2\n")
    assert outside.read_text() == "x = 1\n"
    first, last = messages_api.requests[0], messages_api.requests[-1]
    assert set(first.tool_names) == {
        *("Read", "Grep", "Glob", "Edit", "Write", "Bash", "StructuredOutput")
    }
    assert "MARK-PROJECT" not in json.dumps(first.body)
    assert load_words("resolve_files") in first.body["system"][-1]["text"]
    assert [each.text for each in last.tool_results if each.text.startswith("ran a mark")]
    assert list(sandbox.home.rglob("*.jsonl")) == []


def test_a_copy_of_a_conversation_knows_it_and_leaves_it_as_it_was(
    messages_api: MessagesApi, claude: ClaudeCli, sandbox: Sandbox
) -> None:
    session = "00000000-0000-4000-8000-00000000abcd"
    began, folder = sandbox.work / "began", sandbox.work / "room" / "tree"
    began.mkdir()
    laid_out(folder, "a.py")
    answer = tool("StructuredOutput", dropped=[], note="n")
    messages_api.add_script("r", Script(steps=(answer,), then=text("Done."), match=WORK))
    messages_api.add_script("one", Script(steps=(text("I made x one."),), match="Make x one"))
    environment = claude.environment(HOME=str(sandbox.home))
    claude.run("Make x one.", f"--session-id={session}", cwd=began, environment=environment)
    (transcript,) = sandbox.home.rglob("*.jsonl")
    kept = transcript.read_bytes()

    done = with_tools().work(work_of(folder, "a.py", session=session), seconds=SECONDS)

    assert done == Worked(dropped=(), note="n")
    assert messages_api.requests[-1].contains("I made x one.")
    assert {path: path.read_bytes() for path in sandbox.home.rglob("*.jsonl")} == {transcript: kept}


def test_with_tools_a_budget_ends_the_work(messages_api: MessagesApi, sandbox: Sandbox) -> None:
    folder = sandbox.work / "room" / "tree"
    laid_out(folder, "a.py")
    dear = Reply(
        content=(Tool(name="Read", input={"file_path": str(folder / "a.py")}),),
        usage=Usage(input_tokens=10**5, output_tokens=10**5),
        times=3,
    )
    messages_api.add_script("r", Script(steps=(dear,), then=text("Done."), match=WORK))
    done = with_tools(budget_usd=0.01).work(work_of(folder, "a.py"), seconds=SECONDS)
    assert isinstance(done, NoProposal)
    assert "budget" in done.reason
    assert len(messages_api.requests) == 1
