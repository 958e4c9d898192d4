"""trust: commands that came with the repository run only after a person has seen them.

Trusted is one content of one file at one place: changed by a byte or moved, it is asked about
again. Only the main worktree's `wta.toml` is ever read, never one on a task's branch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.config.trust import repository_commands, trust_hash
from wtagents.core.errors import ConfigError
from wtagents.core.record import record, replace
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from wtagents.operations.context import Context


@record
class TrustState:
    """What the repository's file wants to run or to allow, and whether a person agreed."""

    path: Path | None
    """None when the repository has no such file."""
    commands: tuple[str, ...]
    """`section.key: value`, as they would take effect."""
    changes: tuple[str, ...]
    """Unified diff since the content that was trusted last; empty when that is not known."""
    trusted: bool
    """True also when there is nothing to trust."""


def require_trusted(context: Context) -> None:
    """Raise ConfigError when the repository's file brings commands that nobody trusted."""
    file = _file(context)
    if file is None or not repository_commands(context.settings):
        return
    path, content = file
    if not _is_trusted(context, path, content):
        raise ConfigError(
            f"{path} wants to run commands that are not trusted",
            cause="they are new, or the file was changed",
            hint="look at them and decide: wta trust",
        )


def observe_trust(context: Context) -> TrustState:
    """Look at the file without changing anything."""
    file = _file(context)
    if file is None:
        return TrustState(path=None, commands=(), changes=(), trusted=True)
    path, content = file
    commands = repository_commands(context.settings)
    trusted = not commands or _is_trusted(context, path, content)
    return TrustState(
        path=path,
        commands=commands,
        changes=() if trusted else _changes(context, path, content),
        trusted=trusted,
    )


def trust(context: Context) -> OperationResult[TrustState]:
    """Record that a person trusts the file as it was read by this context, not as it is by now."""
    from wtagents.store.trust import record_trust

    state = observe_trust(context)
    file = _file(context)
    if file is None or state.trusted:
        return OperationResult(data=state)
    path, content = file
    _keep_copy(context, path, content)
    with context.database.write() as db:
        record_trust(db, path, trust_hash(path, content), context.clock.now())
    return OperationResult(data=replace(state, trusted=True))


def _file(context: Context) -> tuple[Path, bytes] | None:
    """Return the canonical path and the content that the settings were read from."""
    layer = context.settings.repository
    return None if layer is None else (Path(layer.source).resolve(), layer.content)


def _is_trusted(context: Context, path: Path, content: bytes) -> bool:
    return _trusted_hash(context, path) == trust_hash(path, content)


def _trusted_hash(context: Context, path: Path) -> str | None:
    from wtagents.store.trust import trusted_hash

    # Asked before the reader, which remembers that there was no store.
    if not context.paths.database.exists() or context.reader is None:
        return None
    return trusted_hash(context.reader, path)


def _copy(context: Context, path: Path) -> Path:
    """Where the content that was trusted last is kept, to show what changed since."""
    from hashlib import sha256

    return context.paths.trusted / f"{sha256(bytes(path)).hexdigest()[:16]}.toml"


def _keep_copy(context: Context, path: Path, content: bytes) -> None:
    from wtagents.system.files import make_private_folder, write_atomic

    copy = _copy(context, path)
    make_private_folder(copy.parent)
    write_atomic(copy, content)


def _changes(context: Context, path: Path, content: bytes) -> tuple[str, ...]:
    from difflib import unified_diff

    try:
        before = _copy(context, path).read_bytes()
    except OSError:
        return ()
    if not _is_trusted(context, path, before):
        return ()
    old, new = (text.decode(errors="replace").splitlines() for text in (before, content))
    return tuple(unified_diff(old, new, "trusted", "now", lineterm="", n=1))
