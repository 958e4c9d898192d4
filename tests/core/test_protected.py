from __future__ import annotations

import pytest

from wtagents.core.config.settings import Layer, resolve_settings
from wtagents.core.config.trust import repository_commands
from wtagents.core.landing.protected import PROTECTED, protecting_pattern


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("CLAUDE.md", "CLAUDE.md"),
        ("docs/deep/CLAUDE.md", "CLAUDE.md"),
        ("claude.MD", "CLAUDE.md"),
        ("CLA\u200cUDE.md", "CLAUDE.md"),  # HFS ignores it
        ("CLAUDE.md.", "CLAUDE.md"),  # NTFS drops it
        ("CLAUDE.md. .", "CLAUDE.md"),
        ("CLAUDE.md::$DATA", "CLAUDE.md"),
        ("\uff23LAUDE.md", "CLAUDE.md"),
        (".claude", ".claude/"),  # a link or file in its place
        (".Claude/settings.json", ".claude/"),
        ("packages/a/.claude/agents/x.md", ".claude/"),
        (".mcp.json", ".mcp.json"),
        (".github/workflows/ci.yml", ".github/workflows/"),
        (".GitHub/WorkFlows/ci.yml", ".github/workflows/"),
        (".github", ".github/workflows/"),  # a link in the place of the folder above it
        (".github/workflows", ".github/workflows/"),
        ("Jenkinsfile", "Jenkinsfile"),
        ("wta.toml", "wta.toml"),
        (".gitattributes", ".gitattributes"),
        ("sub/.gitattributes", ".gitattributes"),
        (".gitmodules", ".gitmodules"),
        ("README.md", ""),
        ("CLAUDE.md.py", ""),
        ("docs/claude-md.txt", ""),
        (".github/CODEOWNERS", ""),
        ("sub/.github/workflows/ci.yml", ""),
        ("src/claude/a.py", ""),
        ("mcp.json", ""),
        (":", ""),
        ("...", ""),
    ],
)
def test_the_usual_paths(path: str, pattern: str) -> None:
    assert protecting_pattern(path, PROTECTED) == pattern


@pytest.mark.parametrize(
    ("pattern", "paths", "others"),
    [
        ("/top.txt", ["top.txt", "top.txt/below"], ["a/top.txt"]),
        ("db/*.sql", ["db/1.sql", "db/1.sql/x", "db"], ["db/x/1.sql", "a/db/1.sql", "db/1.txt"]),
        ("db/**/*.sql", ["db/1.sql", "db/a/b/1.sql"], ["db/1.txt", "1.sql"]),
        ("**/gen/", ["gen/a", "x/gen/a"], ["generated/a"]),
        ("se?ret", ["secret", "a/seCret/b"], ["seret", "se/ret"]),
        ("", [], ["a"]),
        ("/", [], ["a"]),
    ],
)
def test_patterns_of_a_person(pattern: str, paths: list[str], others: list[str]) -> None:
    assert [path for path in paths + others if protecting_pattern(path, [pattern])] == paths


def of_repository(*protected: str) -> Layer:
    values = {"merge": {"protected": protected}}
    return Layer(source="/repo/wta.toml", values=values, is_repository=True)


def test_a_repository_may_lengthen_what_is_protected_but_not_shorten_it() -> None:
    settings = resolve_settings([of_repository(*PROTECTED, "db/")])
    assert settings.merge.protected == (*PROTECTED, "db/")
    assert repository_commands(settings) == ()
    assert repository_commands(resolve_settings([of_repository("CLAUDE.md")])) == tuple(
        f"merge.protected: without {path}" for path in PROTECTED if path != "CLAUDE.md"
    )
