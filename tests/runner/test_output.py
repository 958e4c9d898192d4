from __future__ import annotations

import json
import sys

import pytest

from tests.support.running import Running
from tests.support.waiting import wait_until
from wtagents.core.message import MessageKind
from wtagents.core.run import ExitReason, Phase
from wtagents.system import run_folder
from wtagents.system.programs.lines import LONGEST_LINE

PYTHON = (sys.executable, "-S", "-c")
PREFIX = (
    "import json, os, sys, time\n"
    "line = json.loads(sys.stdin.readline())\n"
    "def raw(data):\n"
    "    while data: data = data[os.write(1, data):]\n"
    "def tell(**fields): raw(json.dumps(fields).encode() + b'\\n')\n"
    "tell(type='system', subtype='init', session_id='s', cwd='/', tools=[])\n"
    "tell(**{**line, 'isReplay': True})\n"
)
RESULT = "tell(type='result', subtype='success', is_error=False, num_turns=1, result='Done.')\n"

ODD = {
    "not UTF-8": "raw(b'\\xff\\xfe\\x00{\\n')\n",
    "not JSON": 'raw(b\'{"type": \\n[\\n]\\n"text"\\nnull\\n7\\n\')\n',
    "deep": "raw(b'[' * 100_000 + b'\\n')\n",
    "huge numbers": "raw(b'{\"type\": \"result\", \"num_turns\": ' + b'9' * 9000 + b'}\\n')\n",
    "wrong types": 'raw(b\'{"type": "assistant", "message": {"content": 7}}\\n\')\n',
    "a line that is longer than what is kept of one": (
        f"tell(type='user', message={{'role': 'user', 'content': 'x' * {LONGEST_LINE}}})\n"
    ),
    "empty lines": "raw(b'\\n\\n\\r\\n \\n' * 1000)\n",
    "many lines": 'raw(b\'{"type":"system","subtype":"status"}\\n\' * 100_000)\n',
}


def start_speaker(running: Running, script: str) -> None:
    running.start_speaker(*PYTHON, PREFIX + script)


@pytest.mark.parametrize("kind", ODD)
def test_odd_lines_are_passed_over_and_the_result_is_found(running: Running, kind: str) -> None:
    start_speaker(running, ODD[kind] + RESULT + "sys.stdin.read()\n")
    ended = running.outcome()
    assert (ended.reason, ended.detail, ended.exit_code) == (ExitReason.COMPLETED, "Done.", 0)
    assert not running.folder.runner_log.exists()


def test_all_that_was_written_before_the_end_is_read(running: Running) -> None:
    """More than is read at one look, and the agent is gone at once."""
    start_speaker(running, "raw((b'{\"type\": \"' + b'x' * 99_000 + b'\"}\\n') * 200)\n" + RESULT)
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.COMPLETED, "Done.")


def test_a_result_without_its_newline_counts_when_the_agent_is_gone(running: Running) -> None:
    start_speaker(running, RESULT.replace("tell(", "raw(json.dumps(dict(")[:-2] + ")).encode())\n")
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.COMPLETED, "Done.")


def test_half_a_line_is_not_read_before_it_is_whole(running: Running) -> None:
    half = (
        "line = json.dumps(dict(type='result', subtype='success', is_error=False, num_turns=1,\n"
        "    result='Whole.')).encode() + b'\\n'\n"
        "raw(line[:30]); open('half', 'w').close()\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
        "raw(line[30:]); sys.stdin.read()\n"
    )
    start_speaker(running, half)
    wait_until((running.worktree / "half").exists)
    running.await_phase(Phase.THINKING)
    (running.worktree / "go").touch()
    ended = running.outcome()
    assert (ended.reason, ended.detail) == (ExitReason.COMPLETED, "Whole.")


def test_output_that_never_ends_a_line_is_activity_and_no_trouble(running: Running) -> None:
    pieces = LONGEST_LINE // 200_000 + 10
    script = f"import os\nfor _ in range({pieces}): os.write(1, b'.' * 200_000)\n"
    running.start_command(*PYTHON, script)
    ended = running.outcome()
    assert ended.reason is ExitReason.COMPLETED
    seen = run_folder.activity(running.folder)
    assert seen is not None
    assert seen.size == pieces * 200_000


def test_an_agent_that_reads_nothing_of_a_long_prompt_ends_as_it_likes(running: Running) -> None:
    script = "exec <&-; echo bye >&2; exit 3"
    running.start_speaker("/bin/sh", "-c", script, prompt="x" * 3_000_000)
    ended = running.outcome()
    assert (ended.reason, ended.detail, ended.exit_code) == (ExitReason.AGENT_ERROR, "bye", 3)


def test_what_is_approved_is_what_was_asked_for(running: Running) -> None:
    """The file has a question without its credentials; the agent gets its own words back."""
    token = "ghp_" + "aB3dE5gH7jK9" * 3
    script = (
        f"asked = dict(subtype='can_use_tool', tool_name='Bash', input=dict(command='use {token}'),"
        " tool_use_id='t')\n"
        "tell(type='control_request', request_id='q1', request=asked)\n"
        "open('answer', 'w').write(sys.stdin.readline())\n"
    )
    start_speaker(running, script + RESULT + "sys.stdin.read()\n")
    running.await_phase(Phase.ASKING)
    body = json.dumps({"request_id": "q1", "allow": True, "message": ""})
    running.post(1, MessageKind.ANSWER, body)
    assert running.outcome().reason is ExitReason.COMPLETED
    assert f"use {token}" in (running.worktree / "answer").read_text()
    assert "use [GitHub token]" in running.stream()


def test_credentials_do_not_come_into_what_is_kept(running: Running) -> None:
    token = "ghp_" + "aB3dE5gH7jK9" * 3
    script = f"echo 'token {token}'; echo '{token} again' >&2; exit 3"
    running.start_command("/bin/sh", "-c", script, setup=(f"echo {token}",))
    ended = running.outcome()
    assert ended.detail == "exit status 3: [GitHub token] again"
    assert running.stream() == "token [GitHub token]\n"
    kept = [path for path in running.folder.root.rglob("*") if path.is_file()]
    assert {path.name for path in kept if token in path.read_text()} == {"order.json"}
