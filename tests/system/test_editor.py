"""The editor of the person: which one, upon what, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from wtagents.core.errors import SystemFault
from wtagents.system.person.editor import edit

SCRIPT = """#!/bin/sh
stat -c %a "$2" "${2%/*}" > seen; echo "$1" "$2" >> seen
cat "$2" >> seen
printf 'two\nlines\n\n' > "$2"
"""


@pytest.fixture(autouse=True)
def program(tmp_path: Path, sandbox: Sandbox) -> Path:
    sandbox.enter(tmp_path)
    file = tmp_path / "my editor"
    file.write_text(SCRIPT)
    file.chmod(0o755)
    sandbox.set_variable("EDITOR", f"'{file}' --wait")
    return file


def test_the_text_lies_in_a_private_file_for_as_long_as_the_editor_runs(tmp_path: Path) -> None:
    assert edit("one") == "two\nlines"
    file, folder, told, text = (tmp_path / "seen").read_text().splitlines()
    option, _, place = told.partition(" ")
    assert (folder, option, text) == ("700", "--wait", "one")
    assert int(file, 8) & 0o022 == 0
    assert not Path(place).parent.exists()


def test_visual_comes_before_editor(sandbox: Sandbox) -> None:
    sandbox.set_variable("VISUAL", "true")
    assert edit("stays\n") == "stays"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("false", "the editor false ended with status 1"),
        ("no-such-editor", "cannot run no-such-editor"),
        ("'", "no command: '"),
        ("rm -f --", "the editor rm left no text"),
        ("cp /bin/sh", "the editor cp left no text"),
    ],
)
def test_an_editor_that_fails_changes_nothing(sandbox: Sandbox, command: str, told: str) -> None:
    sandbox.set_variable("EDITOR", command)
    with pytest.raises(SystemFault, match=told):
        edit("one")
