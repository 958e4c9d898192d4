"""Who clashes with whom and where, and how much of it is asked again after one edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.core.watching.radar import Place, Span
from wtagents.git.merging.clashes import Matrix, Memory, observe_clashes
from wtagents.git.merging.lookout import Lookout, open_lookout
from wtagents.git.repo import Repository

NUMBERS = "".join(f"{number}\n" for number in range(1, 31))
SAME = "both changed the same lines"


def changed(*lines: int, to: str) -> str:
    return "".join(f"{to}\n" if n in lines else f"{n}\n" for n in range(1, 31))


class Ground:
    """Commits of one repository and the lookout that merges them."""

    def __init__(self, repository: RepositoryBuilder, lookout: Lookout) -> None:
        self.repository = repository
        self.lookout = lookout
        self.base = repository.commit(
            {"numbers": NUMBERS, "other": NUMBERS, "old/a": NUMBERS, "old/b": NUMBERS}, "Base"
        )
        self.tips: dict[int, Oid] = {}
        self.memory = Memory()
        self.kept: dict[str, object] = {}

    def add(self, key: int, files: dict[str, str | bytes | None], *, at: str = "") -> None:
        self.repository.checkout(self.repository.tip(at or self.base))
        self.tips[key] = Oid(self.repository.commit(files, str(key)))
        self.repository.checkout("main")

    def move(self, files: dict[str, str | bytes | None]) -> None:
        self.repository.commit(files, "Move main")

    def look(self) -> Matrix:
        target = Oid(self.repository.tip("main"))
        matrix = observe_clashes(self.lookout.hub, self.tips, target, self.memory)
        self.kept = self.memory.plain
        self.memory = Memory(self.kept)
        return matrix

    def objects(self) -> int:
        counted = RepositoryBuilder(self.lookout.hub.path).git("count-objects")
        return int(counted.split()[0])


@pytest.fixture
def ground(repository: RepositoryBuilder, repo: Repository, tmp_path: Path) -> Ground:
    return Ground(repository, open_lookout(tmp_path / "radar", repo))


def test_pairs_with_their_lines(ground: Ground) -> None:
    ground.add(1, {"numbers": changed(3, 4, 20, to="one")})
    ground.add(2, {"numbers": "zero\n" + changed(4, to="two")})
    ground.add(3, {"numbers": changed(12, to="three"), "mine": "3\n"})
    ground.add(4, {"mine": "4\n"})
    matrix = ground.look()
    lines = Place(
        path="numbers",
        kind=SAME,
        lines=(Span(first=3, last=4),),
        other_lines=(Span(first=4, last=5),),
    )
    added = Place(
        path="mine",
        kind="both added it",
        lines=(Span(first=1, last=1),),
        other_lines=(Span(first=1, last=1),),
    )
    assert matrix.pairs == {(1, 2): (lines,), (3, 4): (added,)}
    assert {key: side.places for key, side in matrix.sides.items()} == dict.fromkeys(
        ground.tips, ()
    )
    assert matrix.sides[3].changes.paths == {"numbers", "mine"}


def test_only_those_that_the_target_concerns_clash_with_it(ground: Ground) -> None:
    ground.add(1, {"numbers": changed(3, to="one")})
    ground.add(2, {"other": changed(3, to="two")})
    assert ground.look().pairs == {}
    ground.move({"numbers": changed(3, 4, to="main")})
    ground.add(3, {"other": changed(3, to="three")}, at="main")
    matrix = ground.look()
    assert {key: [p.path for p in side.places] for key, side in matrix.sides.items()} == {
        1: ["numbers"],
        2: [],
        3: [],
    }
    assert [(pair, [p.path for p in places]) for pair, places in matrix.pairs.items()] == [
        ((2, 3), ["other"])
    ]


def test_one_that_clashes_with_the_target_is_not_blamed_on_those_who_have_it(
    ground: Ground,
) -> None:
    ground.add(1, {"numbers": changed(3, to="one"), "other": changed(1, to="one")})
    ground.move({"numbers": changed(3, to="main")})
    ground.add(2, {"other": changed(1, to="two")}, at="main")
    matrix = ground.look()
    assert [p.path for p in matrix.sides[1].places] == ["numbers"]
    assert [(pair, [p.path for p in places]) for pair, places in matrix.pairs.items()] == [
        ((1, 2), ["other"])
    ]


def test_classes_without_lines(ground: Ground) -> None:
    ground.add(1, {"numbers": None, "other": b"\0one", "place": "file\n"})
    ground.add(2, {"numbers": changed(1, to="x"), "other": b"\0two", "place/x": "folder\n"})
    [(_, places)] = ground.look().pairs.items()
    assert [(each.path, each.kind) for each in places] == [
        ("numbers", "deleted on the target, changed on the branch"),
        ("other", "both changed a binary file"),
        ("place", "a file on one side, a folder on the other"),
    ]
    assert {(each.lines, each.other_lines) for each in places} == {((), ())}


def test_nothing_is_merged_twice(ground: Ground) -> None:
    ground.add(1, {"numbers": changed(3, to="one")})
    ground.add(2, {"numbers": changed(3, to="two")})
    ground.add(3, {"other": changed(3, to="three")})
    first = ground.look()
    before = ground.objects()
    again = ground.look()
    assert (again, ground.objects()) == (first, before)
    kept = set(ground.kept)
    ground.add(3, {"other": changed(3, to="again")})
    ground.look()
    now = set(ground.kept)
    assert [name.split(" ")[0] for name in sorted(kept - now)] == ["side"]
    assert [name.split(" ")[0] for name in sorted(now - kept)] == ["side"]


def misfits(ground: Ground) -> dict[tuple[int, int], list[tuple[str, bool]]]:
    found = ground.look().misfits
    return {pair: [(each.text, each.by_other) for each in all_] for pair, all_ in found.items()}


def test_one_changes_a_function_that_the_other_begins_to_call(ground: Ground) -> None:
    lib = "def load(path): ...\ndef save(path): ...\ndef keep(): ...\n"
    main = "from pkg.lib import load\nload(1)\n"
    ground.move({"src/pkg/lib.py": lib, "src/main.py": main})
    ground.add(1, {"src/pkg/lib.py": "def load(path, mode): ...\ndef keep(): ...\n"}, at="main")
    ground.add(2, {"src/new.py": "import pkg.lib\npkg.lib.save(1)\npkg.lib.save(2)\n"}, at="main")
    ground.add(3, {"src/main.py": f"{main}load(2)\n"}, at="main")
    ground.add(4, {"src/main.py": f"# 4\n{main}", "src/x.py": "def load(): ...\n"}, at="main")
    ground.add(5, {"src/other.py": "from pkg.lib import load, keep\nkeep()\n"}, at="main")
    removed = "save(path) of src/pkg/lib.py is removed, and src/new.py:2 uses it"
    becomes = "load(path) of src/pkg/lib.py becomes load(path, mode), and src/main.py:3 uses it"
    assert misfits(ground) == {(1, 2): [(removed, False)], (1, 3): [(becomes, False)]}
    assert misfits(ground) == {(1, 2): [(removed, False)], (1, 3): [(becomes, False)]}
    ground.add(2, {"src/new.py": "x = 1\n"}, at="main")
    ground.add(3, {"src/main.py": "from pkg.lib import save\n"}, at="main")
    ground.add(6, {"src/pkg/lib.py": lib.replace("keep", "kept")}, at="main")
    found = misfits(ground)
    assert [text for text, _ in found[1, 3]] == [
        "save(path) of src/pkg/lib.py is removed, and src/main.py:1 uses it"
    ]
    assert found[5, 6] == [
        ("keep() of src/pkg/lib.py is removed, and src/other.py:1 uses it", True)
    ]


def test_the_target_has_changed_what_one_begins_to_call(ground: Ground) -> None:
    ground.move({"lib.py": "def f(a): ...\n", "use.py": "from lib import f\n"})
    ground.add(1, {"use.py": "from lib import f\nf(1)\n"}, at="main")
    ground.add(2, {"other.py": "x = 1\n"}, at="main")
    assert ground.look().sides[1].misfits == ()
    ground.move({"lib.py": "def f(a, b): ...\n"})
    ground.add(3, {"use3.py": "from lib import f\nf(1, 2)\n"}, at="main")
    for _ in range(2):
        matrix = ground.look()
        texts = {key: [each.text for each in side.misfits] for key, side in matrix.sides.items()}
        assert texts == {1: ["f(a) of lib.py becomes f(a, b), and use.py:2 uses it"], 2: [], 3: []}
        assert (matrix.pairs, matrix.misfits) == ({}, {})


def test_python_that_is_no_text_or_does_not_parse(ground: Ground) -> None:
    ground.move({"lib.py": "def f(): ...\n"})
    ground.add(1, {"lib.py": b"\xff\xfe", "big.py": "x = 1\n" * 50_000, "no.py": "def (\n"})
    ground.add(2, {"use.py": "from lib import f\nf()\n", "link.py": "f()\n"})
    assert misfits(ground) == {}


def test_the_attributes_of_the_target_are_those_of_its_commit(ground: Ground) -> None:
    ground.move({"deep/.gitattributes": "list merge=union\n", "deep/list": "0\n"})
    ground.base = ground.repository.tip("main")
    for key in (1, 2, 3):
        ground.add(key, {"deep/list": f"0\n{key}\n"})
    third = ground.tips.pop(3)
    assert ground.look().pairs == {}
    assert ground.look().pairs == {}
    ground.tips[3] = third
    assert ground.look().pairs == {}
    ground.move({"deep/.gitattributes": None})
    assert set(ground.look().pairs) == {(1, 2), (1, 3), (2, 3)}
