"""Both sides edit: fields, statements of one function, one that is only laid out anew."""

from __future__ import annotations

import pytest

from tests.ladder.structural.merging import merged
from wtagents.ladder.structural.merging import Way

GO = """\
package a

func start() *Server {
	if ready {
		return &Server{
			Name: "a",
			Port: "http",
		}
	}
	return nil
}
"""


def test_fields_of_a_literal_deep_in_a_function() -> None:
    target = GO.replace('"http"', '"80"')
    branch = GO.replace("\t\t\tPort", '\t\t\tRoot: "/",\n\t\t\tPort').replace('"a"', '"b"')
    both = branch.replace('"http"', '"80"')
    assert merged("a.go", GO, target, branch) == both


def test_what_is_laid_out_anew_yields_to_what_is_changed() -> None:
    aligned = GO.replace("Name: ", "Name:     ").replace("Port: ", "Port:     ")
    target = aligned.replace("\t\t}\n", '\t\t\tHostname: "x",\n\t\t}\n', 1)
    branch = GO.replace('"http"', '"80"')
    assert merged("a.go", GO, target, branch) == target.replace('Port:     "http"', 'Port: "80"')


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('Name: "a b"', 'Name: "a  b"'),
        ("c = ' '", "c = '  '"),
        ("x = `a\n b`", "x = `a\n  b`"),
        ('x = """\n a  b"""', 'x = """\n a b"""'),
    ],
)
def test_white_space_that_is_quoted_is_no_layout(one: str, other: str) -> None:
    way = Way(answer=lambda _: None, indented=False, keep_both=False)
    assert way.spelled(one) != way.spelled(other)
    assert way.spelled(one) == way.spelled(f"\n{one}  ")


def test_indentation_has_a_meaning_in_python() -> None:
    base = "if a:\n    b()\nc()\n"
    assert merged("a.py", base, "if a:\n    b()\n    c()\n", "if a:\n    b()\nc(1)\n") is None


def test_neighbouring_assignments() -> None:
    base = "def f():\n    first = one()\n    second = two()\n    return first, second\n"
    target, branch = base.replace("one()", "one(1)"), base.replace("two()", "two(2)")
    assert merged("a.py", base, target, branch) == target.replace("two()", "two(2)")


def test_one_statement_that_both_change() -> None:
    base = "def f():\n    first = one()\n"
    assert (
        merged("a.py", base, base.replace("()\n", "(1)\n"), base.replace("()\n", "(2)\n")) is None
    )


def test_exports_of_other_files() -> None:
    base = "export { a } from './a'\n"
    target = base + "/** @internal */\nexport {\n  b,\n} from './b'\n"
    branch = base + "/** @internal */\nexport { c } from './c'\n"
    both = target + "/** @internal */\nexport { c } from './c'\n"
    assert merged("index.ts", base, target, branch) == both


def test_versions_in_one_table() -> None:
    base = '{\n  "a": {\n    "x": "1",\n    "y": "1"\n  }\n}\n'
    target, branch = base.replace('"x": "1"', '"x": "2"'), base.replace('"y": "1"', '"y": "2"')
    assert merged("a.json", base, target, branch) == base.replace("1", "2")


def test_what_both_change_alike_is_one() -> None:
    base = "a: 1\nb: 1\nc: 1\n"
    target, branch = "a: 2\nb: 2\nc: 1\n", "a: 1\nb: 2\nc: 2\n"
    assert merged("a.yaml", base, target, branch) == "a: 2\nb: 2\nc: 2\n"


def test_a_higher_version_wins_beside_another_key() -> None:
    base = '{\n  "version": "1.0.0",\n  "x": 1\n}\n'
    target = base.replace("1.0.0", "1.1.0").replace('"x": 1', '"x": 2')
    branch = base.replace("1.0.0", "1.2.0")
    assert merged("package.json", base, target, branch) == target.replace("1.1.0", "1.2.0")
