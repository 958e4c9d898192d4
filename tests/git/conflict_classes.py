"""The classes of conflicts, each as three sets of files.

A value of None deletes a path, `Link` makes a symbolic link, `Exec` an executable file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.repository import RepositoryBuilder
from wtagents.git.merging.conflicts import ConflictKind as Kind

LINES = "".join(f"line {n}\n" for n in range(1, 21))


class Link(str):
    """Where a symbolic link points to."""

    __slots__ = ()


class Exec(str):
    """Content of an executable file."""

    __slots__ = ()


Files = dict[str, str | bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictClass:
    name: str
    base: Files
    target: Files
    branch: Files
    expected: dict[str, Kind] = field(default_factory=dict)
    resolvable: bool = False


def edited(line: int, text: str) -> str:
    return LINES.replace(f"line {line}\n", f"{text}\n")


CLASSES = (
    ConflictClass(
        name="content",
        base={"f": LINES},
        target={"f": edited(5, "target")},
        branch={"f": edited(5, "branch")},
        expected={"f": Kind.CONTENT},
        resolvable=True,
    ),
    ConflictClass(
        name="both added text",
        base={"f": "x\n"},
        target={"new": "target\n"},
        branch={"new": "branch\n"},
        expected={"new": Kind.BOTH_ADDED},
        resolvable=True,
    ),
    ConflictClass(
        name="lock file",
        base={"package-lock.json": '{"version": 1}\n'},
        target={"package-lock.json": '{"version": 2}\n'},
        branch={"package-lock.json": '{"version": 3}\n'},
        expected={"package-lock.json": Kind.CONTENT},
        resolvable=True,
    ),
    ConflictClass(
        name="rename and edit on both sides",
        base={"f": LINES},
        target={"f": None, "g": edited(5, "target")},
        branch={"f": edited(5, "branch")},
        expected={"g": Kind.CONTENT},
        resolvable=True,
    ),
    ConflictClass(
        name="modified on target, deleted on branch",
        base={"f": LINES},
        target={"f": edited(5, "target")},
        branch={"f": None},
        expected={"f": Kind.DELETED_BY_BRANCH},
    ),
    ConflictClass(
        name="deleted on target, modified on branch",
        base={"f": LINES},
        target={"f": None},
        branch={"f": edited(5, "branch")},
        expected={"f": Kind.DELETED_BY_TARGET},
    ),
    ConflictClass(
        name="rename/delete",
        base={"f": LINES},
        target={"f": None},
        branch={"f": None, "g": LINES},
        expected={"g": Kind.RENAME_DELETE},
    ),
    ConflictClass(
        name="rename/rename apart",
        base={"f": LINES},
        target={"f": None, "g": LINES},
        branch={"f": None, "h": LINES},
        expected={"f": Kind.RENAMED_APART, "g": Kind.RENAMED_APART, "h": Kind.RENAMED_APART},
    ),
    ConflictClass(
        name="rename/rename together",
        base={"a": LINES, "b": LINES.replace("line", "row")},
        target={"a": None, "c": edited(3, "target")},
        branch={"b": None, "c": LINES.replace("line", "row")},
        expected={"c": Kind.BOTH_ADDED},
        resolvable=True,
    ),
    ConflictClass(
        name="rename/add",
        base={"a": LINES},
        target={"a": None, "b": LINES},
        branch={"b": "something else\n"},
        expected={"b": Kind.BOTH_ADDED},
        resolvable=True,
    ),
    ConflictClass(
        name="binary",
        base={"f": b"\0base"},
        target={"f": b"\0target"},
        branch={"f": b"\0branch"},
        expected={"f": Kind.BINARY},
    ),
    ConflictClass(
        name="both added binary",
        base={},
        target={"f": b"\0target"},
        branch={"f": b"\0branch"},
        expected={"f": Kind.BINARY},
    ),
    ConflictClass(
        name="not UTF-8",
        base={"f": b"base\n"},
        target={"f": b"t\xe4rget\n"},
        branch={"f": b"br\xe4nch\n"},
        expected={"f": Kind.BINARY},
    ),
    ConflictClass(
        name="both added, one executable",
        base={},
        target={"f": "same\n"},
        branch={"f": Exec("same\n")},
        expected={"f": Kind.MODE},
    ),
    ConflictClass(
        name="file and folder",
        base={"x": "1\n"},
        target={"d": "file\n"},
        branch={"d/inner": "folder\n"},
        expected={"d~target": Kind.FILE_AND_FOLDER},
    ),
    ConflictClass(
        name="symlink and file",
        base={},
        target={"s": Link("elsewhere")},
        branch={"s": "file\n"},
        expected={"s": Kind.TYPES, "s~branch": Kind.TYPES},
    ),
    ConflictClass(
        name="symlinks",
        base={"s": Link("base")},
        target={"s": Link("target")},
        branch={"s": Link("branch")},
        expected={"s": Kind.SYMLINK},
    ),
    ConflictClass(
        name="renamed together, with a conflict of its own",
        base={"a": LINES, "b": LINES.replace("line", "row")},
        target={"a": None, "c": edited(3, "target"), "b": LINES.replace("line 4", "x")},
        branch={"a": edited(3, "branch"), "b": None, "c": LINES.replace("line", "row")},
        expected={"c": Kind.RENAMED_TOGETHER},
    ),
    ConflictClass(
        name="folder renamed",
        base={"old/a": LINES, "old/b": LINES + "b\n"},
        target={"old/a": None, "old/b": None, "new/a": LINES, "new/b": LINES + "b\n"},
        branch={"old/c": "added\n"},
        expected={"new/c": Kind.MOVED_FOLDER},
    ),
    ConflictClass(
        name="too big for a resolver",
        base={"f": LINES},
        target={"f": edited(5, "target") + "x" * 200_000},
        branch={"f": edited(5, "branch")},
        expected={"f": Kind.CONTENT},
    ),
    ConflictClass(
        name="mode on one side, content on the other",
        base={"f": LINES},
        target={"f": Exec(LINES)},
        branch={"f": edited(5, "branch")},
    ),
    ConflictClass(
        name="union",
        base={".gitattributes": "log merge=union\n", "log": "start\n"},
        target={"log": "start\ntarget\n"},
        branch={"log": "start\nbranch\n"},
    ),
    ConflictClass(
        name="declared not to be merged",
        base={".gitattributes": "*.lock -merge\n", "a.lock": LINES},
        target={"a.lock": edited(2, "target")},
        branch={"a.lock": edited(19, "branch")},
        expected={"a.lock": Kind.BINARY},
    ),
    ConflictClass(
        name="identical",
        base={"f": LINES},
        target={"f": edited(5, "same")},
        branch={"f": edited(5, "same")},
    ),
    ConflictClass(
        name="text that looks like markers",
        base={"f": "a\n<<<<<<< HEAD\n=======\n>>>>>>> x\n", "g": "1\n"},
        target={"f": "a\n<<<<<<< HEAD\n=======\n>>>>>>> x\nt\n"},
        branch={"g": "2\n"},
    ),
)


def build(built: RepositoryBuilder, which: ConflictClass) -> tuple[str, str, str]:
    """Commit base, target and branch; return the three commits."""
    base = commit_files(built, which.base, "Base")
    target = commit_files(built, which.target, "Target")
    built.checkout(base)
    branch = commit_files(built, which.branch, "Branch")
    built.checkout("main")
    return base, target, branch


def commit_files(built: RepositoryBuilder, files: Files, message: str) -> str:
    """Commit files, links and executables; return the commit."""
    for name, content in files.items():
        path = built.path / name
        if isinstance(content, Link):
            path.unlink(missing_ok=True)
            path.symlink_to(content)
        else:
            built.write({name: content})
        if isinstance(content, Exec):
            path.chmod(0o755)
    if files:
        built.git("add", "--all", "--force", "--", *files)
    built.git("commit", "--quiet", "--allow-empty", "-m", message)
    return built.tip("HEAD")
