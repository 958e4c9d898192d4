"""Where a setting stands in its file, in every way to write it."""

from __future__ import annotations

import tomllib

import pytest

from wtagents.core.config.toml_lines import line_of


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ('[agent]\nmodel = "x"', "agent.model", 2),
        ('[agent]\nmodel = "x"', "agent", 1),
        ('\n[agent] # it\n\tmodel="x"', "agent.model", 3),
        ('[ "agent" ]\n\n"model"="x"', "agent.model", 3),
        ('# x\nagent.model = "x"', "agent.model", 2),
        ('agent . "model" = "x"', "agent.model", 1),
        ("zzz.x.y = 1", "zzz", 1),
        ("[a]\n[[a.x]] # it\ny = 1", "a.x", 2),
        ("[a]\nx = 1\n[b]\nx = 2", "b.x", 4),
        ("[a.b]\nx = 1", "a.b.x", 2),
        ("agent = { model = 1 }", "agent.model", None),
        ("[a]\nxy = 1", "a.x", None),
        ("", "a.x", None),
    ],
)
def test_the_line_of_a_setting(text: str, name: str, line: int | None) -> None:
    tomllib.loads(text)
    assert line_of(text.encode(), name) == line


def test_bytes_that_are_no_text_are_passed_over() -> None:
    assert line_of(b"\xff\xfe\n[a]\nx = 1\n", "a.x") == 3
