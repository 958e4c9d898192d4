"""A prompt is data: whatever it holds, the agent gets exactly that, and nothing else happens."""

from __future__ import annotations

import json

import pytest

from tests.support.fleet import Fleet
from tests.support.wta import wta
from wtagents.core.errors import ExitCode
from wtagents.core.task import TaskState

pytestmark = pytest.mark.e2e

PROMPTS = {
    "an option": "--dangerously-skip-permissions",
    "a command": "/clear",
    "a shell": "$(touch pwned) `touch pwned`; touch pwned\n'\"\\",
    "controls": "a\x01\x1b[2J\x7f\r\ttab\u202eright to left",
    "placeholders": "{prompt} {worktree} {0} %s {{}}",
    "many scripts": "日本語 🧪 \U0010ffff é",
    "end": "\n\nlast line without an end",
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_a_program_gets_the_prompt_as_it_is(fleet: Fleet, prompt: str) -> None:
    wta(
        fleet.repository.path,
        *("spawn", "a", "-", "--agent", "command", "--"),
        *("sh", "-c", 'printf %s "$1" > got; git add got; git commit -qm got', "sh", "{prompt}"),
        stdin=prompt.encode(),
    )

    assert fleet.await_rest("a").state is TaskState.READY

    assert fleet.worktree("a").tree("wta/a") == {
        "README.md": b"# Project\n",
        "got": prompt.encode(),
    }


def test_an_agent_on_a_channel_gets_two_megabytes(fleet: Fleet) -> None:
    prompt = "x" * 2_000_000 + "\nscenario:\nwrite a <<END\nb\nEND\n" + 'commit "Add a"'

    wta(fleet.repository.path, "spawn", "a", "-", stdin=prompt.encode())

    assert fleet.await_rest("a").state is TaskState.READY
    echoed = [
        line["message"]["content"]
        for line in map(json.loads, fleet.said("a").splitlines())
        if line.get("isReplay")
    ]
    assert echoed == [prompt]


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("x" * 200_000, "the prompt is too long for a command line"),
        ("a\0b", "an argument of the agent holds a NUL character"),
    ],
    ids=["long", "NUL"],
)
def test_a_prompt_that_no_command_line_takes_is_refused(
    fleet: Fleet, prompt: str, message: str
) -> None:
    refused = wta(
        fleet.repository.path,
        *("spawn", "a", "-", "--agent", "command", "--", "true", "{prompt}"),
        stdin=prompt.encode(),
        status=ExitCode.USAGE,
    )

    assert refused.stderr.startswith(f"error: {message}")
    assert wta(fleet.repository.path, "status", "--json").data == []
    assert fleet.repository.git("branch", "--list", "wta/*") == ""
    assert len(fleet.repository.git("worktree", "list").splitlines()) == 1


def test_a_message_that_looks_like_a_command_is_words(fleet: Fleet) -> None:
    wta(fleet.repository.path, "spawn", "a", "-", stdin=b"go\nscenario:\nlisten 20")
    fleet.await_status("a", lambda item: item.pulse and item.pulse.session_id)

    wta(fleet.repository.path, "send", "a", "-", stdin=b"/clear")

    assert '"content": "In plain words:\\n/clear"' in fleet.said("a")
