"""The program as the resolver uses it: no tools, an empty folder, an answer that fits a schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.api.script import Script, marker, tool
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


def test_an_answer_that_does_not_fit_is_asked_for_again_and_one_that_never_fits_is_an_error(
    claude: ClaudeCli, messages_api: MessagesApi, tmp_path: Path
) -> None:
    wrong = tool("StructuredOutput", files="a.py")
    messages_api.add_script("a", Script(steps=(), then=wrong))
    ended = resolve(claude, tmp_path)
    (told,) = messages_api.requests[1].tool_results
    assert told.is_error
    assert "Output does not match required schema" in told.text
    assert (ended.exit_code, ended.result["is_error"]) == (1, True)
    assert ended.result["subtype"] == "error_max_structured_output_retries"
