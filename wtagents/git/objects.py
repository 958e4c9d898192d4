"""Objects of the hub, read and written without a git process each.

GitPython keeps one `git cat-file --batch` for all reads and writes loose objects by itself, so a
commit or a tree costs 0.3 ms and not the 4 ms of a process. Only the hub is opened this way: its
configuration is ours.
"""

from __future__ import annotations

import io
import os
import zlib
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from wtagents.core.errors import SystemFault
from wtagents.core.ids import Oid
from wtagents.core.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path
    from typing import NoReturn

    import git as gitpython

Answer = TypeVar("Answer")

EMPTY_TREE = Oid("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
FILE = 0o100644
FOLDER = 0o040000
_OPEN: ContextVar[Mapping[Path, Library]] = ContextVar("open libraries", default={})  # noqa: B039
"""What the block that runs has open; a thread begins with none."""
_READ_ATTEMPTS = 2
_SYNTHETIC = b"wta <wta@localhost> 0 +0000"


@record
class Commit:
    """A commit as git stores it; people and message are bytes, so that a copy is exact."""

    tree: Oid
    parents: tuple[Oid, ...]
    author: bytes
    """`name <email> seconds zone`."""
    committer: bytes
    message: bytes
    encoding: bytes = b""

    @property
    def committed_at(self) -> int:
        """Seconds since the epoch."""
        return int(self.committer.rsplit(b" ", 2)[1])

    @property
    def subject(self) -> str:
        """First line of the message, for people."""
        lines = self.message.decode(errors="replace").strip().splitlines()
        return lines[0] if lines else ""

    @property
    def body(self) -> str:
        """The message below its first line, for people."""
        return self.message.decode(errors="replace").strip().partition("\n")[2].strip()

    def on(self, parent: Oid, tree: Oid, *, not_before: int) -> Commit:
        """Return the same change as a child of `parent`.

        The committer's date never runs behind the parent's, and is otherwise kept: replaying the
        same commits on the same target gives the same commits. A signature would no longer hold.
        """
        person, seconds, zone = self.committer.rsplit(b" ", 2)
        date = str(max(int(seconds), not_before)).encode()
        return replace(
            self, parents=(parent,), tree=tree, committer=b" ".join((person, date, zone))
        )


class Library:
    """The objects of one repository, while `open_library` holds it open."""

    def __init__(self, repo: gitpython.Repo) -> None:
        self._git = repo.git
        self._odb = repo.odb
        self._commits: dict[Oid, Commit] = {}

    def commit(self, oid: Oid) -> Commit:
        """Return a commit. Raises SystemFault when the object is not one."""
        if oid not in self._commits:
            self._commits[oid] = self._read_commit(oid)
        return self._commits[oid]

    def line(self, base: Oid, tip: Oid, *, limit: int = 32) -> tuple[Oid, ...] | None:
        """Return the commits after `base` up to `tip`, where single parents lead back to it.

        None where they do not, or not within `limit` steps.
        """
        found: list[Oid] = []
        at = tip
        while at != base:
            parents = self.commit(at).parents
            if len(parents) != 1 or len(found) == limit:
                return None
            found.append(at)
            at = parents[0]
        return tuple(reversed(found))

    def _read_commit(self, oid: Oid) -> Commit:
        header, _, message = self._read(oid, b"commit").partition(b"\n\n")
        values: dict[bytes, list[bytes]] = {}
        for line in header.split(b"\n"):
            key, _, value = line.partition(b" ")
            values.setdefault(key, []).append(value)
        return Commit(
            tree=Oid(values[b"tree"][0].decode()),
            parents=tuple(Oid(value.decode()) for value in values.get(b"parent", ())),
            author=values[b"author"][0],
            committer=values[b"committer"][0],
            encoding=values.get(b"encoding", [b""])[0],
            message=message,
        )

    def blob(self, oid: Oid) -> bytes:
        """Return the content of a file. Raises SystemFault when the object is not one."""
        return self._read(oid, b"blob")

    def size(self, oid: Oid) -> int:
        """Return how many bytes an object has, without reading it."""
        return self._ask(oid, lambda name: int(self._odb.info(name).size))

    def write_commit(self, commit: Commit) -> Oid:
        """Store a commit and return its name."""
        lines = [b"tree " + commit.tree.encode()]
        lines += [b"parent " + parent.encode() for parent in commit.parents]
        lines += [b"author " + commit.author, b"committer " + commit.committer]
        if commit.encoding:
            lines.append(b"encoding " + commit.encoding)
        return self._write(b"commit", b"\n".join(lines) + b"\n\n" + commit.message)

    def write_synthetic(self, tree: Oid, *parents: Oid) -> Oid:
        """Store a commit that only carries a tree into `merge-tree`."""
        return self.write_commit(
            Commit(
                tree=tree,
                parents=parents,
                author=_SYNTHETIC,
                committer=_SYNTHETIC,
                message=b"synthetic\n",
            )
        )

    def tree(self, oid: Oid) -> Oid:
        """Return the tree of a commit, or the tree that it is. Raises SystemFault for others."""
        kind, data = self._read_any(oid)
        if kind == b"commit":
            return Oid(data[5:45].decode())
        return oid if kind == b"tree" else self._refuse(oid, kind, b"tree")

    def entries(self, tree: Oid) -> dict[bytes, tuple[int, Oid]]:
        """Return mode and object of every name in one folder."""
        return self._entries(tree)

    def entry(self, tree: Oid, path: str) -> tuple[int, Oid] | None:
        """Return mode and object of a path in a tree, or None."""
        found = FOLDER, tree
        for part in os.fsencode(path).split(b"/"):
            if found[0] != FOLDER or (below := self._entries(found[1]).get(part)) is None:
                return None
            found = below
        return found

    def write_tree_with(self, tree: Oid, files: Mapping[str, bytes | None]) -> Oid:
        """Store a tree where these files have this content; None deletes one.

        A file keeps its mode. Raises ValueError for a path that no tree may hold.
        """
        for path, content in sorted(files.items()):
            parts, entry = _parts(path), None
            if content is not None:
                known = self.entry(tree, path)
                mode = known[0] if known and known[0] & 0o100000 else FILE
                entry = mode, self._write(b"blob", content)
            tree = self._with_entry(tree, parts, entry) or EMPTY_TREE
        return tree

    def write_tree_entries(self, tree: Oid, entries: Mapping[str, tuple[int, Oid] | None]) -> Oid:
        """Store a tree where these paths are these objects; None deletes one.

        A file may take the place of a folder and the other way round. Raises ValueError for a path
        that no tree may hold.
        """
        for path, entry in sorted(entries.items(), key=lambda item: item[1] is not None):
            tree = self._with_entry(tree, _parts(path), entry) or EMPTY_TREE
        return tree

    def write_tree_of_blobs(self, blobs: Collection[Oid]) -> Oid:
        """Store a tree that names these blobs, which need not be here, by themselves."""
        return self._write_tree({oid.encode(): (FILE, oid) for oid in blobs})

    def _with_entry(
        self, tree: Oid | None, parts: list[bytes], entry: tuple[int, Oid] | None
    ) -> Oid | None:
        """Return the tree with the path, or None when nothing is left in it."""
        entries = self._entries(tree) if tree else {}
        name, rest = parts[0], parts[1:]
        mode, old = entries.get(name, (0, None))
        if entry is None and (mode == FOLDER) != bool(rest):
            # Not there: a file stands where its folder would be, or a folder where it would be.
            return tree
        if rest:
            below = self._with_entry(old if mode == FOLDER else None, rest, entry)
            entry = (FOLDER, below) if below else None
        if entry:
            entries[name] = entry
        else:
            entries.pop(name, None)
        return self._write_tree(entries) if entries else None

    def _entries(self, tree: Oid) -> dict[bytes, tuple[int, Oid]]:
        data, entries, at = self._read(tree, b"tree"), {}, 0
        while at < len(data):
            space, end = data.index(b" ", at), data.index(b"\0", at)
            name = Oid(data[end + 1 : end + 21].hex())
            entries[data[space + 1 : end]] = int(data[at:space], 8), name
            at = end + 21
        return entries

    def _write_tree(self, entries: Mapping[bytes, tuple[int, Oid]]) -> Oid:
        # git sorts a folder as if its name ended with a slash
        ordered = sorted(
            entries.items(), key=lambda item: item[0] + (b"/" if item[1][0] == FOLDER else b"")
        )
        return self._write(
            b"tree",
            b"".join(
                b"%o %s\0%s" % (mode, name, bytes.fromhex(oid)) for name, (mode, oid) in ordered
            ),
        )

    def _read(self, oid: Oid, kind: bytes) -> bytes:
        found, data = self._read_any(oid)
        return data if found == kind else self._refuse(oid, found, kind)

    @staticmethod
    def _refuse(oid: Oid, found: bytes, wanted: bytes) -> NoReturn:
        raise SystemFault(
            f"{oid} is a {found.decode()}, not a {wanted.decode()}", hint="wta doctor"
        )

    def _read_any(self, oid: Oid) -> tuple[bytes, bytes]:
        return self._ask(oid, self._stream)

    def _stream(self, name: bytes) -> tuple[bytes, bytes]:
        stream = self._odb.stream(name)
        data = bytes(stream.read())
        if len(data) != stream.size:
            raise ValueError(f"{len(data)} of its {stream.size} bytes came")
        return bytes(stream.type), data

    def _ask(self, oid: Oid, question: Callable[[bytes], Answer]) -> Answer:
        """Ask for an object; when git is killed in the middle of it, a new one is asked again."""
        from gitdb.exc import BadObject

        cause = ""
        for _ in range(_READ_ATTEMPTS):
            try:
                return question(bytes.fromhex(oid))
            except (BadObject, ValueError, OSError) as error:
                cause = str(error)
                self._begin_anew()
        raise SystemFault(f"the hub has no object {oid}", cause=cause, hint="wta doctor")

    def _begin_anew(self) -> None:
        """Let the next question go to a new process."""
        with suppress(OSError):
            self._git.clear_cache()
        self._git.cat_file_all = self._git.cat_file_header = None

    def _write(self, kind: bytes, data: bytes) -> Oid:
        from hashlib import sha1

        from gitdb import IStream

        body = kind + b" %d\0" % len(data) + data
        name = sha1(body, usedforsecurity=False).digest()
        packed = zlib.compress(body, 1)
        # With its name an object is written as it is; without, GitPython may ask git to make it.
        self._odb.store(IStream(kind, len(packed), io.BytesIO(packed), sha=name))
        return Oid(name.hex())


def _parts(path: str) -> list[bytes]:
    parts = os.fsencode(path).split(b"/")
    if any(part in (b"", b".", b"..") or part.lower() == b".git" for part in parts):
        raise ValueError(f"{path!r} cannot be in a tree")
    return parts


@contextmanager
def open_library(path: Path) -> Iterator[Library]:
    """Open the objects of a bare repository of ours for the length of a block.

    Inside a block that has them open already, it is the same library: no second process.

    Raises SystemFault where it is none any more.
    """
    outer = _OPEN.get()
    if path in outer:
        yield outer[path]
        return
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import git as gitpython

    try:
        repo = gitpython.Repo(path, expand_vars=False)
    except (gitpython.InvalidGitRepositoryError, gitpython.NoSuchPathError) as error:
        raise SystemFault(f"{path} is damaged", hint="wta doctor looks for the reason") from error
    # GitPython passes the whole environment on; these stand above what may be set there.
    repo.git.update_environment(
        GIT_DIR=str(path),
        GIT_COMMON_DIR=str(path),
        GIT_OBJECT_DIRECTORY=str(path / "objects"),
        GIT_ALTERNATE_OBJECT_DIRECTORIES="",
        GIT_CONFIG_PARAMETERS="",
        GIT_CONFIG_COUNT="0",
        GIT_NO_REPLACE_OBJECTS="1",
    )
    library = Library(repo)
    token = _OPEN.set({**outer, path: library})
    try:
        yield library
    finally:
        _OPEN.reset(token)
        repo.close()
