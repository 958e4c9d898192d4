"""What `wta doctor` says about the languages whose conflicts are merged by syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.operations.checks.check import Check, Health
from wtagents.operations.checks.programs import check_syntax_merges, syntax_merges
from wtagents.operations.context import Context

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder


def test_every_language_is_listed(repository: RepositoryBuilder) -> None:
    listed = "Python, JavaScript, TypeScript, TSX, Go, Rust, Java, C, JSON, YAML, TOML"
    assert list(check_syntax_merges(Context(repository.path))) == [
        Check(name="syntax merges", health=Health.OK, finding=listed)
    ]


def test_grammars_that_are_missing_are_named_with_the_remedy() -> None:
    fault = "tree_sitter_go is not installed"
    assert syntax_merges({"Go": fault, "Python": "", "Rust": "strange"}) == Check(
        name="syntax merges",
        health=Health.NOTE,
        finding=f"off for Go, Rust (Go: {fault})",
        remedy="pip install 'wtagents[structural]'",
    )
