"""Outside of what is merged every byte stays: comments, blank rows, line ends, tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ladder.structural.merging import both_add, merged
from tests.ladder.structural.test_additions import ADDITIONS
from wtagents.ladder.structural.parsing import language_of, parse
from wtagents.ladder.structural.reading import read_text
from wtagents.ladder.structural.source import open_source
from wtagents.ladder.structural.unit import block_text

if TYPE_CHECKING:
    from wtagents.ladder.structural.unit import Block

ODD = """\
#!/usr/bin/env python
# A license.

\t
import a   # why
import b

# Alone.

# Of the function.
@decorated
def f( x ):


    return {  'a':1,
    'b' : 2 }   # odd

x = 1; y = 2
z = {
    "a": 1,
    # Alone.

    "b": 2  # of b

    # At the end.
}
class A: pass
    # below
"""


def read(path: str, text: str) -> Block | None:
    language = language_of(path)
    assert language is not None
    data = text.encode()
    root = parse(language, data)
    return None if root is None else read_text(open_source(language, data), root)


@pytest.mark.parametrize("path", [*ADDITIONS, "odd.py"])
def test_a_text_is_the_sum_of_its_units(path: str) -> None:
    text = ODD if path == "odd.py" else both_add(path, ADDITIONS[path])[1]
    block = read(path, text)
    assert block is not None
    assert block_text(block) == text
    assert len(block.units) > 1 or block.units[0].block is not None


PIECES = [
    "a: 1\n",
    "b:\n",
    "  c: 2\n",
    "  # c\n",
    "- d\n",
    "\n",
    "  - e: é\n",
    "    f: |\n",
    "     x\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_read_is_written_again(text: str) -> None:
    block = read("a.yaml", f"{text}z: 1\n")
    assert block is None or block_text(block) == f"{text}z: 1\n"


def test_comments_and_blank_rows_travel_with_their_unit() -> None:
    base = "# License.\n\n\ndef one():\n    return 1\n"
    target = base + "\n\n# Of two.\n# More.\ndef two():\n    return 2\n"
    branch = base + "\n\ndef three():\n    return 3  # why\n    # end\n"
    added = "\n\ndef three():\n    return 3  # why\n    # end\n"
    assert merged("a.py", base, target, branch) == target + added


def test_a_first_unit_takes_the_blank_rows_over() -> None:
    base = "package a;\n\nimport x.M;\nimport x.N;\nimport x.O;\n"
    target = base.replace("import x.M;\n", "import x.C;\nimport x.M;\n")
    branch = base.replace("import x.M;\n", "import x.B;\nimport x.M;\n")
    both = base.replace("import x.M;\n", "import x.B;\nimport x.C;\nimport x.M;\n")
    assert merged("A.java", base, target, branch) == both


def test_the_first_imports_of_both_stand_together() -> None:
    base = "def one():\n    return 1\n"
    target, branch = f"import os\n\n\n{base}", f"import sys\n\n\n{base}"
    assert merged("a.py", base, target, branch) == f"import os\nimport sys\n\n\n{base}"


def test_a_comment_that_stands_alone_in_a_list_gets_no_comma() -> None:
    base = 'Z = {\n  # Alone.\n\n  "a": 1\n}\n'
    target = base.replace("1\n", '1,\n  "b": 2\n')
    branch = base.replace('  "a"', '  "c": 3,\n  "a"')
    both = target.replace('  "a"', '  "c": 3,\n  "a"')
    assert merged("a.py", base, target, branch) == both


def test_groups_of_imports_stay_apart() -> None:
    base = "package a;\n\nimport x.M;\n\nclass A {}\n"
    target = base.replace("x.M;\n", "x.M;\n\nimport static y.S.*;\n")
    branch = base.replace("x.M;\n", "x.M;\nimport x.N;\n")
    both = target.replace("x.M;\n", "x.M;\nimport x.N;\n")
    assert merged("A.java", base, target, branch) == both


@pytest.mark.parametrize("path", ADDITIONS)
def test_rows_that_end_as_on_windows(path: str) -> None:
    text = ADDITIONS[path].replace("\n", "\r\n")
    rows = text.splitlines(keepends=True)
    assert all(row.endswith("\r\n") for row in rows)
    found, both = both_add(path, text)
    assert found == both


def test_mixed_line_ends_are_left_alone() -> None:
    base = "import a\n\nx = 1\n"
    target, branch = base.replace("a\n", "a\nimport b\n"), base.replace("a\n", "a\nimport c\n")
    assert merged("a.py", base, target, branch.replace("\n", "\r\n")) is None
    assert merged("a.py", base, target.replace("b\n", "b\r\n"), branch) is None


@pytest.mark.parametrize(
    ("ends", "closed"),
    [(("\n", "\n", ""), False), (("", "\n", ""), True), (("", "", ""), False)],
)
def test_the_last_line_feed_is_merged_too(ends: tuple[str, str, str], *, closed: bool) -> None:
    texts = ("import a\n\nx = 1", "import a\nimport b\n\nx = 1", "import a\nimport c\n\nx = 1")
    base, target, branch = (text + end for text, end in zip(texts, ends, strict=True))
    found = merged("a.py", base, target, branch)
    assert found == "import a\nimport b\nimport c\n\nx = 1" + "\n" * closed


def test_edits_inside_a_unit_meet_additions_beside_it() -> None:
    base = "def one():\n    a()\n    b()\n    c()\n"
    target = "def one():\n    a(1)\n    b()\n    c()\n\n\ndef two():\n    return 2\n"
    branch = "def zero():\n    return 0\n\n\ndef one():\n    a()\n    b()\n    c(3)\n"
    both = (
        "def zero():\n    return 0\n\n\ndef one():\n    a(1)\n    b()\n    c(3)\n\n\n"
        "def two():\n    return 2\n"
    )
    assert merged("a.py", base, target, branch) == both
