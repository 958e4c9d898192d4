"""All settings at a glance, for `wta config`, and the file that `wta init` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.config.setting_keys import KEYS
from wtagents.core.config.settings import resolve_settings, setting_value
from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.core.config.settings import Settings


@record
class SettingRow:
    """One key; the values are TOML literals."""

    key: str
    value: str
    default: str
    source: str
    about: str
    expected: str
    trusted: bool


def setting_rows(settings: Settings) -> list[SettingRow]:
    """Return every key, in the order of the sections."""
    defaults = resolve_settings(())
    return [
        SettingRow(
            key=name,
            value=key.form.write(setting_value(settings, name)),
            default=key.form.write(setting_value(defaults, name)),
            source=settings.sources[name],
            about=key.about,
            expected=key.form.expected,
            trusted=key.trusted,
        )
        for name, key in KEYS.items()
    ]


def commented_toml() -> str:
    """Return a `wta.toml` in which every key stands with its default, commented out."""
    lines = ["# Settings of wta for this repository. What holds now, and why: wta config"]
    seen = ""
    for row in setting_rows(resolve_settings(())):
        section, _, name = row.key.partition(".")
        if section != seen:
            lines += ["", f"[{section}]"]
            seen = section
        lines += [f"# {row.about}", f"# {name} = {row.default}"]
    return "\n".join(lines) + "\n"
