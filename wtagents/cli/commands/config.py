"""Look: every setting, its value and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.complete import complete_settings
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.core.config.setting_rows import SettingRow


@click.command(
    cls=WtaCommand,
    examples=["wta config", "wta config merge", "wta config limits.agents"],
)
@click.argument("key", required=False, shell_complete=complete_settings)
@click.pass_obj
def command(invocation: Invocation, key: str | None) -> Answer[tuple[SettingRow, ...]]:
    """Show every setting with its value and source, or those of KEY.

    KEY is a section (merge) or a key (limits.agents). A value comes from the defaults, the
    repository's wta.toml, your own ~/.config/wta/config.toml or a flag; the last one holds.
    """
    from wtagents.operations.config import config

    result = config(invocation.context, key)
    return Answer.of(result, _one if key and len(result.data) == 1 else _table)


def _table(rows: tuple[SettingRow, ...], style: Style) -> Iterator[str]:
    from itertools import groupby

    from wtagents.cli.style import Cell, Column, Tone
    from wtagents.core.figures import text_width
    from wtagents.core.text import visible

    columns = (Column(""), Column("", flexible=True), Column(""))
    left = max(text_width(row.key.partition(".")[2]) for row in rows)
    for number, (section, members) in enumerate(groupby(rows, lambda r: r.key.partition(".")[0])):
        if number:
            yield ""
        yield style.heading(f"[{section}]")
        cells = [
            (
                f"{row.key.partition('.')[2]:{left}}",
                Cell(visible(row.value), Tone.PLAIN if _is_set(row) else Tone.FAINT),
                Cell(_source(row), Tone.ACCENT if _is_set(row) else Tone.FAINT),
            )
            for row in members
        ]
        yield from style.table(columns, cells, indent=2)


def _one(rows: tuple[SettingRow, ...], style: Style) -> Iterator[str]:
    from wtagents.cli.style import fields
    from wtagents.core.text import visible

    [row] = rows
    needs_trust = "when the repository's wta.toml decides it: wta trust" if row.trusted else ""
    pairs = [
        ("value", visible(row.value)),
        ("source", _source(row)),
        ("default", visible(row.default)),
        ("expected", row.expected),
        ("trust", needs_trust),
    ]
    yield style.heading(row.key)
    yield row.about
    yield from fields(style, pairs)


def _is_set(row: SettingRow) -> bool:
    return row.source != "default"


def _source(row: SettingRow) -> str:
    """Shorten the path of a person's own file; the repository's stands as it is."""
    from pathlib import Path

    from wtagents.core.text import visible

    path = Path(row.source)
    if path.name == "wta.toml":
        return "wta.toml"
    home = Path.home()
    return visible(f"~/{path.relative_to(home)}" if path.is_relative_to(home) else row.source)
