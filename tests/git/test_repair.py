"""A landing was killed after its ref had moved, and a person edits the files that it changes."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any, ClassVar

from tests.git.test_advance import MAIN, mark_of
from tests.support.forking import end_apart, fork_race
from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.git.advancing.advance import Advanced, advance
from wtagents.git.advancing.lock import CheckoutDirty, Mark
from wtagents.git.advancing.settle import Settled, edits_beside, finish_advance
from wtagents.git.repo import GitResult, Repository

TEXT = "".join(f"line {number}\n" for number in range(12))
ATTRIBUTES = "*.dos text eol=crlf\n*.own -merge\n"


def landed(text: str = TEXT) -> str:
    """Return a text with what the landing changes in it."""
    return text.replace("line 10\n", "landed\n")


def edited(text: str = TEXT) -> str:
    """Return a text with what the person changes in it."""
    return text.replace("line 1\n", "mine\n")


def dos(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


class CutOff:
    """Main is at `new`, the index says so, and the files are those of `old`; our lock is left."""

    def __init__(
        self,
        built: RepositoryBuilder,
        old: dict[str, str | bytes | None],
        new: dict[str, str | bytes | None],
    ) -> None:
        self.built = built
        self.old = Oid(built.commit({".gitattributes": ATTRIBUTES, **old}, "Old"))
        for name, content in new.items():
            if content is None:
                built.git("rm", "-q", name)
        self.new = Oid(built.commit({k: v for k, v in new.items() if v is not None}, "New"))
        built.git("reset", "--quiet", "--hard", self.old)
        self._cut_off()

    def _cut_off(self) -> None:
        folder = self.built.path / ".git"
        (folder / "wta-kept").write_bytes((folder / "index").read_bytes())
        self.built.git("read-tree", "-m", self.old, self.new)
        self.built.git("update-ref", "refs/heads/main", self.new, self.old)
        mark_of(self.built, self.old, self.new)

    def stage(self, name: str, text: str) -> None:
        """Let the person stage a file, with an editor that knows no locks."""
        index = self.built.path / ".git" / "index"
        copy = index.with_name("copy")
        copy.write_bytes(index.read_bytes())
        self.built.write({name: text})
        self.built.git("add", name, environment={"GIT_INDEX_FILE": str(copy)})
        copy.replace(index)

    def finish(self, repo: Repository) -> Settled:
        [settled] = finish_advance(repo)
        left = [path.name for path in (self.built.path / ".git").glob("wta-*")]
        left += [path.name for path in (self.built.path / ".git").glob("*.lock")]
        assert left == []
        return settled

    def bytes_of(self, *names: str) -> list[bytes]:
        return [(self.built.path / name).read_bytes() for name in names]


def test_an_edit_that_does_not_meet_the_landing_is_joined_with_it(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    names = ("a.txt", "run.sh", "tool", "line.dos", "written", "same")
    cut = CutOff(repository, dict.fromkeys(names, TEXT), dict.fromkeys(names, landed()))
    path = repository.path
    cut.stage("run.sh", edited())
    repository.write(
        {
            "a.txt": edited(),
            "line.dos": dos(edited()),
            "written": edited(landed()),
            "same": landed(),
        }
    )
    (path / "tool").chmod(0o755)
    (path / "a.txt").chmod(0o640)

    settled = cut.finish(repo)

    assert settled == Settled(
        checkout=path, joined=("a.txt", "line.dos", "tool", "written"), spared=("run.sh",)
    ), "what the person staged is not touched"
    both = landed(edited())
    assert cut.bytes_of(*names) == [
        both.encode(),
        edited().encode(),
        landed().encode(),
        dos(both),
        both.encode(),
        landed().encode(),
    ]
    modes = [(path / name).stat().st_mode & 0o777 for name in ("a.txt", "tool")]
    assert modes == [0o640, 0o755]
    assert repository.status() == [
        " M a.txt",
        " M line.dos",
        "M  run.sh",
        " M tool",
        " M written",
    ]


def test_an_edit_that_meets_the_landing_is_spared_and_hinders_no_other(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    repository.commit({".gitignore": "*.log\n"})
    meets = ("meets.txt", "binary", "note.own", "mixed.dos", "to a link", "from a link", "deleted")
    old: dict[str, str | bytes | None] = {**dict.fromkeys(meets, TEXT), "dir/deep": "old\n"}
    old |= {"torn": TEXT, "gone": "old\n", "file": "old\n", "binary": b"\0" + TEXT.encode()}
    new: dict[str, str | bytes | None] = {**dict.fromkeys(meets, landed()), "dir/deep": None}
    new |= {"dir": "a file\n", "torn": landed(), "gone": None, "file": None, "file/in": "new\n"}
    new |= {"deleted": None, "added": "new\n", "my.log": "new\n", "above/below": "new\n"}
    cut = CutOff(repository, old, new | {"binary": b"\0" + landed().encode()})
    mine: dict[str, str | bytes | None] = {
        "meets.txt": TEXT.replace("line 10\n", "mine\n"),
        "binary": b"\0" + edited().encode(),
        "note.own": edited(),
        "mixed.dos": edited().encode() + b"mixed\r\n",
        "deleted": edited(),
        "added": "mine\n",
        "my.log": "mine\n",
        "above": "mine\n",
        "dir/mine": "mine\n",
    }
    repository.write({**mine, "torn": landed()[:90], "to a link": None})
    (repository.path / "to a link").symlink_to("meets.txt")

    settled = cut.finish(repo)

    spared = {*mine, "to a link", "above/below", "dir"} - {"above", "dir/mine"}
    assert settled == Settled(checkout=repository.path, joined=(), spared=tuple(sorted(spared)))
    assert {name: cut.bytes_of(name)[0] for name in mine} == {
        name: text.encode() if isinstance(text, str) else text for name, text in mine.items()
    }
    assert (repository.path / "to a link").is_symlink()
    assert cut.bytes_of("torn", "file/in", "from a link") == [
        landed().encode(),
        b"new\n",
        landed().encode(),
    ]
    assert repository.git("diff", "--cached", "--name-only", "HEAD") == ""
    third = Oid(repository.git("commit-tree", "-p", cut.new, "-m", "3", f"{cut.new}^{{tree}}"))
    assert isinstance(advance(repo, MAIN, cut.new, third), Advanced)


def test_a_link_that_leads_out_of_the_checkout_is_not_written_through(
    repository: RepositoryBuilder, repo: Repository, tmp_path: Path
) -> None:
    cut = CutOff(repository, {"dir/a": TEXT, "dir/b": TEXT}, {"dir/a": landed(), "dir/b": None})
    outside = tmp_path / "outside"
    (repository.path / "dir").rename(outside)
    (outside / "a").write_text(edited())
    (repository.path / "dir").symlink_to(outside)
    assert cut.finish(repo).spared == ("dir/a",)
    assert [(outside / name).read_text() for name in ("a", "b")] == [edited(), TEXT]


def test_a_submodule_that_becomes_a_file_is_spared_with_its_history(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    """Git itself would delete the folder, with the repository in it."""
    inner = RepositoryBuilder.create(repository.path / "module")
    inner.commit({"a.txt": "inner\n"})
    repository.git("add", "module")
    repository.commit({"b.txt": TEXT})
    old = Oid(repository.tip("main"))
    blob = repository.git("hash-object", "-w", "--stdin", stdin=landed().encode())
    listing = f"100644 blob {blob}\tb.txt\n100644 blob {blob}\tmodule\n"
    tree = repository.git("mktree", stdin=listing.encode())
    new = Oid(repository.git("commit-tree", "-p", old, "-m", "New", tree))
    inner.write({"a.txt": "mine\n"})
    outcome = advance(repo, MAIN, old, new)
    assert isinstance(outcome, CheckoutDirty)
    assert "module/a.txt" in outcome.paths
    repository.git("update-ref", "refs/heads/main", new)
    mark_of(repository, old, new)
    settled = Settled(checkout=repository.path, spared=("module",))
    assert finish_advance(repo) == [settled]
    assert inner.status() == [" M a.txt"]
    assert (repository.path / "b.txt").read_text() == landed()


class WrittenMeanwhile(Repository):
    """A repository in whose checkout a person saves a file right after a git command."""

    __slots__ = ()

    def git(self, *args: str, **how: Any) -> GitResult:
        done = super().git(*args, **how)
        file = self.common_dir.parent / "a.txt"
        if args[0] == "merge-file" and "later" not in file.read_text():
            file.write_text(f"{file.read_text()}later\n")
        if args[0] == "write-tree" and (self.common_dir.parent / "b.txt").read_text() == TEXT:
            (self.common_dir.parent / "b.txt").write_text(edited())
        return done


def test_what_is_saved_while_the_files_are_looked_at_is_kept_and_joined(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    names = ("a.txt", "b.txt")
    cut = CutOff(repository, dict.fromkeys(names, TEXT), dict.fromkeys(names, landed()))
    repository.write({"a.txt": edited()})
    busy = WrittenMeanwhile(common_dir=repo.common_dir, git_dir=repo.git_dir)
    assert cut.finish(busy) == Settled(checkout=repository.path, joined=names)
    both = landed(edited())
    assert cut.bytes_of(*names) == [f"{both}later\n".encode(), both.encode()]


class Dying(Repository):
    """A repository in the hands of a process that is killed when some git commands have ended."""

    __slots__ = ()
    left: ClassVar[int] = 0

    def git(self, *args: str, **how: Any) -> GitResult:
        done = super().git(*args, **how)
        Dying.left -= 1
        if Dying.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done


def finish_dying(path: str) -> list[int]:
    """Finish an advance in one process after the other, which die later and later."""
    ends = [-1]
    while ends[-1]:
        Dying.left = 3 * len(ends)
        ends.append(end_apart(lambda: finish_advance(Dying.bare(Path(path)))))
    return ends


def test_a_repair_that_is_killed_again_and_again_comes_to_the_same_end(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    names = ("a.txt", "b.txt", "c.txt")
    cut = CutOff(repository, dict.fromkeys(names, TEXT), dict.fromkeys(names, landed()))
    met = TEXT.replace("line 10\n", "mine\n")
    repository.write({"a.txt": edited(), "b.txt": met})
    [ends] = fork_race(finish_dying, [str(repo.common_dir)])
    assert ends.count(-signal.SIGKILL) > 7
    assert cut.bytes_of(*names) == [landed(edited()).encode(), met.encode(), landed().encode()]
    assert repository.status() == [" M a.txt", " M b.txt"]
    assert not list((repository.path / ".git").glob("*.lock"))


def test_a_file_that_is_only_younger_is_not_called_edited(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    old = Oid(repository.commit({"a.txt": "one\n"}))
    mark = Mark(target=MAIN, old=old, new=Oid(repository.commit({"a.txt": "two\n"})))
    os.utime(repository.path / "a.txt", (0, 0))
    assert edits_beside(repo, mark) == []
    repository.write({"a.txt": "mine\n"})
    assert edits_beside(repo, mark) == [Settled(checkout=repository.path, spared=("a.txt",))]
