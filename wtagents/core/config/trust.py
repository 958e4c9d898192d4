"""What a repository's own configuration wants to run or to allow, and what a person trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.config.settings import Settings, setting_value

if TYPE_CHECKING:
    from pathlib import Path


def repository_commands(settings: Settings) -> tuple[str, ...]:
    """Return what the repository's file wants to run or to allow, as `section.key: value` lines.

    What a person's own file or a flag has replaced is not among them.
    """
    if settings.repository is None:
        return ()
    from wtagents.core.config.setting_keys import KEYS

    lines = []
    for name, key in KEYS.items():
        if key.trusted and settings.sources[name] == settings.repository.source:
            value = setting_value(settings, name)
            if key.only_grows:
                default = setting_value(Settings(sources={}), name)
                lines += [f"{name}: without {each}" for each in default if each not in value]
                continue
            several = isinstance(value, tuple) and value
            values = value if several else (key.form.write(value),)
            lines += [f"{name}: {each}" for each in values]
    return tuple(lines)


def trust_hash(path: Path, content: bytes) -> str:
    """Return sha256 of path, newline and content, as direnv does: a moved file is another one."""
    from hashlib import sha256

    return sha256(bytes(path) + b"\n" + content).hexdigest()
