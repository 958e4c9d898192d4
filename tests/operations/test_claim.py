"""claim: what is held by whom, in the store and in the file that the agents' hook reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ready_tasks import Fleet
from wtagents.core.config.settings import Layer
from wtagents.core.errors import NotFoundError, StateError, UsageError
from wtagents.operations.context import Context
from wtagents.operations.radar.look import look
from wtagents.operations.radar.watch import watch
from wtagents.operations.steering.claim import ClaimRequest, claim, holds
from wtagents.store.events import events_of

if TYPE_CHECKING:
    from tests.support.clock import ManualClock
    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Fleet:
    fleet = Fleet(repository, clock=clock)
    fleet.task("login", {"a.py": "1\n"}, prompt="fix the login")
    fleet.task("docs", {"a.py": "2\n", "docs/x": "2\n"})
    return fleet


def written(fleet: Fleet) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((fleet.context.paths.claims / "claims.json").read_text())
    return found


def held(fleet: Fleet, name: str | None = None) -> list[tuple[str, str, str]]:
    return [(each.path, each.task, each.how) for each in holds(fleet.context, name).data]


def asked(name: str, *paths: str, release: bool = False) -> ClaimRequest:
    return ClaimRequest(name=name, paths=paths, release=release)


def test_claims_and_what_was_changed_first(fleet: Fleet) -> None:
    claim(fleet.context, asked("login", "./src/login/", "docs/*.md"))
    look(fleet.context, in_full=True)
    watch(fleet.context)
    assert held(fleet) == [
        ("docs/*.md", "login", "claimed"),
        ("src/login", "login", "claimed"),
        ("a.py", "login", "changed"),
        ("docs/x", "docs", "changed"),
    ]
    assert held(fleet, "docs") == [("docs/x", "docs", "changed")]
    file = written(fleet)
    why = 'is claimed for the task login ("fix the login").'
    assert file["areas"][1] == {"path": "src/login", "why": why, "tasks": [1]}
    assert set(file["areas"][0]) == {"pattern", "why", "tasks"}
    assert (file["held"], file["mode"], file["newest"]) == (
        {"a.py": [1, 2], "docs/x": [2]},
        "warn",
        2,
    )
    assert file["tasks"]["1"] == 'the task login ("fix the login").'
    fleet.context.close()


def test_release_and_refusals(fleet: Fleet) -> None:
    assert [hold.path for hold in claim(fleet.context, asked("login", "src", "src")).data] == [
        "src"
    ]
    claim(fleet.context, asked("login", "src"))
    with pytest.raises(StateError, match="src/x is claimed by login"):
        claim(fleet.context, asked("docs", "free", "src/x"))
    assert held(fleet, "docs") == []
    with pytest.raises(NotFoundError, match="has not claimed other"):
        claim(fleet.context, asked("login", "src", "other", release=True))
    assert claim(fleet.context, asked("login", "src", release=True)).data == ()
    assert claim(fleet.context, asked("docs", "src/x")).data[0].path == "src/x"
    kinds = [event.kind for event in events_of(fleet.context.database) if "claim" in event.kind]
    assert kinds == ["claim.added", "claim.released", "claim.added"]
    fleet.context.close()


@pytest.mark.parametrize("path", ["", "/etc", "..", "a/../b", "a//b", ".", "a\nb", "./"])
def test_what_cannot_be_claimed(fleet: Fleet, path: str) -> None:
    with pytest.raises(UsageError):
        claim(fleet.context, asked("login", path))
    fleet.context.close()


def test_claims_end_with_their_task(fleet: Fleet) -> None:
    claim(fleet.context, asked("login", "src"))
    fleet.cancel("login")
    assert claim(fleet.context, asked("docs", "src")).data[0].task == "docs"
    assert [area["tasks"] for area in written(fleet)["areas"]] == [[2]]
    with pytest.raises(StateError):
        claim(fleet.context, asked("login", "other"))
    fleet.context.close()


def test_owners_of_the_configuration(fleet: Fleet) -> None:
    own = [{"paths": ["docs/", "*.md"], "task": "docs*"}, {"paths": ["ci"], "task": "nobody"}]
    layer = Layer(source="wta.toml", values={"own": own, "radar": {"claims": "deny"}})
    fleet.context.close()
    fleet.context = Context(fleet.main.path, flags=[layer], clock=fleet.clock)
    watch(fleet.context)
    assert held(fleet)[:3] == [
        ("docs", "docs*", "owned"),
        ("*.md", "docs*", "owned"),
        ("ci", "nobody", "owned"),
    ]
    file = written(fleet)
    assert [area["tasks"] for area in file["areas"]] == [[2], [2], []]
    assert file["mode"] == "deny"
    fleet.context.close()


def test_noted_edits_are_put_away_when_a_look_has_seen_them(
    fleet: Fleet, clock: ManualClock
) -> None:
    watch(fleet.context)
    folder = fleet.context.paths.claims
    (folder / "edits").write_text('{"task": 1, "path": "b", "name": "login"}\n')
    clock.advance((folder / "edits").stat().st_mtime - clock.now().timestamp())
    watch(fleet.context)
    assert sorted(path.name for path in folder.iterdir()) == ["claims.json", "edits.old"]
    clock.advance(20)
    watch(fleet.context)
    assert (folder / "edits.old").exists()
    clock.advance(20)
    watch(fleet.context)
    assert sorted(path.name for path in folder.iterdir()) == ["claims.json"]
    fleet.context.close()
