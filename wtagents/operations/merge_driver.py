"""init --merge-driver: let git itself ask the ladder, in this repository and on this machine only.

Git tries its own merge first. What conflicts is asked of `wta resolve-files --keep-both`, so that
nothing is ever left out without a person; where that leaves the file alone, or wta is not there,
git's own conflict stands as always. Nothing is committed: the lines go to the repository's
configuration and to its private attributes, where the tripwire sees them and is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.record import record
from wtagents.operations.result import OperationResult
from wtagents.operations.tripwire import accept_tripwire, require_untouched
from wtagents.store.tripwire import accepted_fingerprint
from wtagents.system.files import disk_fault, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.operations.context import Context

_DRIVER = (
    'f() { if git merge-file -q -p "$2" "$1" "$3" >/dev/null 2>&1 || '
    '! wta resolve-files --keep-both -- "$1" "$2" "$3" "$5" "$2"; then '
    'git merge-file --marker-size="$4" -L target -L base -L branch "$2" "$1" "$3" || return 1; '
    "fi; }; f %O %A %B %L %P"
)
_TOOL = 'wta resolve-files -- "$BASE" "$LOCAL" "$REMOTE" "$MERGED" "$MERGED"'
CONFIG = {
    "merge.wta.name": "wta: both changes where that is sound",
    "merge.wta.driver": _DRIVER,
    "mergetool.wta.cmd": _TOOL,
    "mergetool.wta.trustExitCode": "true",
}
ATTRIBUTE = "* merge=wta"
_SHARED = 0o666


@record
class MergeDriver:
    """What the repository needs so that git asks the ladder."""

    config: dict[str, str]
    """Keys of the repository's own configuration with their values."""
    attributes: Path
    attribute: str
    """The line in the attributes."""
    is_there: bool


def observe_merge_driver(context: Context) -> MergeDriver:
    """Return the lines, and whether they all stand there."""
    repository = context.repository
    found = {
        key: repository.read("config", "--local", "--get", key, ok=(0, 1)).text for key in CONFIG
    }
    attributes = context.common_dir / "info" / "attributes"
    return MergeDriver(
        config=CONFIG,
        attributes=attributes,
        attribute=ATTRIBUTE,
        is_there=found == CONFIG and ATTRIBUTE in _lines(attributes),
    )


def add_merge_driver(context: Context) -> OperationResult[MergeDriver]:
    """Write what is missing; a second time changes nothing.

    Raises StateError when somebody else changed the configuration unseen, or the attributes are no
    file; SystemFault when the disk refuses.
    """
    require_untouched(context)
    wanted = observe_merge_driver(context)
    if wanted.is_there:
        return OperationResult(data=wanted, messages=("it was there before",))
    for key, value in CONFIG.items():
        context.repository.git("config", "--local", "--replace-all", key, value)
    lines = _lines(wanted.attributes)
    if ATTRIBUTE not in lines:
        _write(wanted.attributes, [*lines, ATTRIBUTE])
    with context.database.read() as db:
        laid = accepted_fingerprint(db) is not None
    if laid:
        accept_tripwire(context)
    messages = (
        "git merge, rebase and cherry-pick ask it from now on; git mergetool -t wta may choose",
        "undo: git config --remove-section merge.wta, and take the line out of the attributes",
    )
    return OperationResult(data=observe_merge_driver(context), messages=messages)


def _lines(attributes: Path) -> list[str]:
    try:
        return attributes.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateError(
            f"{attributes} cannot be read",
            cause=(error.strerror or str(error)).lower(),
            hint="make it a file or move it away, then run the command again",
        ) from error


def _write(attributes: Path, lines: list[str]) -> None:
    try:
        attributes.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_fault(error, attributes.parent) from error
    text = "".join(f"{line}\n" for line in lines)
    write_atomic(attributes, text.encode(errors="surrogateescape"), mode=_SHARED)
