"""Hostile texts are left alone, quickly; what is too large or too deep is not parsed at all."""

from __future__ import annotations

import pytest

from tests.ladder.structural.merging import merged
from wtagents.core.record import replace
from wtagents.ladder.structural.parsing import (
    BYTE_LIMIT,
    COMMENT_LIMIT,
    grammar_fault,
    language_of,
    languages,
)

DEEP = 10_000
HOSTILE = {
    "a.json": "[" * DEEP + "]" * DEEP,
    "a.yaml": "- " * DEEP + "a",
    "b.yaml": "".join(f"{' ' * depth}a:\n" for depth in range(300)),
    "a.py": "(" * DEEP + ")" * DEEP,
    "b.py": "not " * DEEP + "a",
    "a.js": "a=>" * DEEP + "a",
    "a.ts": "type A = " + "B<" * DEEP + ">" * DEEP,
    "a.tsx": "<a>" * DEEP,
    "a.go": "package a\nvar a = " + "-" * DEEP + "1",
    "a.rs": "const A: u8 = " + "!" * DEEP + "1;",
    "a.java": "class A {" * DEEP + "}" * DEEP,
    "a.c": "int " + "*" * DEEP + "a;",
    "a.toml": "a=" + "{a=" * DEEP,
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("path", HOSTILE)
def test_ten_thousand_levels(path: str) -> None:
    text = HOSTILE[path]
    found = merged(path, text, f"{text}\n", f"{text} \n")
    assert found is None or found.rstrip() == text, "left alone, or its blanks merged"


def test_what_is_too_large_is_left_alone() -> None:
    base = "import a\n\nx = 1\n"
    target, branch = base.replace("a\n", "a\nimport b\n"), base.replace("a\n", "a\nimport c\n")
    rows = [f"{'y' * 90}{number:05} = 1\n" for number in range(BYTE_LIMIT // 100)]
    few, many = "".join(rows[:-1]), "".join(rows)
    assert merged("a.py", base + few, target + few, branch + few) is not None
    assert merged("a.py", base + many, target + many, branch + many) is None


def test_comments_in_bulk_are_left_alone() -> None:
    base = "import a\n\nx = 1\n"
    target, branch = base.replace("a\n", "a\nimport b\n"), base.replace("a\n", "a\nimport c\n")
    few, many = "# x\n" * COMMENT_LIMIT, "# x\n" * (COMMENT_LIMIT + 1)
    assert merged("a.py", base + few, target + few, branch + few) is not None
    assert merged("a.py", base + many, target + many, branch + many) is None


def test_every_grammar_loads() -> None:
    assert [language.name for language in languages()] == [
        "Python",
        "JavaScript",
        "TypeScript",
        "TSX",
        "Go",
        "Rust",
        "Java",
        "C",
        "JSON",
        "YAML",
        "TOML",
    ]
    assert [grammar_fault(language) for language in languages()] == [""] * 11


def test_a_grammar_that_is_missing_or_strange_is_said() -> None:
    language = language_of("a.py")
    assert language is not None
    missing = replace(language, package="tree_sitter_of_nobody")
    assert grammar_fault(missing) == "tree_sitter_of_nobody is not installed"
    assert grammar_fault(replace(language, function="nothing")).startswith("tree_sitter_python: ")
