"""One look of the radar over real worktrees: who clashes, since when, who came second."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.clock import ManualClock
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from tests.support.wta import start_wta, wta
from wtagents.core.errors import NotFoundError
from wtagents.core.task import Reason, TaskState
from wtagents.core.watching.radar import TARGET
from wtagents.operations.radar.look import Look, look, look_unless_busy
from wtagents.operations.radar.report import RadarRequest, radar
from wtagents.operations.telling.status import StatusRequest, status
from wtagents.store.radar import seen_clashes, touches
from wtagents.system.lock import hold_lock

LINES = "".join(f"{number}\n" for number in range(20))


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Fleet:
    """Return a fleet whose time stands still."""
    repository.commit({"app": LINES, "lib": LINES}, "Base")
    return Fleet(repository, clock=clock)


def pairs(seen: Look) -> list[tuple[int, int, int, list[str]]]:
    return [
        (*each.clash.pair, each.later_id, [place.path for place in each.clash.places])
        for each in seen.clashes
    ]


def test_uncommitted_work_clashes_and_who_came_second(fleet: Fleet, clock: ManualClock) -> None:
    one, two = fleet.task("one"), fleet.task("two")
    two.write({"app": f"two\n{LINES}"})
    assert pairs(look(fleet.context, in_full=True)) == []
    clock.advance(5)
    one.write({"app": f"one\n{LINES}", "lib": f"one\n{LINES}"})
    seen = look(fleet.context, in_full=True)
    assert pairs(seen) == [(1, 2, 1, ["app"])]
    since = seen.clashes[0].since
    clock.advance(5)
    two.commit({"lib": f"two\n{LINES}"})
    seen = look(fleet.context, in_full=True)
    assert pairs(seen) == [(1, 2, 1, ["app", "lib"])]
    assert seen.clashes[0].since == since
    two.write({"app": LINES, "lib": LINES})
    assert pairs(look(fleet.context, in_full=True)) == []
    assert [(t.task_id, t.path) for t in touches(fleet.context.database)] == [
        (1, "app"),
        (1, "lib"),
    ]
    fleet.context.close()


def test_the_target_moves(fleet: Fleet) -> None:
    fleet.task("one", {"app": f"one\n{LINES}"})
    fleet.task("two", {"lib": f"two\n{LINES}"})
    assert pairs(look(fleet.context, in_full=False)) == []
    fleet.main.commit({"app": f"main\n{LINES}"}, "Move")
    assert pairs(look(fleet.context, in_full=False)) == [(1, TARGET, 1, ["app"])]
    fleet.context.close()


def test_only_what_moved_is_looked_at(fleet: Fleet, clock: ManualClock) -> None:
    one, _ = fleet.task("one", {"app": "1\n"}), fleet.task("two", {"lib": "2\n"})
    assert look(fleet.context, in_full=False).looked_at == 2
    assert look(fleet.context, in_full=False).looked_at == 0
    one.write({"app": "3\n"})
    one.git("add", "app")
    assert look(fleet.context, in_full=False).looked_at == 1
    assert look(fleet.context, in_full=True).looked_at == 2
    clock.advance(301)
    assert look(fleet.context, in_full=False).looked_at == 2
    fleet.context.close()


def test_tasks_without_work_and_worktrees_that_vanish(fleet: Fleet) -> None:
    one, two = fleet.task("one", {"app": "1\n"}), fleet.task("two", {"app": "2\n"})
    fleet.task("three")
    fleet.cancel("three")
    assert pairs(look(fleet.context, in_full=True)) == [(1, 2, 2, ["app"])]
    shutil.rmtree(two.path)
    seen = look(fleet.context, in_full=False)
    assert ([task.name for task in seen.tasks], seen.clashes, seen.unseen) == (["one"], (), ())
    one.git("checkout", "--quiet", "--orphan", "nothing")
    assert look(fleet.context, in_full=True).tasks == ()
    fleet.context.close()


def test_one_that_cannot_be_read_does_not_stop_the_rest(fleet: Fleet) -> None:
    fleet.task("one", {"app": "1\n"})
    broken = fleet.task("broken", {"app": "2\n"})
    fleet.task("two", {"app": "3\n"})
    index = Path(broken.git("rev-parse", "--absolute-git-dir")) / "index"
    index.write_bytes(b"DIRC" + b"\0" * 40)
    report = radar(fleet.context, RadarRequest()).data
    assert [(each.task, each.other) for each in report.clashes] == [("one", "two")]
    assert [(each.task, each.why) for each in report.blind] == [
        ("broken", "git ls-files failed: fatal: index file corrupt")
    ]
    fleet.context.close()


def test_a_damaged_lookout_is_made_anew(fleet: Fleet) -> None:
    fleet.task("one", {"app": "1\n"})
    fleet.task("two", {"app": "2\n"})
    seen = look(fleet.context, in_full=True)
    root = fleet.context.paths.radar
    for path in (root / "store" / "objects").glob("??/*"):
        path.unlink()
    (root / "memory.json").write_text('{"sightings": {"1": ["x"]}, "merges": []}')
    again = look(fleet.context, in_full=False)
    assert pairs(again) == pairs(seen)
    for room in (root / "rooms").iterdir():
        (room / "tree").write_text("")
        (room / "tip").write_text("")
    memory = json.loads((root / "memory.json").read_text())
    memory["merges"] = dict.fromkeys(memory["merges"], "of another form")
    (root / "memory.json").write_text(json.dumps(memory))
    assert pairs(look(fleet.context, in_full=True)) == pairs(seen)
    for damage in (lambda: (root / "store" / "HEAD").write_text(""), (root / "store/refs").rmdir):
        damage()
        (root / "memory.json").unlink()
        assert pairs(look(fleet.context, in_full=False)) == pairs(seen)
    fleet.context.close()


def test_a_lookout_that_has_read_much_begins_anew(fleet: Fleet) -> None:
    fleet.task("one", {"app": "1\n"})
    fleet.task("two", {"app": "2\n"})
    root = fleet.context.paths.radar
    look(fleet.context, in_full=True)
    fleet.cancel("two")
    memory = json.loads((root / "memory.json").read_text())
    (root / "memory.json").write_text(json.dumps(memory | {"read": 10**10}))
    look(fleet.context, in_full=False)
    assert not root.exists()
    fleet.task("three", {"app": "3\n"})
    assert pairs(look(fleet.context, in_full=False)) == [(1, 3, 3, ["app"])]
    assert sorted(room.name for room in (root / "rooms").iterdir()) == ["1", "3"]
    fleet.context.close()


def test_one_look_at_a_time(fleet: Fleet) -> None:
    fleet.task("one", {"app": "1\n"})
    with hold_lock(fleet.context.paths.radar_lock, seconds=1, what="a test"):
        assert look_unless_busy(fleet.context) is None
    assert look_unless_busy(fleet.context) is not None
    fleet.context.close()


def test_nothing_is_written_where_nothing_is_new(fleet: Fleet) -> None:
    fleet.task("one", {"app": "1\n"})
    fleet.task("two", {"app": "2\n"})
    look(fleet.context, in_full=True)
    watcher = fleet.new_context()
    assert watcher.reader is not None
    version = watcher.reader.data_version()
    look(fleet.context, in_full=True)
    assert watcher.reader.data_version() == version
    watcher.close()
    fleet.context.close()


def test_status_says_what_the_radar_saw_last(fleet: Fleet) -> None:
    fleet.task("one", {"app": "1\n"})
    fleet.task("two", {"app": "2\n"})
    fleet.task("three", {"lib": "3\n"})

    def clashes() -> dict[str, list[str]]:
        items = status(fleet.context, StatusRequest()).data
        return {i.task.name: [each.beside(i.task.name) for each in i.clashes] for i in items}

    assert clashes() == {"one": [], "two": [], "three": []}
    look(fleet.context, in_full=True)
    fleet.context.close()
    assert clashes() == {"one": ["two"], "two": ["one"], "three": []}
    fleet.rest("two", TaskState.FAILED, Reason.NO_COMMITS)
    fleet.cancel("two")
    fleet.context.close()
    assert clashes() == {"one": [], "two": [], "three": []}
    fleet.context.close()
    assert [each.clash.pair for each in seen_clashes(fleet.context.database)] == [(1, 2)]
    fleet.context.close()


def look_and_die(fleet: Fleet, place: Path) -> None:
    looking = start_wta(fleet.main.path, "radar")
    wait_until(lambda: place.exists() or looking.poll() is not None, what=str(place))
    looking.kill()
    looking.wait()


@pytest.mark.parametrize("reached", ["store", "store/HEAD", "rooms/1/index", "rooms/2/tree"])
def test_killed_anywhere_the_next_look_is_right(fleet: Fleet, reached: str) -> None:
    fleet.task("one", {"app": "1\n"}).write({"new": "1\n"})
    fleet.task("two", {"app": "2\n"}).write({"new": "2\n"})
    fleet.context.close()
    place = fleet.context.paths.radar / reached
    look_and_die(fleet, place)
    look_and_die(fleet, place)
    assert pairs(look(fleet.context, in_full=False)) == [(1, 2, 2, ["app", "new"])]
    fleet.context.close()


def test_hostile_names_of_files(fleet: Fleet) -> None:
    names = ["-n", "a b", "new\nline", "\x1b[31mred", "ö", "\udcff", ":(glob)*", "--", "'\""]
    one, two = fleet.task("one"), fleet.task("two")
    for worktree in (one, two):
        for name in names:
            (worktree.path / name).write_text(f"{worktree.path.name}\n")
    expected = [(1, 2, 2, sorted(names))]
    assert [(*p[:3], sorted(p[3])) for p in pairs(look(fleet.context, in_full=True))] == expected
    again = look(fleet.context, in_full=False)
    assert [(*p[:3], sorted(p[3])) for p in pairs(again)] == expected
    fleet.context.close()
    said = wta(fleet.main.path, "radar")
    assert "\x1b" not in said.stdout
    assert len(said.stdout.splitlines()) == 4 + len(names)
    found = wta(fleet.main.path, "radar", "--json").data["clashes"][0]["places"]
    assert sorted(place["path"] for place in found) == sorted(names)


def test_an_unknown_name(fleet: Fleet) -> None:
    with pytest.raises(NotFoundError):
        radar(fleet.context, RadarRequest(names=("nobody",)))
    fleet.context.close()
