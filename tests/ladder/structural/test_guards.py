"""What is left alone: moved, renamed, twice added, or not to be read."""

from __future__ import annotations

import pytest

from tests.ladder.structural.merging import merged

TWO = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"


def test_one_side_moves_and_the_other_edits() -> None:
    moved = "def two():\n    return 2\n\n\ndef one():\n    return 1\n"
    assert merged("a.py", TWO, moved, TWO.replace("return 2", "return 22")) is None


def test_one_side_puts_keys_into_another_order_and_the_other_takes_some_away() -> None:
    base, target, branch = (
        "".join(f"{key}: 1\n" for key in keys) for keys in ("abcd", "cdba", "ab")
    )
    assert merged("a.yaml", base, target, branch) is None


def test_one_side_takes_away_and_the_other_edits() -> None:
    gone = "def one():\n    return 1\n"
    assert merged("a.py", TWO, gone, TWO.replace("return 2", "return 22")) is None


def test_one_side_renames_and_the_other_edits() -> None:
    renamed = TWO.replace("def two", "def zwei")
    assert merged("a.py", TWO, renamed, TWO.replace("return 2", "return 22")) is None


def test_one_side_renames_and_the_other_begins_to_use_the_old_name() -> None:
    renamed = TWO.replace("def two", "def zwei")
    used = TWO + "\n\ndef three():\n    return two()\n"
    assert merged("a.py", TWO, renamed, used) is None


def test_one_side_takes_an_import_away_that_the_other_needs() -> None:
    base = "import os\nimport re\n\n\ndef f():\n    os.run()\n"
    target = base + "\n\ndef g():\n    os.stop()\n"
    branch = "import re\n\n\ndef f():\n    re.run()  # as os does\n"
    assert merged("a.py", base, target, branch) is None


def test_one_side_moves_imports_and_the_other_adds_one() -> None:
    base = "import a\nimport b\n\nstart()\n"
    moved = "import a\n\nstart()\n\nimport b\n"
    assert merged("a.py", base, base.replace("b\n", "b\nimport c\n"), moved) is None


def test_one_side_puts_imports_into_another_order() -> None:
    base = "import c\nimport a\nimport b\n"
    target, branch = "import c\nimport b\nimport a\n", base.replace("a\n", "a\nimport x\n")
    assert merged("a.py", base, target, branch) is None


@pytest.mark.parametrize("path", ["a.py", "b/a.pyi"])
def test_both_add_one_name_with_different_bodies(path: str) -> None:
    target, branch = (f"{TWO}\n\ndef three():\n    return {number}\n" for number in (3, 33))
    assert merged(path, TWO, target, branch) is None


def test_both_add_one_name_at_different_places() -> None:
    three = "def three():\n    return 3\n"
    assert merged("a.py", TWO, f"{three}\n\n{TWO}", f"{TWO}\n\n{three}") is None


def test_both_add_one_key_with_different_values() -> None:
    assert merged("a.json", '{"x": 1}\n', '{"x": 1, "a": 1}\n', '{"x": 1, "a": 2}\n') is None


def test_both_import_one_name_from_different_places() -> None:
    assert merged("a.py", "x = 1\n", "from a import n\nx = 1\n", "from b import n\nx = 1\n") is None


def test_both_add_nearly_the_same() -> None:
    body = "    start()\n    check(1)\n    check(2)\n    stop()\n"
    target, branch = (f"{TWO}\n\ndef test_{name}():\n{body}" for name in ("checks", "values"))
    assert merged("a.py", TWO, target, branch) is None


def test_statements_keep_their_order() -> None:
    assert merged("a.py", "a()\nz()\n", "a()\nb()\nz()\n", "a()\nc()\nz()\n") is None


def test_conditional_compilation_is_left_alone() -> None:
    base = "#ifdef A\nint a;\n#endif\nint z;\n"
    target = base.replace("int a;\n", "int a;\nint b;\n")
    branch = base.replace("int a;\n", "int a;\nint c;\n")
    assert merged("a.c", base, target, branch) is None


BROKEN = {
    "a.py": ("def f(:\n", "x = 1\n"),
    "a.js": ("const = ;\n", "const x = 1;\n"),
    "a.ts": ("interface {\n", "interface A {}\n"),
    "a.tsx": ("const a = <b>;\n", "const a = <b />;\n"),
    "a.go": ("package\n", "package a\n"),
    "a.rs": ("fn f( {}\n", "fn f() {}\n"),
    "a.java": ("class {\n", "class A {}\n"),
    "a.c": ("int f( {\n", "int f(void) {}\n"),
    "a.json": ('{"a": }\n', "{}\n"),
    "a.yaml": ("a: [\n", "a: []\n"),
    "a.toml": ("[a\n", "[a]\n"),
}


@pytest.mark.parametrize("path", BROKEN)
def test_a_text_that_does_not_parse(path: str) -> None:
    broken, sound = BROKEN[path]
    more = "\n" + sound
    assert merged(path, broken, sound, sound + more) is None
    assert merged(path, sound, broken, sound + more) is None
    assert merged(path, sound, sound + more, broken) is None


@pytest.mark.parametrize("path", ["a.txt", "Makefile", "a.", "py", "a.py/b"])
def test_an_unknown_language(path: str) -> None:
    assert merged(path, "import a\n", "import a\nimport b\n", "import a\nimport c\n") is None


def test_a_text_that_is_no_unicode() -> None:
    base = "import a\n# \udcff\n"
    target, branch = base.replace("a\n", "a\nimport b\n"), base.replace("a\n", "a\nimport c\n")
    assert merged("a.py", base, target, branch) is None


def test_no_base() -> None:
    assert merged("a.py", "", "import a\n", "import b\n") is None


UNIX = "#[cfg(unix)]\nfn path() -> u8 {\n    one();\n    two()\n}\n"
WINDOWS, LAST = UNIX.replace("unix", "windows"), "\nfn last() {}\n"


def test_functions_for_different_systems_are_different_ones() -> None:
    edited = [system.replace("two()", "zwei()") for system in (UNIX, WINDOWS)]
    more = LAST + "\nfn more() {}\n"
    assert merged("a.rs", UNIX + LAST, WINDOWS + LAST, edited[0] + LAST) is None
    both = merged(
        "a.rs", UNIX + WINDOWS + LAST, edited[0] + WINDOWS + LAST, UNIX + edited[1] + more
    )
    assert both == edited[0] + edited[1] + more
