"""config: every setting with its value and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.config.setting_rows import setting_rows
from wtagents.core.errors import UsageError
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from wtagents.core.config.setting_rows import SettingRow
    from wtagents.operations.context import Context


def config(context: Context, key: str | None = None) -> OperationResult[tuple[SettingRow, ...]]:
    """Return all settings, those of one section, or one.

    Raises UsageError for a name that is neither, ConfigError for a file that is wrong.
    """
    rows = setting_rows(context.settings)
    chosen = tuple(row for row in rows if key in (None, row.key, row.key.partition(".")[0]))
    if not chosen:
        raise _unknown(str(key), [row.key for row in rows])
    return OperationResult(data=chosen)


def _unknown(key: str, known: list[str]) -> UsageError:
    from difflib import get_close_matches

    close = [name for name in known if name.rpartition(".")[2] == key]
    sections = dict.fromkeys(name.partition(".")[0] for name in known)
    close = close or get_close_matches(key, [*sections, *known], n=3)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return UsageError(f"there is no setting {key}", hint=f"{meant}see all: wta config")
