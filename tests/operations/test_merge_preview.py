"""The preview: what would land, in which order, and that looking changes nothing."""

from __future__ import annotations

import pytest

from tests.support.ready_tasks import Fleet
from wtagents.core.errors import StateError
from wtagents.core.landing.merge import ResolverKind
from wtagents.core.landing.rung import Rung
from wtagents.core.task import TaskState
from wtagents.operations.landing.preview import Foreseen, ForeseenConflict, preview
from wtagents.operations.merge import MergeRequestOptions, merge


def test_each_task_is_foreseen_on_top_of_those_before_it(fleet: Fleet) -> None:
    fleet.main.commit({"a.txt": "1\n", "a.bin": b"\0 0"})
    fleet.task("clean", {"b.txt": "b\n"}).commit({"c.txt": "c\n"})
    fleet.task("first", {"a.txt": "first\n"})
    fleet.task("second", {"a.txt": "second\n"})
    fleet.task("idle")
    fleet.task("dirty", {"d.txt": "d\n"}).write({"left.txt": "x"})
    fleet.use(resolver="scripted", gate=["pytest -q"])
    refs, events = fleet.main.refs(), _events(fleet)
    data = preview(fleet.context, MergeRequestOptions(ready=True)).data
    assert [(each.batch, each.task, each.foreseen, each.commits) for each in data.previews] == [
        (1, "idle", Foreseen.NOTHING, 0),
        (1, "first", Foreseen.CLEAN, 1),
        (1, "dirty", Foreseen.REFUSED, 0),
        (1, "clean", Foreseen.CLEAN, 2),
        (2, "second", Foreseen.CONFLICT, 1),
    ]
    assert data.previews[4].conflicts == (
        ForeseenConflict(path="a.txt", kind="both changed the same lines", rung=Rung.AGENT),
    )
    assert data.previews[0].detail == "wta/idle has no commit of its own"
    assert data.previews[2].detail == "the worktree holds 1 file that no commit has"
    assert (data.resolver, data.gates) == (ResolverKind.SCRIPTED, ("pytest -q",))
    assert (data.trusted, data.tripped) == (True, ())
    assert (fleet.main.refs(), _events(fleet)) == (refs, events)
    assert fleet.row("clean").state is TaskState.READY


def _events(fleet: Fleet) -> int:
    return len(fleet.context.database.rows("SELECT id FROM event"))


def test_a_conflict_for_a_person_comes_with_the_commands(fleet: Fleet) -> None:
    fleet.main.commit({"a.bin": b"\0 0"})
    fleet.task("fix", {"a.bin": b"\0 1"})
    fleet.main.commit({"a.bin": b"\0 2"})
    fleet.use(resolver="scripted")
    (foreseen,) = preview(fleet.context, MergeRequestOptions(names=("fix",))).data.previews
    assert foreseen.conflicts == (
        ForeseenConflict(path="a.bin", kind="both changed a binary file", rung=Rung.PERSON),
    )
    assert foreseen.hint.startswith("wta resolve fix; or: ")


def test_what_is_not_trusted_or_was_planted_is_said(fleet: Fleet) -> None:
    fleet.main.commit({"wta.toml": '[merge]\ngate = ["make test"]\n'})
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.main.git("config", "core.pager", "less")
    data = preview(fleet.context, MergeRequestOptions(names=("fix",))).data
    assert (data.trusted, data.gates) == (False, ("make test",))
    assert data.tripped == ("config changed",)


def test_what_merge_would_not_take_is_refused_alike(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    merge(fleet.context, MergeRequestOptions(names=("fix",)))
    with pytest.raises(StateError, match="task fix is merged"):
        preview(fleet.context, MergeRequestOptions(names=("fix",)))
