"""A scenario as JSON: the static subset (no callables) for programs that are not Python tests.

{"scripts": {"hello": {"steps": [
    {"text": "Working."},
    {"tool": "Bash", "input": {"command": "ls"}, "usage": {"input_tokens": 5}},
    {"content": [{"text": "two"}, {"tool": "Read", "input": {"file_path": "a"}}], "hold": "gate"},
    {"status": 429, "headers": {"retry-after": "1"}, "times": 2},
    {"reset": true},
    {"silence": "gate", "headers": true}],
  "match": null, "then": {"text": "done"}}}}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.api.script import (
    Block,
    Failure,
    Reply,
    Reset,
    Scenario,
    Script,
    Silence,
    Step,
    Text,
    Tool,
    Usage,
)


def load_scenario(path: Path) -> Scenario:
    """Raises ValueError or KeyError on a file that is not a scenario."""
    return parse_scenario(json.loads(path.read_text(encoding="utf-8")))


def parse_scenario(data: Mapping[str, Any]) -> Scenario:
    return Scenario(scripts={name: _script(fields) for name, fields in data["scripts"].items()})


def _script(fields: Mapping[str, Any]) -> Script:
    then = fields.get("then")
    return Script(
        steps=tuple(_step(step) for step in fields["steps"]),
        match=fields.get("match"),
        then=None if then is None else _step(then),
    )


def _step(fields: Mapping[str, Any]) -> Step:
    rest = dict(fields)
    if "status" in rest:
        return Failure(**rest)
    if rest.pop("reset", False):
        return Reset(**rest)
    if "silence" in rest:
        return Silence(hold=rest.pop("silence"), **rest)
    if "content" in rest:
        content = tuple(_block(block) for block in rest.pop("content"))
    else:
        content = (
            _block({key: rest.pop(key) for key in ("text", "tool", "input", "id") if key in rest}),
        )
    usage = Usage(**rest.pop("usage", {}))
    return Reply(content=content, usage=usage, **rest)


def _block(fields: Mapping[str, Any]) -> Block:
    if "text" in fields:
        return Text(text=fields["text"])
    return Tool(name=fields["tool"], input=fields["input"], id=fields.get("id", ""))
