"""`tests/data/streams` is what the pinned program writes: the parser is tested against these files.

When this fails after a new pin: `python -m tests.support.record_streams`, then read the difference.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.claude_cli import PINNED_VERSION, require_program
from tests.support.record_streams import RECIPES, STREAMS, record

NAMES = [recipe.__name__ for recipe in RECIPES]
RESUMED_NOTHING = "resume_of_unknown_session"


def shapes(output: bytes) -> set[tuple[str, ...]]:
    """Kind and keys of every event and of every content block."""
    found: set[tuple[str, ...]] = set()
    for line in output.splitlines():
        event: dict[str, Any] = json.loads(line)
        kind = f"{event['type']}/{event.get('subtype', '')}"
        found.add((kind, *sorted(event)))
        message = event.get("message")
        content = message["content"] if isinstance(message, dict) else ()
        for block in content if isinstance(content, list) else ():
            found.add((f"{kind}/{block['type']}", *sorted(block)))
    return found


def test_every_recipe_has_its_file_and_every_file_its_recipe() -> None:
    assert sorted(path.name for path in STREAMS.iterdir()) == sorted(f"{n}.ndjson" for n in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_of_the_pinned_version_and_of_no_machine(name: str) -> None:
    lines = (STREAMS / f"{name}.ndjson").read_bytes().splitlines()
    starts = [event for line in lines if (event := json.loads(line)).get("subtype") == "init"]
    assert {event["claude_code_version"] for event in starts} == (
        set() if name == RESUMED_NOTHING else {PINNED_VERSION}
    )
    assert {event["cwd"] for event in starts} <= {"/home/dev/src/repo-worktrees/greeting"}
    assert b"/tmp/tmp" not in b"".join(lines)


@pytest.mark.claude
@pytest.mark.parametrize("name", NAMES)
def test_the_program_still_writes_what_was_recorded(name: str) -> None:
    recipe = RECIPES[NAMES.index(name)]
    now = record(recipe, program=require_program(), order=NAMES.index(name) + 1)
    missing = shapes((STREAMS / f"{name}.ndjson").read_bytes()) - shapes(now)
    assert sorted(missing) == []
