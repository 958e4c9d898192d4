"""Generated files: the target's version, then the declared command, and nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wtagents.core.config.trust import repository_commands
from wtagents.core.errors import ConfigError
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.landing.rung import Rung
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from tests.support.ready_tasks import Fleet
    from wtagents.operations.landing.outcome import MergeOutcome

WRITES = "sort wishes.txt > made.lock"


def land(fleet: Fleet) -> MergeOutcome:
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",))).data
    return outcome


def conflict(fleet: Fleet, lock: str = "made.lock") -> None:
    """Let both sides wish something and write the lock file for it."""
    fleet.main.commit({"wishes.txt": "b\n\n\nm\n", lock: "b\nm\n"}, "Begin to wish")
    fleet.task("three", {"wishes.txt": "b\n\n\nm\nz\n", lock: "branch\n"}, subject="Wish z")
    fleet.main.commit({"wishes.txt": "a\nb\n\n\nm\n", lock: "target\n"}, "Wish a")


def declare(command: str = WRITES, *paths: str) -> dict[str, object]:
    return {"regenerate": [{"paths": list(paths or ("made.lock",)), "command": command}]}


def test_a_generated_file_is_written_from_the_rest_of_the_merge(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(ladder=True, **declare())
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [(each.path, each.rung) for each in outcome.resolutions] == [
        ("made.lock", Rung.REGENERATE)
    ]
    files = fleet.main.files()
    assert files["wishes.txt"] == b"a\nb\n\n\nm\nz\n"
    assert files["made.lock"].split() == [b"a", b"b", b"m", b"z"]
    assert "Wta-Resolved: made.lock (regenerate)" in fleet.message().splitlines()


def test_a_command_that_writes_nothing_leaves_the_version_of_the_target(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(ladder=True, **declare("true"))
    assert land(fleet).state is MergeState.MERGED
    assert fleet.main.files()["made.lock"] == b"target\n"


def test_another_generated_file_that_the_command_writes_lands_with_it(fleet: Fleet) -> None:
    conflict(fleet)
    command = f"{WRITES}; echo 4 > made.sum; mkdir -p node_modules; echo > node_modules/x"
    fleet.main.commit({".gitignore": "node_modules/\n"})
    fleet.use(ladder=True, **declare(command, "made.*"))
    outcome = land(fleet)
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [each.path for each in outcome.resolutions] == ["made.lock", "made.sum"]
    assert fleet.main.files()["made.sum"] == b"4\n"
    assert fleet.main.status() == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo no network >&2; exit 7", "failed: no network"),
        ("echo x >> wishes.txt; echo y > new.txt", "changed other files: new.txt, wishes.txt"),
        ("rm made.lock", "left made.lock deleted"),
        ("ln -sf /etc/passwd made.lock", "left made.lock as something else than a file"),
        ("printf '<<<<<<< a\\n' > made.lock", "left made.lock with conflict markers"),
    ],
    ids=["red", "elsewhere", "deletes", "link", "markers"],
)
def test_a_command_that_does_something_else_is_refused(
    fleet: Fleet, command: str, said: str
) -> None:
    conflict(fleet)
    before = fleet.tip()
    fleet.use(ladder=True, **declare(command))
    outcome = land(fleet)
    assert outcome.rejection is Rejection.RESOLUTION_REFUSED
    assert outcome.detail == f"the command {command[:80]!r} that writes made.lock {said}"
    assert "correct [[merge.regenerate]], then: wta merge three" in outcome.hint
    assert (fleet.tip(), fleet.main.status()) == (before, [])


def test_a_command_that_hangs_is_ended(fleet: Fleet) -> None:
    conflict(fleet)
    fleet.use(ladder=True, gate_timeout="1s", **declare("sleep 600"))
    outcome = land(fleet)
    assert outcome.rejection is Rejection.RESOLUTION_REFUSED
    assert outcome.detail.endswith("did not end within 1 s")


def test_broken_output_is_refused_where_it_can_be_parsed(fleet: Fleet) -> None:
    fleet.main.commit({"lock.json": "{}\n"})
    fleet.task("three", {"lock.json": '{"a": 1}\n'})
    fleet.main.commit({"lock.json": '{"b": 1}\n'})
    fleet.use(ladder=True, **declare("echo '{' > lock.json", "lock.json"))
    outcome = land(fleet)
    assert outcome.rejection is Rejection.RESOLUTION_REFUSED
    assert "left lock.json broken: " in outcome.detail


def test_a_known_lock_file_without_a_command_names_the_setting(fleet: Fleet) -> None:
    conflict(fleet, "sub/Cargo.lock")
    fleet.use(ladder=["regenerate"])
    outcome = land(fleet)
    assert outcome.rejection is Rejection.CONFLICT
    assert outcome.hint.startswith(
        'declare how it is made: [[merge.regenerate]] paths = ["sub/Cargo.lock"],'
        ' command = "cargo update -w"; or wta resolve three; or: '
    )


def test_a_command_of_the_repository_needs_trust(fleet: Fleet) -> None:
    conflict(fleet)
    line = f'[[merge.regenerate]]\npaths = ["made.lock"]\ncommand = "{WRITES}"\n'
    fleet.main.write({"wta.toml": line})
    fleet.use(ladder=True)
    (wish,) = repository_commands(fleet.context.settings)
    assert wish == f"merge.regenerate: {WRITES} (writes made.lock)"
    with pytest.raises(ConfigError, match="commands that are not trusted"):
        land(fleet)
