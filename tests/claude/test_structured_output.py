"""The program as the resolver uses it: no tools, an empty folder, an answer that fits a schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.api.script import Script, marker, script, text, tool
from tests.support.claude_cli import ClaudeCli, Finished
from tests.support.messages_api import MessagesApi

pytestmark = pytest.mark.claude

SCHEMA = {
    "type": "object",
    "properties": {"files": {"type": "array", "items": {"type": "string"}}},
    "required": ["files"],
    "additionalProperties": False,
}


def resolve(claude: ClaudeCli, cwd: Path) -> Finished:
    flags = ("--tools", "", "--json-schema", json.dumps(SCHEMA), "--no-session-persistence")
    strict = ("--setting-sources", "", "--strict-mcp-config", "--system-prompt", "Resolve.")
    environment = claude.environment(MAX_STRUCTURED_OUTPUT_RETRIES="2")
    return claude.run(marker("a"), *flags, *strict, cwd=cwd, environment=environment)


def test_the_answer_is_data_and_no_other_tool_is_offered(
    claude: ClaudeCli, messages_api: MessagesApi, tmp_path: Path
) -> None:
    messages_api.add_script("a", script(tool("StructuredOutput", files=["a.py"])))
    ended = resolve(claude, tmp_path)
    assert (ended.exit_code, ended.result["is_error"]) == (0, False)
    assert ended.result["structured_output"] == {"files": ["a.py"]}
    (request,) = messages_api.requests
    assert request.tool_names == ("StructuredOutput",)
    assert request.system_text.endswith("Resolve.")


def test_an_answer_that_does_not_fit_is_asked_for_again(
    claude: ClaudeCli, messages_api: MessagesApi, tmp_path: Path
) -> None:
    wrong, right = (tool("StructuredOutput", files=value) for value in ("a.py", ["a.py"]))
    messages_api.add_script("a", script(wrong, right))
    ended = resolve(claude, tmp_path)
    assert ended.result["structured_output"] == {"files": ["a.py"]}
    (told,) = messages_api.requests[1].tool_results
    assert told.is_error
    assert "Output does not match required schema" in told.text


def test_an_answer_that_never_fits_is_an_error(
    claude: ClaudeCli, messages_api: MessagesApi, tmp_path: Path
) -> None:
    wrong = tool("StructuredOutput", files="a.py")
    messages_api.add_script("a", Script(steps=(), then=wrong))
    ended = resolve(claude, tmp_path)
    assert (ended.exit_code, ended.result["is_error"]) == (1, True)
    assert ended.result["subtype"] == "error_max_structured_output_retries"


def test_plain_words_are_a_success_without_the_answer(
    claude: ClaudeCli, messages_api: MessagesApi, tmp_path: Path
) -> None:
    messages_api.add_script("a", Script(steps=(), then=text("I would rather talk.")))
    ended = resolve(claude, tmp_path)
    assert (ended.exit_code, ended.result["is_error"]) == (0, False)
    assert "structured_output" not in ended.result
