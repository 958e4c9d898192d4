"""What an answer to a conflict no longer declares."""

from __future__ import annotations

import pytest

from wtagents.core.landing.resolution import ConflictText
from wtagents.ladder.declared import lost_declarations

BASE = "def test_a():\n    pass\n"
LEFT, RIGHT = "def test_l():\n    pass\n", "def test_r():\n    pass\n"
IN_CLASS = "class TestC:\n    def test_m(self):\n        pass\n"
JS = "test('a', () => {\n  a();\n});\n"
JS_LEFT, JS_RIGHT = JS.replace("'a'", "'l'"), JS.replace("'a'", "'r'")


def lost(path: str, base: str, target: str, branch: str, text: str) -> list[str]:
    conflict = ConflictText(path=path, base=base, target=target, branch=branch)
    return [fault.detail for fault in lost_declarations(conflict, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE + LEFT + RIGHT, []),
        (RIGHT + BASE + LEFT, []),
        (BASE + RIGHT, ["'test_l' that the target added is not declared in it"]),
        (
            f'{BASE}"""\n{LEFT}"""\n{RIGHT}',
            ["'test_l' that the target added is not declared in it"],
        ),
        (
            f"{BASE}if False:\n    def test_l():\n        pass\n{RIGHT}",
            ["'test_l' that the target added is not declared in it"],
        ),
        (
            BASE + LEFT + RIGHT + "    def test_x(): pass\n" + RIGHT,
            ["'test_r' is declared twice: only the last one would run"],
        ),
        ("class TestC:\n    def test_l(self):\n        pass\n" + RIGHT, []),
        ("def (", []),
    ],
)
def test_python(text: str, expected: list[str]) -> None:
    assert lost("test_a.py", BASE, BASE + LEFT, BASE + RIGHT, text) == expected


def test_a_method_counts_in_its_class() -> None:
    branch = BASE + IN_CLASS
    hidden = BASE + LEFT + IN_CLASS.replace("    def", "    def o(self):\n        def")
    hidden = hidden.replace("        pass\n", "            pass\n")
    assert lost("test_a.py", BASE, BASE + LEFT, branch, hidden) == [
        "'TestC.test_m' that the branch added is not declared in it"
    ]


def test_what_a_side_removed_is_not_wanted_back() -> None:
    assert lost("test_a.py", BASE + LEFT, BASE, BASE + LEFT + RIGHT, BASE + RIGHT) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (JS + JS_LEFT + JS_RIGHT, 0),
        (JS + JS_LEFT, 1),
        (f"{JS}/*\n{JS_LEFT}*/\n{JS_RIGHT}", 1),
    ],
)
def test_other_languages_by_their_syntax_trees(text: str, expected: int) -> None:
    assert len(lost("a.test.js", JS, JS + JS_LEFT, JS + JS_RIGHT, text)) == expected


def test_a_language_that_nobody_reads_is_not_judged() -> None:
    assert lost("a_spec.xyz", "", "a\n", "b\n", "") == []
