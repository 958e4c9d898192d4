"""The README names what there is: commands, options, settings, exit codes, scripts; all of them."""

from __future__ import annotations

import re

import click

from tests.support.environment import PROJECT
from wtagents.cli.registry import ALIASES, root
from wtagents.core.config.setting_keys import KEYS
from wtagents.core.config.settings import Settings, setting_value
from wtagents.core.errors import ExitCode

README = (PROJECT / "README.md").read_text(encoding="utf-8")
LONG = 60
"""Characters of a default beyond which the README may say it in words."""


def section(title: str) -> str:
    """Return the text under a heading."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """Return the cells of the tables of a section, headings left out."""
    lines = section(title).splitlines()
    under = [*lines[1:], ""]
    body = [
        line
        for line, next_line in zip(lines, under, strict=True)
        if line.startswith("| ") and not next_line.startswith("|---")
    ]
    return [re.split(r" ?(?<!\\)\| ?", line.strip("| ")) for line in body]


def commands() -> dict[str, click.Command]:
    context = click.Context(root)
    found = {name: root.get_command(context, name) for name in root.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def options(command: click.Command) -> set[str]:
    return {each for parameter in command.params for each in parameter.opts}


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"\bwta ([a-z][a-z-]*)", README))
    assert named - set(commands()) - set(ALIASES) == set()


def test_every_command_has_its_row() -> None:
    listed = [re.match(r"`wta ([a-z-]+)", row[0]) for row in rows("Commands")]
    assert sorted(match[1] for match in listed if match) == sorted(commands())


def test_every_option_that_is_named_exists() -> None:
    known = {name: options(command) for name, command in commands().items()}
    everywhere = {"--help"} | {each for parameter in root.params for each in parameter.opts}
    for row in rows("Commands"):
        name = re.match(r"`wta ([a-z-]+)", row[0])
        assert name is not None, row
        named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(row)))
        assert named - known[name[1]] - everywhere == set(), row


def test_every_setting_stands_there_as_it_is() -> None:
    defaults = Settings(sources={})
    listed = {row[0].strip("`"): row[1:] for row in rows("Configuration")}
    assert list(listed) == list(KEYS)
    for name, key in KEYS.items():
        default, trusted, about = listed[name]
        literal = key.form.write(setting_value(defaults, name))
        assert (trusted, about) == ("✓" if key.trusted else "", key.about), name
        assert default == f"`{literal}`" or len(literal) > LONG, name


def test_every_exit_code_stands_there() -> None:
    assert [int(row[0]) for row in rows("Exit codes")] == [code.value for code in ExitCode]


def test_every_script_that_is_named_exists() -> None:
    named = set(re.findall(r"\bscripts/([a-z_]+)", README))
    assert {name for name in named if not (PROJECT / "scripts" / name).exists()} == set()
    public = {path.name for path in (PROJECT / "scripts").iterdir() if path.name[0] not in "_."}
    assert {"demo", "test", "bench", "check"} <= named & public
