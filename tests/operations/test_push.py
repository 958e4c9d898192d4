"""A landing that is pushed: exactly what was verified, and never over anybody's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import ExitCode, StateError
from wtagents.core.landing.merge import MergeState
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.tripwire import accept_tripwire
from wtagents.operations.undo import UndoRequest, undo
from wtagents.store.merges import add_merge_request


@pytest.fixture
def remote(fleet: Fleet) -> RepositoryBuilder:
    """A bare repository with main, as origin."""
    path = fleet.main.path.parent / "remote.git"
    fleet.main.git("clone", "-q", "--bare", ".", str(path))
    fleet.main.git("remote", "add", "origin", str(path))
    accept_tripwire(fleet.context)
    return RepositoryBuilder(path)


@pytest.fixture
def somebody(remote: RepositoryBuilder) -> RepositoryBuilder:
    """Another clone of the remote."""
    path = remote.path.parent / "somebody"
    remote.git("clone", "-q", str(remote.path), str(path))
    return RepositoryBuilder(path)


def push(fleet: Fleet, *names: str) -> tuple[MergeOutcome, ...]:
    return merge(fleet.context, MergeRequestOptions(names=names, push=True)).data


def test_what_landed_is_pushed_and_recorded(fleet: Fleet, remote: RepositoryBuilder) -> None:
    old = remote.tip("main")
    fleet.task("one", {"a.txt": "a\n"})
    fleet.task("two", {"b.txt": "b\n"})
    result = merge(fleet.context, MergeRequestOptions(ready=True, push=True))
    assert result.exit_code is ExitCode.OK
    assert remote.tip("main") == fleet.tip()
    assert [each.push and each.push.line for each in result.data] == [
        f"origin has main at {fleet.tip()[:10]}"
    ] * 2
    (event,) = fleet.context.database.rows("SELECT data FROM event WHERE kind = 'ref.pushed'")
    assert event["data"] == (
        f'{{"remote":"origin","ref":"refs/heads/main","commit":"{fleet.tip()}","before":"{old}"}}'
    )


def test_only_what_was_verified_is_pushed(fleet: Fleet, remote: RepositoryBuilder) -> None:
    fleet.task("one", {"a.txt": "a\n"})
    fleet.use(push="origin")
    hook = fleet.main.path / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {remote.path}/fired\nexit 1\n")
    hook.chmod(0o755)
    accept_tripwire(fleet.context)
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("one",))).data
    assert outcome.push is not None
    assert outcome.push.pushed
    assert (remote.tip("main"), (remote.path / "fired").exists()) == (outcome.new, False)
    fleet.main.commit({"mine.txt": "not yet\n"}, "Of the person")
    assert remote.tip("main") == outcome.new


def test_the_supervisor_pushes_too(fleet: Fleet, remote: RepositoryBuilder) -> None:
    fleet.task("one", {"a.txt": "a\n"})
    fleet.use(push="origin")
    task = fleet.row("one")
    with fleet.context.database.write() as db:
        add_merge_request(
            db,
            task_id=task.id,
            target=task.target,
            squash=False,
            skip_gate=False,
            at=fleet.context.clock.now(),
        )
    (outcome,) = land_waiting(fleet.context)
    assert outcome.push is not None
    assert remote.tip("main") == fleet.tip() == outcome.new


def test_a_remote_that_is_ahead_stops_everything_before_it_begins(
    fleet: Fleet, remote: RepositoryBuilder, somebody: RepositoryBuilder
) -> None:
    fleet.task("one", {"a.txt": "a\n"})
    theirs = somebody.commit({"b.txt": "b\n"}, "Of somebody")
    somebody.git("push", "-q", "origin", "main")
    before = fleet.tip()
    with pytest.raises(StateError) as caught:
        push(fleet, "one")
    assert (caught.value.message, caught.value.cause, caught.value.hint) == (
        "origin has commits on main that are not here",
        f"its main is at {theirs[:10]}",
        "bring them in first: git pull --rebase origin main",
    )
    assert (fleet.tip(), remote.tip("main")) == (before, theirs)
    fleet.main.git("pull", "-q", "--rebase", "origin", "main")
    assert push(fleet, "one")[0].landed
    assert remote.subjects("main") == ["Do one", "Of somebody", "Begin"]


def test_a_push_of_somebody_during_the_gate_is_never_overwritten(
    fleet: Fleet, remote: RepositoryBuilder, somebody: RepositoryBuilder
) -> None:
    fleet.task("one", {"a.txt": "a\n"})
    theirs = somebody.commit({"b.txt": "b\n"}, "Of somebody")
    fleet.use(gate=[f"git -C {somebody.path} push -q origin main"])
    result = merge(fleet.context, MergeRequestOptions(names=("one",), push=True))
    (outcome,) = result.data
    assert (outcome.state, result.exit_code) == (MergeState.MERGED, ExitCode.UNFULFILLED)
    assert outcome.push is not None
    assert (outcome.push.pushed, outcome.push.detail) == (
        False,
        f"superseded: somebody pushed to main meanwhile, now at {theirs[:10]}",
    )
    assert remote.tip("main") == theirs


def test_a_push_between_the_look_and_the_push_is_caught_by_the_lease(
    fleet: Fleet, remote: RepositoryBuilder, somebody: RepositoryBuilder, tmp_path: Path
) -> None:
    """A program between us and the remote lets somebody push after our look, once."""
    theirs = somebody.commit({"b.txt": "b\n"}, "Of somebody")
    looks = tmp_path / "looks"
    upload = tmp_path / "upload-pack"
    upload.write_text(
        "#!/bin/sh\n"
        f'echo x >> {looks}\ngit-upload-pack "$@"; status=$?\n'
        f"if [ $(wc -l < {looks}) -eq 4 ]; then git -C {somebody.path} push -q origin main; fi\n"
        "exit $status\n"
    )
    upload.chmod(0o755)
    fleet.main.git("config", "remote.origin.uploadpack", str(upload))
    accept_tripwire(fleet.context)
    fleet.main.commit({"mine.txt": "x\n"}, "Not pushed yet")
    fleet.task("one", {"a.txt": "a\n"})
    (outcome,) = push(fleet, "one")
    assert remote.tip("main") == theirs
    assert outcome.push is not None
    assert (outcome.landed, outcome.push.detail) == (
        True,
        f"superseded: somebody pushed to main meanwhile, now at {theirs[:10]}",
    )


def test_a_remote_that_says_no_is_quoted(fleet: Fleet, remote: RepositoryBuilder) -> None:
    hook = remote.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\nprintf '\\033[31mnot on a Friday\\n' >&2\nexit 1\n")
    hook.chmod(0o755)
    fleet.task("one", {"a.txt": "a\n"})
    (outcome,) = push(fleet, "one")
    assert outcome.push is not None
    assert outcome.push.detail == "[remote rejected] (hook declined)"
    assert outcome.push.hint == "git push origin main"


def test_remotes_that_cannot_be(fleet: Fleet, tmp_path: Path) -> None:
    fleet.task("one", {"a.txt": "a\n"})
    with pytest.raises(StateError, match="nothing says where main is to be pushed"):
        push(fleet, "one")
    fleet.use(push="--upload-pack=touch fired")
    with pytest.raises(StateError, match="there is no remote"):
        push(fleet, "one")
    fired = tmp_path / "fired"
    fleet.main.git("remote", "add", "origin", f"ext::sh -c touch% {fired}")
    accept_tripwire(fleet.context)
    fleet.use()
    with pytest.raises(StateError) as caught:
        push(fleet, "one")
    assert caught.value.message == "the remote origin cannot be reached"
    assert caught.value.cause == "fatal: transport 'ext' not allowed"
    assert not fired.exists()
    assert not fleet.context.database.rows("SELECT * FROM merge_request")


def test_planted_configuration_stops_the_push(
    fleet: Fleet, remote: RepositoryBuilder, tmp_path: Path
) -> None:
    fleet.task("one", {"a.txt": "a\n"})
    fired, before = tmp_path / "fired", remote.tip("main")
    fleet.main.git("config", "remote.origin.receivepack", f"touch {fired}; false")
    with pytest.raises(StateError, match="configuration or hooks have changed"):
        push(fleet, "one")
    assert (fired.exists(), remote.tip("main")) == (False, before)


def test_an_undo_is_pushed_like_a_landing(fleet: Fleet, remote: RepositoryBuilder) -> None:
    fleet.task("one", {"a.txt": "a\n"})
    fleet.use(push="origin")
    fleet.land("one")
    assert remote.tip("main") == fleet.tip()
    outcome = undo(fleet.context, UndoRequest(name="one")).data
    assert outcome.push is not None
    assert outcome.push.pushed
    assert remote.tip("main") == fleet.tip() == outcome.new
