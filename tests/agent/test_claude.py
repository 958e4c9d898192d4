"""The command line of Claude Code, what is said to it, and what a probe finds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.environment import Sandbox
from wtagents.agent.claude import Claude
from wtagents.agent.events import Asked
from wtagents.agent.inquiries import INQUIRIES, parse_inquiries
from wtagents.agent.port import LaunchRequest, Probe, wire_id
from wtagents.core.answer import Answer
from wtagents.core.errors import UsageError
from wtagents.core.ids import RunId, TaskName

AGENT = Claude()
REQUEST = LaunchRequest(
    task=TaskName("fix-login"),
    worktree=Path("/w/fix-login"),
    prompt="Fix the login.",
    session_id="30000000-0000-4000-8000-000000000001",
    resumes=False,
)
BASE = (
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--replay-user-messages",
    "--permission-prompt-tool=stdio",
)


def test_the_shortest_command_line() -> None:
    launch = AGENT.launch(REQUEST)
    assert launch.argv == (
        "claude",
        *BASE,
        "--session-id=30000000-0000-4000-8000-000000000001",
        "--name=fix-login",
    )
    assert launch.first_message == "Fix the login."
    assert dict(launch.environment) == {
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
        "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS": "120000",
        "CLAUDE_CODE_MAX_RETRIES": "6",
    }


def test_a_person_may_decide_how_long_a_failing_server_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.set_variable("CLAUDE_CODE_MAX_RETRIES", "2")
    sandbox.set_variable("DISABLE_AUTOUPDATER", "0")

    environment = dict(AGENT.launch(REQUEST).environment)

    assert environment["CLAUDE_CODE_MAX_RETRIES"] == "2"
    assert environment["DISABLE_AUTOUPDATER"] == "1"


def test_the_longest_command_line() -> None:
    request = replace(
        REQUEST,
        resumes=True,
        program="/opt/claude",
        model="haiku",
        fallback_model="sonnet",
        permission_mode="dontAsk",
        max_turns=0,
        budget_usd=0.5,
        allow=("Edit(./**)", "Bash(git add *)"),
        deny=("Bash(git push *)",),
        instructions=Path("/state/instructions.md"),
    )
    assert AGENT.launch(request).argv == (
        "/opt/claude",
        *BASE,
        "--resume=30000000-0000-4000-8000-000000000001",
        "--name=fix-login",
        "--model=haiku",
        "--fallback-model=sonnet",
        "--permission-mode=dontAsk",
        "--allowedTools=Edit(./**),Bash(git add *)",
        "--disallowedTools=Bash(git push *)",
        "--max-turns=0",
        "--max-budget-usd=0.5",
        "--append-system-prompt-file=/state/instructions.md",
    )


@given(st.text(min_size=1))
def test_no_value_becomes_an_option_of_its_own(value: str) -> None:
    request = replace(REQUEST, model=value, permission_mode=value, allow=(value,), deny=(value,))
    options = [each.partition("=")[0] for each in AGENT.launch(request).argv]
    assert options == [
        *("claude", "-p", "--input-format", "--output-format", "--verbose"),
        *("--replay-user-messages", "--permission-prompt-tool", "--session-id", "--name"),
        *("--model", "--permission-mode", "--allowedTools", "--disallowedTools"),
    ]


@pytest.mark.parametrize("prompt", ["", " \n\t "])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(UsageError, match=r"^the prompt is empty$"):
        AGENT.launch(replace(REQUEST, prompt=prompt))


@given(st.text() | st.sampled_from(["\ud800", "\0", "a\nb", "\u2028", '"}\n{"type":"x"}']))
def test_a_message_is_one_line_of_json_whatever_it_says(text: str) -> None:
    line = AGENT.encode_text("w", text)
    assert line.isascii()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    said = json.loads(line)
    assert (said["type"], said["uuid"], said["message"]["role"]) == ("user", "w", "user")
    assert said["message"]["content"].endswith(text)


@pytest.mark.parametrize("text", ["/clear", "/cost", "/nosuch do x", " /clear", "\n/x"])
def test_a_slash_is_no_command_of_the_program(text: str) -> None:
    said = json.loads(AGENT.encode_text("w", text))["message"]["content"]
    assert said == f"In plain words:\n{text}"


@pytest.mark.parametrize("text", ["-p x", "a /clear", "# memo", "!ls", "@file"])
def test_other_words_are_sent_as_they_are(text: str) -> None:
    assert json.loads(AGENT.encode_text("w", text))["message"]["content"] == text


def labels(*texts: str) -> list[dict[str, str]]:
    return [{"label": text} for text in texts]


ASKED = Asked(request_id="q1", tool="Bash", summary="rm x", input={"command": "rm x"}, tool_id="t1")


@pytest.mark.parametrize(
    ("allow", "message", "answer"),
    [
        (True, "", {"behavior": "allow", "updatedInput": {"command": "rm x"}}),
        (False, "Not that.", {"behavior": "deny", "message": "Not that."}),
        (False, "", {"behavior": "deny", "message": "A person denied this."}),
    ],
)
def test_an_answer_carries_the_input_or_the_reason(
    *, allow: bool, message: str, answer: dict[str, object]
) -> None:
    said = Answer(request_id="q1", allow=allow, message=message)
    assert json.loads(AGENT.encode_answer(ASKED, said)) == {
        "type": "control_response",
        "response": {"subtype": "success", "request_id": "q1", "response": answer},
    }


def test_what_is_chosen_is_written_into_the_input() -> None:
    """A label with a comma is quoted among several, as the program reads them (2.1.329)."""
    several = {"question": "Which?", "multiSelect": True, "options": labels("a, b", 'c "d"', "é")}
    one = {"question": "Where?", "options": labels("here, there", "there")}
    asked = replace(ASKED, tool=INQUIRIES, input={"questions": [several, one], "metadata": 1})
    chosen = (("a, b", 'c "d"', "é", "my own"), ("here, there",))
    answer = Answer(request_id="q1", allow=True, chosen=chosen)
    response = json.loads(AGENT.encode_answer(asked, answer))["response"]["response"]
    assert response == {
        "behavior": "allow",
        "updatedInput": {
            **asked.input,
            "answers": {
                "Which?": '"a, b", "c \\"d\\"", é, my own',
                "Where?": "here, there",
            },
        },
    }
    assert "answers" not in asked.input


@pytest.mark.parametrize(
    "questions",
    [
        [{"question": "Which?", "options": labels("a", "a")}],
        [{"question": "Which?", "options": labels("a", "")}],
        [{"question": "", "options": labels("a", "b")}],
        [{"question": "Which?"}, {"question": "Which?"}],
        [{"question": "Which?", "options": labels("a", "b" * 70_000)}],
        "Which?",
        [],
    ],
)
def test_what_cannot_be_told_apart_cannot_be_chosen(questions: object) -> None:
    asked = replace(ASKED, tool=INQUIRIES, input={"questions": questions})
    assert parse_inquiries(asked) == ()


def test_an_interrupt_is_a_control_request() -> None:
    assert json.loads(AGENT.encode_interrupt("r1")) == {
        "type": "control_request",
        "request_id": "r1",
        "request": {"subtype": "interrupt"},
    }
    line = AGENT.encode_interrupt("r1", cancel_queued=True)
    assert json.loads(line)["request"] == {"subtype": "interrupt", "cancel_queued": True}


def test_a_message_has_another_wire_id_in_another_run() -> None:
    one, two = (RunId(f"40000000-0000-4000-8000-00000000000{n}") for n in (1, 2))
    assert len({wire_id(one, 0), wire_id(one, 1), wire_id(two, 0), wire_id(two, 1)}) == 4
    assert wire_id(one, 1) == wire_id(one, 1)


# --------------------------------------------------------------------------------- the probe


def program(folder: Path, *, version: str, status: str = "") -> str:
    path = folder / "claude"
    path.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = --version ] && {{ echo "{version}"; exit 0; }}\n'
        f"[ \"$*\" = 'auth status' ] && {{ echo '{status}'; exit 1; }}\n"
        "exit 9\n"
    )
    path.chmod(0o755)
    return str(path)


LOGIN = "run claude and type /login, or set ANTHROPIC_API_KEY"
INSTALL = "npm install -g @anthropic-ai/claude-code, or name the program in wta.toml"


@pytest.mark.parametrize(
    ("version", "status", "expected"),
    [
        ("2.1.329 (Claude Code)", '{"loggedIn": true}', ("2.1.329", "", "", True)),
        ("2.1.197 (Claude Code)", "unknown command", ("2.1.197", "", "", None)),
        ("3.0.0", "[]", ("3.0.0", "", "", None)),
        (
            "2.1.329",
            '{"loggedIn": false}',
            ("2.1.329", "Claude Code is not logged in", LOGIN, False),
        ),
    ],
)
def test_a_probe_tells_version_and_login(
    tmp_path: Path, version: str, status: str, expected: tuple[str, str, str, bool | None]
) -> None:
    path = program(tmp_path, version=version, status=status)
    known, problem, hint, logged_in = expected
    assert AGENT.probe(path) == Probe(
        program=path, version=known, problem=problem, hint=hint, logged_in=logged_in
    )


def test_an_old_program_is_refused(tmp_path: Path) -> None:
    path = program(tmp_path, version="2.1.196 (Claude Code)")
    assert AGENT.probe(path) == Probe(
        program=path,
        version="2.1.196",
        problem=f"{path} 2.1.196 is older than 2.1.197",
        hint="claude update",
        logged_in=None,
    )


def test_another_program_of_that_name_is_refused(tmp_path: Path) -> None:
    path = program(tmp_path, version="\x1b[31mhello")
    probe = AGENT.probe(path)
    assert (probe.problem, probe.hint) == (
        f"{path} does not tell its version",
        f"{path} --version",
    )


@pytest.mark.parametrize("content", ["", "not a program", "#!/nowhere/sh\n"])
def test_what_cannot_be_run_is_a_problem_not_an_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "claude"
    path.write_text(content)
    path.chmod(0o755)
    probe = AGENT.probe(str(path))
    assert not probe.ok
    assert probe.hint


def test_a_missing_program_is_named(sandbox: Sandbox) -> None:
    sandbox.set_variable("PATH", str(sandbox.work))
    assert AGENT.probe("") == Probe(
        program="claude",
        version="",
        problem="claude is not installed",
        hint=INSTALL,
        logged_in=None,
    )


def test_the_program_that_is_asked_before_an_edit_is_quoted() -> None:
    argv = Claude().launch(replace(REQUEST, edit_hook=("/a b/python", "it's", "--x"))).argv
    settings = json.loads(argv[-1].removeprefix("--settings="))
    command = {"type": "command", "command": "'/a b/python' 'it'\"'\"'s' --x", "timeout": 5}
    matcher = "Edit|MultiEdit|Write|NotebookEdit"
    assert settings == {"hooks": {"PreToolUse": [{"matcher": matcher, "hooks": [command]}]}}
