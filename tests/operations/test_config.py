"""Every setting knows its value and its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wtagents.core.config.settings import setting_names
from wtagents.core.errors import ConfigError, UsageError
from wtagents.operations.config import config
from wtagents.operations.context import Context

if TYPE_CHECKING:
    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder


def sources(repository: RepositoryBuilder, key: str | None = None) -> dict[str, tuple[str, str]]:
    rows = config(Context(repository.path), key).data
    return {row.key: (row.value, row.source) for row in rows}


def test_all_keys_or_a_section_or_one(repository: RepositoryBuilder) -> None:
    assert list(sources(repository)) == setting_names()
    assert set(sources(repository, "cleanup")) == {
        "cleanup.keep",
        "cleanup.regenerable",
        "cleanup.per_pass",
        "cleanup.quota",
    }
    assert sources(repository, "limits.agents") == {"limits.agents": ("8", "default")}


def test_the_person_wins_over_the_repository(
    repository: RepositoryBuilder, sandbox: Sandbox
) -> None:
    repository.write({"wta.toml": "[limits]\nagents = 3\nretries = 0\n"})
    own = sandbox.config / "wta" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text("[limits]\nagents = 5\n")
    limits = sources(repository, "limits")
    assert limits["limits.agents"] == ("5", str(own))
    assert limits["limits.retries"] == ("0", str(repository.path / "wta.toml"))
    assert limits["limits.commit_request"] == ("true", "default")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("agents", "did you mean limits.agents? see all: wta config"),
        ("limit", "did you mean limits or "),
        ("merge.gates", "did you mean merge.gate or "),
        ("", "see all: wta config"),
        ("x", "see all: wta config"),
    ],
)
def test_an_unknown_key_names_those_that_are_close(
    repository: RepositoryBuilder, key: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        sources(repository, key)
    assert refused.value.message == f"there is no setting {key}"
    assert refused.value.hint.startswith(hint)


def test_a_wrong_file_is_named(repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": "[limits]\nagents = 0\n"})
    with pytest.raises(ConfigError, match=r"/wta\.toml:2: limits\.agents cannot be 0$"):
        sources(repository)
