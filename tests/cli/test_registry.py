"""Commands register by existing as a file, and cost nothing until they are called."""

from __future__ import annotations

import json
import re
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest

from tests.house.source import plant
from tests.support.environment import PROJECT
from tests.support.processes import run_to_end
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.registry import SECTIONS, root

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox

CONTEXT = click.Context(root)
COMMANDS = root.list_commands(CONTEXT)
FOLDER = PROJECT / "wtagents" / "cli" / "commands"


class Ended(NamedTuple):
    """A `wta` that came to its end."""

    status: int
    out: str
    err: str


@pytest.fixture
def copy(tmp_path: Path, sandbox: Sandbox) -> Path:
    """Return a copy of the house that Python finds first."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "wtagents", tmp_path / "wtagents", ignore=ignored)
    sandbox.set_variable("PYTHONPATH", str(tmp_path))
    return tmp_path


def wta(*arguments: str) -> Ended:
    done = run_to_end([sys.executable, "-m", "wtagents", *arguments])
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_file_is_a_command(copy: Path) -> None:
    plant(
        copy,
        {
            "wtagents/cli/commands/dry_dock.py": (
                '"""Look: ships out of the water."""\n'
                "import click\n"
                "from wtagents.cli.answer import Answer\n"
                "from wtagents.cli.invocation import WtaCommand\n"
                "@click.command(cls=WtaCommand, examples=['wta dry-dock  # now'])\n"
                "def command():\n"
                '    """List the ships."""\n'
                "    return Answer(['Ada'], lambda ships, style: ships)\n"
            ),
            "wtagents/cli/commands/_shared.py": '"""Look: no command."""\n',
        },
    )
    assert re.search(r"^  dry-dock +ships out of the water$", wta("--help").out, re.MULTILINE)
    assert wta("dry-dock").out == "Ada\n"
    answer = json.loads(wta("dry-dock", "--json").out)
    assert (answer["command"], answer["data"]) == ("dry-dock", ["Ada"])
    assert wta("dry-dock", "--help").out == (
        "Usage: wta dry-dock [OPTIONS]\n\n"
        "  List the ships.\n\n"
        "Options:\n"
        "  -h, --help  Show this message and exit.\n\n"
        "Examples:\n"
        "  wta dry-dock  # now\n\n"
        "Also -C PATH, --json, -v, --no-color: see wta --help\n"
    )
    assert wta("shared").status == 2
    assert wta("_shared").status == 2


def test_help_imports_no_command(copy: Path) -> None:
    plant(copy, {"wtagents/cli/commands/broken.py": '"""Look: breaks."""\nraise SystemError\n'})
    done = wta("--help")
    assert (done.status, done.err) == (0, "")
    assert wta("broken").status == 70


def test_no_command_at_all_is_a_question_for_help() -> None:
    bare, asked = wta(), wta("--help")
    assert (bare.status, bare.out) == (0, asked.out)


def test_the_version_is_told_without_a_repository() -> None:
    from wtagents import __version__

    assert wta("--version").out == f"wta {__version__}\n"
    assert json.loads(wta("--version", "--json").out)["data"] == __version__


def test_help_fits_a_screen_of_80_columns() -> None:
    lines = root.get_help(CONTEXT).splitlines()
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_section_a_summary_and_an_example(name: str) -> None:
    first = (FOLDER / f"{name.replace('-', '_')}.py").read_text().splitlines()[0]
    section, _, summary = first.strip('"').rstrip(".").partition(": ")
    assert section in SECTIONS
    assert 0 < len(summary) <= 67
    command = root.get_command(CONTEXT, name)
    assert isinstance(command, WtaCommand)
    assert command.help
    assert command.examples
    assert all("wta " in line for line in command.examples)
