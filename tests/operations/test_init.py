"""What `wta init` writes, and what it never touches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.environment import PROJECT
from wtagents.core.config.settings import resolve_settings
from wtagents.core.errors import StateError, SystemFault
from wtagents.operations.context import Context
from wtagents.operations.init import Outcome, init, shipped_folder
from wtagents.system.config_file import load_layers

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder

SHIPPED = sorted(path.relative_to(shipped_folder()) for path in shipped_folder().glob("*/*.md"))
FILES = [Path("wta.toml"), *(Path(".claude") / path for path in SHIPPED)]


def outcomes(repository: RepositoryBuilder) -> dict[Path, Outcome]:
    return {file.path: file.outcome for file in init(Context(repository.path)).data.files}


def test_everything_is_written_once(repository: RepositoryBuilder) -> None:
    assert outcomes(repository) == dict.fromkeys(FILES, Outcome.WRITTEN)
    written = repository.files()
    assert outcomes(repository) == dict.fromkeys(FILES, Outcome.KEPT)
    assert repository.files() == written
    assert set(written) == {"README.md", *map(str, FILES)}
    modes = {(repository.path / file).stat().st_mode & 0o777 for file in FILES}
    assert modes == {0o644}


def test_the_written_settings_are_the_defaults(repository: RepositoryBuilder) -> None:
    init(Context(repository.path))
    layers = load_layers(repository.path)
    assert len(layers) == 1
    chosen, defaults = resolve_settings(layers), resolve_settings(())
    assert chosen.sources == defaults.sources
    assert chosen.merge == defaults.merge


def test_what_exists_stays(repository: RepositoryBuilder) -> None:
    mine = ".claude/commands/wta-spawn.md"
    repository.write({"wta.toml": "# mine\n", mine: ""})
    made = outcomes(repository)
    assert [str(path) for path in made if made[path] is Outcome.KEPT] == ["wta.toml", mine]
    assert repository.files()["wta.toml"] == b"# mine\n"
    assert repository.files()[mine] == b""


def test_a_dangling_link_is_not_written_through(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    (repository.path / "wta.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert outcomes(repository)[Path("wta.toml")] is Outcome.KEPT
    assert not (tmp_path / "elsewhere.toml").exists()


def test_nothing_is_written_outside_the_repository(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    shared = tmp_path / "dotfiles"
    shared.mkdir()
    (repository.path / ".claude").symlink_to(shared)
    made = outcomes(repository)
    assert [path for path in made if made[path] is Outcome.WRITTEN] == [Path("wta.toml")]
    assert set(made.values()) == {Outcome.WRITTEN, Outcome.OUTSIDE}
    assert list(shared.iterdir()) == []


def test_a_linked_worktree_writes_into_the_main_one(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    side = repository.worktree(tmp_path / "side", "side")
    assert init(Context(side.path)).data.repository == repository.path.resolve()
    assert (repository.path / "wta.toml").is_file()
    assert side.status() == []


def test_a_bare_repository_is_refused(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    with pytest.raises(StateError, match="a bare repository has no main worktree"):
        init(Context(tmp_path / "bare.git"))


def test_a_file_where_a_folder_belongs_is_named(repository: RepositoryBuilder) -> None:
    repository.write({".claude": "a file"})
    with pytest.raises(SystemFault, match=r"cannot write .*/\.claude/agents$"):
        init(Context(repository.path))


def test_this_repository_uses_what_it_ships() -> None:
    for kind in ("agents", "commands"):
        folder = PROJECT / ".claude" / kind
        assert folder.resolve() == shipped_folder() / kind
        assert list(folder.iterdir())


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_each_shipped_file_says_what_it_is_for(path: Path) -> None:
    head, _, body = (shipped_folder() / path).read_text().removeprefix("---\n").partition("---\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    assert len(facts["description"]) > 20
    assert body.strip()
    assert path.name.startswith("wta-")
    if path.parent.name == "agents":
        assert facts["name"] == path.stem
