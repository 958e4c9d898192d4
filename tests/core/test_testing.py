"""Which files are tests, and the commands that run some of them."""

from __future__ import annotations

import shlex

import pytest

from wtagents.core.landing.testing import TEST_PATHS, commands_for, is_test


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("test_a.py", True),
        ("tests/deep/test_a.py", True),
        ("a_test.go", True),
        ("src/a.test.tsx", True),
        ("src/a.spec.js", True),
        ("src/a.test.mjs", True),
        ("tests/conftest.py", False),
        ("src/test.py", False),
        ("contest.go", False),
    ],
)
def test_what_is_a_test(path: str, *, expected: bool) -> None:
    assert is_test(path, TEST_PATHS) is expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("pytest -q", "pytest -q ./test_a.py ./b/test_b.py"),
        ("pytest {files} -q", "pytest ./test_a.py ./b/test_b.py -q"),
        ("go test {folders}", "go test . ./b"),
    ],
)
def test_paths_stand_where_the_template_has_them(template: str, expected: str) -> None:
    assert commands_for(template, ["test_a.py", "b/test_b.py"]) == (expected,)


def test_a_name_stays_one_word_whatever_is_in_it() -> None:
    names = ["-x.py", "a b.py", "$(touch pwned).py", "'; rm x.py", "{folders}/{files}.py"]
    (command,) = commands_for("run {files}", names)
    assert shlex.split(command) == ["run", *(f"./{name}" for name in names)]


def test_what_is_no_plain_name_is_left_out() -> None:
    assert commands_for("run", ["a\nb.py", "\udcff.py"]) == ()


def test_very_many_files_are_more_than_one_command() -> None:
    names = [f"{number:05}{'x' * 100}.py" for number in range(3000)]
    commands = commands_for("run", names)
    assert max(map(len, commands)) < 100_000
    assert [word[2:] for each in commands for word in each.split()[1:]] == names
