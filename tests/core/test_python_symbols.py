"""Which functions callers no longer meet, and which ones new lines use."""

from __future__ import annotations

import pytest

from wtagents.core.watching.python_symbols import (
    SymbolChange,
    SymbolUse,
    is_module,
    symbol_changes,
    symbol_uses,
)


def changes(old: str, new: str) -> list[str]:
    return [f"{each.was} -> {each.now}" for each in symbol_changes(old, new)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def f(a): ...", "def f(a, b=1): ..."),
        ("def f(a): ...", "def f(a=1): ..."),
        ("def f(a): ...", "def f(a, *rest, c=1, **more): ..."),
        ("def f(*, a): ...", "def f(*, a=1, b=2): ..."),
        ("def f(a, /): ...", "def f(a): ..."),
        ("def f(a): return 1", "def f(a): return 2"),
        (
            "class C:\n    def __init__(self, a): ...",
            "class C:\n    def __init__(self, a, b=1): ...",
        ),
        ("class C: ...", "class C:\n    def m(self): ..."),
        ("def f(): ...", "from other import f"),
        ("def f(): ...", "try:\n    def f(): ...\nexcept ImportError: ..."),
        ("def f(): ...", "f = 3"),
        ("x = 1", ""),
        ("def f(a): ...", "def f(a, b: ..."),
        ("def f(:", ""),
        ("def f(a): ...", "\0"),
    ],
)
def test_what_callers_still_meet(old: str, new: str) -> None:
    assert changes(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def f(a): ...", "", "f(a) -> "),
        ("def f(a): ...", "def f(a, b): ...", "f(a) -> f(a, b)"),
        ("def f(a, b): ...", "def f(b, a): ...", "f(a, b) -> f(b, a)"),
        ("def f(a, b=1): ...", "def f(a, b): ...", "f(a, b=1) -> f(a, b)"),
        ("def f(a, b=1): ...", "def f(a): ...", "f(a, b=1) -> f(a)"),
        ("def f(a): ...", "def f(a, /): ...", "f(a) -> f(a, /)"),
        ("def f(a): ...", "async def f(a): ...", "f(a) -> f(a)"),
        ("def f(*a): ...", "def f(a): ...", "f(*a) -> f(a)"),
        ("def f(**a): ...", "def f(): ...", "f(**a) -> f()"),
        ("def f(*, a=1): ...", "def f(*, a): ...", "f(*, a=1) -> f(*, a)"),
        ("def f(*, a): ...", "def f(*, b): ...", "f(*, a) -> f(*, b)"),
        (
            "class C:\n    def __init__(self, a): ...",
            "class C:\n    def __init__(self): ...",
            "C(a) -> C()",
        ),
        ("class C: ...", "def C(): ...", "C(…) -> C()"),
        ("def f(a): ...", f"def f(a, {'x' * 200}): ...", f"f(a) -> f(a, {'x' * 114}…"),
    ],
)
def test_what_they_do_not(old: str, new: str, said: str) -> None:
    assert changes(old, new) == [said]


def uses(new: str, old: str = "", path: str = "app/main.py") -> list[tuple[str, str, int, bool]]:
    return [(u.module, u.name, u.line, u.is_call) for u in symbol_uses(old, new, path)]


def test_calls_by_every_kind_of_import() -> None:
    text = (
        "import lib\nimport pkg.deep\nimport other as o\nfrom pkg import mod, f as g\n"
        "from . import near\nfrom ..up import far\ndef own(): ...\n"
        "lib.a(); pkg.deep.b(); o.c(); mod.d(); g(); near.e(); far(); own(); print(x.y())\n"
    )
    assert [use for use in uses(text, path="app/sub/main.py") if use[3]] == [
        ("/app.sub.main", "own", 8, True),
        ("/app.sub.near", "e", 8, True),
        ("/app.up", "far", 8, True),
        ("lib", "a", 8, True),
        ("other", "c", 8, True),
        ("pkg", "f", 8, True),
        ("pkg.deep", "b", 8, True),
        ("pkg.mod", "d", 8, True),
    ]


def test_only_new_lines_count() -> None:
    old = "from lib import f\nf(1)\n"
    assert uses(f"{old}f(2)\n", old) == [("lib", "f", 3, True)]
    assert uses(old, old) == []
    assert uses("from lib import f, h\nf(1)\n", old) == [
        ("lib", "f", 1, False),
        ("lib", "h", 1, False),
    ]


@pytest.mark.parametrize("text", ["f(", "\0", "(" * 5000, "-" * 100_000 + "1", "é\ud800"])
def test_what_does_not_parse_has_nothing(text: str) -> None:
    assert uses(text) == []
    assert changes(text, "") == changes("def f(): ...", text) == []


@pytest.mark.parametrize(
    ("module", "path", "fits"),
    [
        ("pkg.mod", "src/pkg/mod.py", True),
        ("pkg", "src/pkg/__init__.py", True),
        ("mod", "mod.py", True),
        ("/src.pkg.mod", "src/pkg/mod.py", True),
        ("/pkg.mod", "src/pkg/mod.py", False),
        ("pkg.mod", "src/otherpkg/mod.py", False),
        ("a.b.c", "b/c.py", False),
    ],
)
def test_names_of_modules(module: str, path: str, *, fits: bool) -> None:
    assert is_module(module, path) is fits


def test_a_doubtful_escape_is_no_matter() -> None:
    assert changes("def f(): ...", "x = '\\d'\ndef f(): ...") == []


def test_records() -> None:
    assert symbol_changes("def f(a): ...", "") == (SymbolChange(name="f", was="f(a)", now=""),)
    assert symbol_uses("", "import m\nm.f()", "x.py") == (
        SymbolUse(module="m", name="f", line=2, is_call=True),
    )
