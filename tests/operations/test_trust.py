"""Commands of a repository run only after a person has seen exactly them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from wtagents.core.errors import ConfigError
from wtagents.core.task import AgentKind, AgentSpec
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.trust import TrustState, observe_trust, require_trusted, trust
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repository import RepositoryBuilder

GATE = '[merge]\ngate = ["pytest -q"]\n'


def context_of(repository: RepositoryBuilder) -> Context:
    """Return what a new process would see."""
    return Context(repository.path)


def is_trusted(repository: RepositoryBuilder) -> bool:
    try:
        require_trusted(context_of(repository))
    except ConfigError:
        return False
    return True


def test_no_file_needs_no_trust(repository: RepositoryBuilder) -> None:
    context = context_of(repository)
    require_trusted(context)
    nothing = TrustState(path=None, commands=(), changes=(), trusted=True)
    assert observe_trust(context) == trust(context).data == nothing
    assert not context.paths.root.exists()


def test_a_file_without_commands_needs_no_trust(repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": "[limits]\nagents = 3\n"})
    assert is_trusted(repository)
    assert observe_trust(context_of(repository)).commands == ()


def commands_for_are_refused_until_they_are_trusted(repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": GATE})
    path = repository.path.resolve() / "wta.toml"
    with pytest.raises(ConfigError) as refused:
        require_trusted(context_of(repository))
    assert (refused.value.message, refused.value.hint) == (
        f"{path} wants to run commands that are not trusted",
        "look at them and decide: wta trust",
    )
    assert observe_trust(context_of(repository)) == TrustState(
        path=path, commands=("merge.gate: pytest -q",), changes=(), trusted=False
    )
    assert trust(context_of(repository)).data.trusted
    assert is_trusted(repository)


def test_one_byte_more_asks_again_and_shows_what_changed(repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": GATE})
    trust(context_of(repository))
    repository.write({"wta.toml": GATE.replace("-q", "-q -x")})
    assert not is_trusted(repository)
    assert "\n".join(observe_trust(context_of(repository)).changes) == snapshot("""\
--- trusted
+++ now
@@ -1,2 +1,2 @@
 [merge]
-gate = ["pytest -q"]
+gate = ["pytest -q -x"]\
""")
    repository.write({"wta.toml": GATE})
    assert is_trusted(repository)


def test_the_kept_copy_is_shown_only_while_it_is_what_was_trusted(
    repository: RepositoryBuilder,
) -> None:
    repository.write({"wta.toml": GATE})
    context = context_of(repository)
    trust(context)
    [copy] = context.paths.trusted.iterdir()
    copy.write_text(GATE + "# nothing happened here\n")
    repository.write({"wta.toml": GATE + "# x\n"})
    assert observe_trust(context_of(repository)).changes == ()


def test_a_file_that_is_a_link_is_trusted_where_it_lies(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(GATE)
    link = repository.path / "wta.toml"
    link.symlink_to(tmp_path / "one.toml")
    trust(context_of(repository))
    assert is_trusted(repository)
    link.unlink()
    link.symlink_to(tmp_path / "two.toml")
    assert not is_trusted(repository)


def test_the_same_content_in_another_repository_is_not_trusted(
    repository: RepositoryBuilder,
) -> None:
    repository.write({"wta.toml": GATE})
    trust(context_of(repository))
    moved = repository.path.with_name("moved")
    repository.path.rename(moved)
    with pytest.raises(ConfigError):
        require_trusted(Context(moved))


def test_trusted_is_what_was_read_not_what_is_there_by_now(repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": GATE})
    context = context_of(repository)
    assert not observe_trust(context).trusted
    repository.write({"wta.toml": '[merge]\ngate = ["rm -rf /"]\n'})
    assert trust(context).data.commands == ("merge.gate: pytest -q",)
    assert not is_trusted(repository)


def test_a_file_on_the_branch_of_a_task_is_never_read(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    side = repository.worktree(tmp_path / "side", "wta/side")
    side.commit({"wta.toml": GATE})
    context = Context(side.path)
    assert observe_trust(context).path is None
    assert context.settings.merge.gate == ()


def test_spawn_is_refused_and_leaves_nothing(repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": '[worktree]\nsetup = ["touch owned"]\n'})
    context = context_of(repository)
    request = SpawnRequest(name="a", prompt="x", agent=AgentSpec(kind=AgentKind.SCRIPTED))
    with pytest.raises(ConfigError):
        spawn(context, request)
    with context.database.read() as db:
        assert tasks(db) == []
    assert list(repository.refs()) == ["refs/heads/main"]
