"""bundle: all that a bug report needs in one archive, without what tasks are about.

Prompts, messages, transcripts, diffs and contents of files stay out; credentials are put out of
sight, and the home folder is written `~`. A part that cannot be told never stops the others: a
damaged database or a broken repository is what a bundle is for.
"""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wtagents.core.errors import UsageError, WtaError
from wtagents.core.isolation.credentials import without_credentials
from wtagents.core.record import record, values_of
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from wtagents.operations.context import Context

    Texts = Iterator[tuple[str, str]]
    Part = Callable[[Context], Texts]

_TABLES = {
    "task": ("prompt",),
    "task_after": (),
    "run": ("prompt",),
    "message": ("body",),
    "merge_request": (),
    "undo": (),
    "trash": (),
    "suspicion": (),
    "account_limit": (),
    "claim": (),
    "seen_clash": (),
    "event": (),
}
"""What is told of the store, and the columns that are not."""
_ROWS = 20_000
"""Of a table, the newest."""
_LOG_BYTES = 64_000
"""Of a log, the last."""
_CLOSED = ("hub.git", "trash", "scratch", "rooms", "resources", "radar", "resolving")
"""Folders of the state whose files are git's or a person's: named, not listed."""
_ABOUT = """\
What wta tells of itself about one repository, for a bug report.

doctor.json      what wta doctor finds
machine.json     versions, system, load, memory, disk
settings.json    every setting, its value and its source
store/           rows of the database, the newest {rows} of each table
git/             worktrees, branches of wta, the hub
state.txt        names, modes and sizes of the files in the state folder
logs/, runs/     the last {log_bytes} bytes of each log, and the facts of each run
missing.json     what could not be told, and why

Not in it: prompts, messages, transcripts, diffs, contents of files, credentials by their shape.
Names of tasks, branches and paths, commands, and what each agent said last are. Look at it
before you send it.
"""


@record
class BundledFile:
    """One file of a bundle."""

    name: str
    size: int
    """Bytes."""


@record
class Missing:
    """A part that could not be told."""

    part: str
    why: str


@record
class Bundle:
    """A bundle that was written."""

    path: Path
    files: tuple[BundledFile, ...]
    missing: tuple[Missing, ...]


def bundle(context: Context, target: Path | None = None) -> OperationResult[Bundle]:
    """Write the bundle to a new file that only its owner can read, by default in this folder.

    Raises UsageError when the file is already there, SystemFault when it cannot be written.
    """
    from wtagents.system.files import create_exclusive

    now = context.clock.now()
    name = context.paths.root.name.rpartition("-")[0]
    path = target or Path(f"wta-bundle-{name}-{now:%Y%m%d-%H%M%S}.tar.gz")
    texts: dict[str, str] = {}
    missing: list[Missing] = []
    for part in PARTS:
        try:
            texts.update(part(context))
        except (WtaError, OSError) as error:
            missing.append(Missing(part=part.__name__.removeprefix("tell_"), why=_why(error)))
    texts["missing.json"] = _json([values_of(each) for each in missing])
    contents = {name: _fit_to_show(text).encode(errors="replace") for name, text in texts.items()}
    if not create_exclusive(path, _archive(contents, now)):
        raise UsageError(f"{path} is already there", hint="name another file, or move it away")
    files = (BundledFile(name=name, size=len(data)) for name, data in contents.items())
    return OperationResult(data=Bundle(path=path, files=tuple(files), missing=tuple(missing)))


def tell_about(_: Context) -> Texts:
    """What is in the bundle."""
    yield "README.txt", _ABOUT.format(rows=_ROWS, log_bytes=_LOG_BYTES)


def tell_doctor(context: Context) -> Texts:
    """What `wta doctor` finds."""
    from wtagents.operations.doctor import doctor

    yield "doctor.json", _json([values_of(check) for check in doctor(context).data])


def tell_machine(context: Context) -> Texts:
    """Versions and the machine."""
    import platform
    import sys

    from wtagents import __version__
    from wtagents.git.repo import require_git_version
    from wtagents.system.load import free_memory, machine_load

    load = machine_load()
    disk = os.statvfs(context.common_dir)
    facts = {
        "wta": __version__,
        "at": context.clock.now().isoformat(),
        "python": sys.version,
        "git": ".".join(map(str, require_git_version())),
        "system": platform.platform(),
        "load": None if load is None else values_of(load),
        "free_memory": free_memory(),
        "free_disk": disk.f_bavail * disk.f_frsize,
    }
    yield "machine.json", _json(facts)


