"""The list of models against the program that they were asked of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api.script import Usage, marker, script, text
from tests.support.claude_cli import ClaudeCli
from tests.support.messages_api import MessagesApi
from wtagents.agent.models import load_models

pytestmark = pytest.mark.claude


@pytest.mark.parametrize("name", ["claude-opus-5-5", "claude-opus-4-6", "claude-haiku-5-5"])
def test_the_program_bills_and_holds_what_the_list_says(
    claude: ClaudeCli, messages_api: MessagesApi, tmp_path: Path, name: str
) -> None:
    used = Usage(input_tokens=1000, output_tokens=3000)
    messages_api.add_script("a", script(text("Done.", usage=used)))

    result = claude.run(f"{marker('a')} Go.", "--model", name, cwd=tmp_path).result

    told, models = result["modelUsage"][name], load_models()
    assert told["contextWindow"] == models.window(name)
    cost = models.cost(name, input_tokens=1000, output_tokens=3000)
    assert told["costUSD"] == pytest.approx(cost)