def tell_settings(context: Context) -> Texts:
    """Every setting. Raises ConfigError for a file that is wrong."""
    from wtagents.core.config.setting_rows import setting_rows

    rows = setting_rows(context.settings)
    yield "settings.json", _json({row.key: [row.value, row.source] for row in rows})


def tell_store(context: Context) -> Texts:
    """The newest rows of every table that explains something. Raises SystemFault."""
    if context.reader is None:
        return
    sql = "SELECT sqlite_version() AS sqlite, group_concat(name) AS migrations FROM migration"
    yield "store/about.json", _json(dict(*context.reader.rows(sql)))
    for table, kept_back in _TABLES.items():
        sql = f"SELECT * FROM {table} ORDER BY rowid DESC LIMIT {_ROWS}"  # noqa: S608
        rows = [dict(row) for row in context.reader.rows(sql)]
        shown = ({key: row[key] for key in row if key not in kept_back} for row in reversed(rows))
        yield f"store/{table}.ndjson", "".join(f"{json.dumps(row)}\n" for row in shown)


def tell_git(context: Context) -> Texts:
    """Worktrees, branches of wta, and the hub."""
    refs = ("for-each-ref", "--format=%(objectname) %(refname)")
    listing = context.repository.git("worktree", "list", "--porcelain")
    yield "git/worktrees.txt", listing.text
    yield "git/branches.txt", context.repository.git(*refs, "refs/heads/wta").text
    if context.paths.hub.is_dir():
        from wtagents.git.repo import Repository

        hub = Repository.bare(context.paths.hub)
        yield "git/hub_refs.txt", hub.git(*refs).text
        yield "git/hub_objects.txt", hub.git("count-objects", "-v").text


def tell_state(context: Context) -> Texts:
    """Names, modes and sizes of the files in the state folder."""
    lines: list[str] = []
    for folder, folders, names in os.walk(context.paths.root):
        here = Path(folder)
        lines += (_listed(here / name, context.paths.root) for name in sorted((*folders, *names)))
        folders[:] = sorted(name for name in folders if not name.startswith(_CLOSED))
    yield "state.txt", "".join(lines)


def tell_logs(context: Context) -> Texts:
    """What supervisor, cron, browser and defects left, and the facts of each run."""
    from wtagents.system.files import load_tail

    root = context.paths.root
    logs = [*sorted(root.glob("*.log")), *sorted(context.paths.reports.glob("*.txt"))]
    for path in logs:
        yield f"logs/{path.name}", load_tail(path, _LOG_BYTES)
    for folder in sorted(context.paths.runs.glob("*")):
        run = context.paths.run(folder.name)
        facts = (run.claim, run.agent, run.exit, run.runner_log, run.stderr, run.setup_log)
        for path in (*facts, run.checks_log, run.refused):
            if path.exists():
                yield f"runs/{folder.name}/{path.name}", load_tail(path, _LOG_BYTES)


PARTS: tuple[Part, ...] = (
    tell_about,
    tell_doctor,
    tell_machine,
    tell_settings,
    tell_store,
    tell_git,
    tell_state,
    tell_logs,
)


def _listed(path: Path, root: Path) -> str:
    try:
        facts = path.lstat()
    except OSError as error:
        return f"{error.strerror} {path.relative_to(root)}\n"
    return f"{stat.filemode(facts.st_mode)} {facts.st_size:>12} {path.relative_to(root)}\n"


def _why(error: WtaError | OSError) -> str:
    cause = error.cause if isinstance(error, WtaError) else ""
    return f"{error}: {cause}" if cause else str(error)


def _json(value: Any) -> str:
    return f"{json.dumps(value, indent=1, default=str)}\n"


def _fit_to_show(text: str) -> str:
    return without_credentials(text).replace(str(Path.home()), "~")


def _archive(contents: dict[str, bytes], now: datetime) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in contents.items():
            entry = tarfile.TarInfo(f"wta-bundle/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o600, int(now.timestamp())
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
