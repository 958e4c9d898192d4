"""Where a person decides, they are asked on a terminal, after what it is about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from wtagents.core.errors import StateError
from wtagents.operations.context import Context
from wtagents.operations.steering.answer import AnswerRequest, answer, require_question

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder
    from tests.support.shell import Shell

GATE = '[merge]\ngate = ["pytest \\u202e; echo"]\n'
QUESTION = {
    "question": "Which are kept?",
    "header": "Keep",
    "options": [{"label": "All, old", "description": "and \x1b[1mnew"}, {"label": "None"}],
    "multiSelect": True,
}
ASK = 'scenario:\nask Bash "rm -rf build"\nwrite a.txt <<END\na\nEND\ncommit "Add a"\n'
CHOOSE = f"""\
scenario:
choose {json.dumps([QUESTION])}
{ASK.removeprefix("scenario:")}"""
USAGE = "hint: wta answer --help\n"
REFUSED = {
    ("--choice", "3"): """\
error: '3' is no option of: Which are kept?
hint: choose 1-2, several with commas, or 'other: your own words'
""",
    ("--choice", "1", "--choice", "2"): """\
error: 1 choice to make, 2 are given
hint: say --choice once for each question, in their order
""",
    ("--allow",): """\
error: the agent of a wants a choice, not a permission
hint: wta answer a --choice NUMBER
""",
    ("--choice", "1", "--allow"): f"""\
error: --choice is an answer of its own: leave the others out
{USAGE}""",
    (): f"""\
error: say --allow, --deny or --choice: there is no terminal to ask on
{USAGE}""",
}


def test_trust_is_asked_for_and_no_is_the_default(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    repository.write({"wta.toml": GATE})
    refused = shell.type("trust", keys="\n")
    assert refused.status == 3
    assert refused.out.replace(str(repository.path), "…") == snapshot("""\

…/wta.toml wants to run or to allow
  merge.gate: pytest \\u202e; echo

Trust them? [y/N]: not trusted
""")
    assert shell.type("trust", keys="y\n").out.endswith("Trust them? [y/N]: trusted\n")
    known = shell.wta("trust")
    assert (known.status, known.out.splitlines()[-1]) == (0, "trusted")


def test_nobody_is_asked_where_nobody_can_answer(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    repository.write({"wta.toml": GATE})
    said = shell.wta("trust")
    assert (said.status, said.out.splitlines()[-1], said.err) == (
        3,
        "not trusted",
        "nobody is asked here: look at the commands, then wta trust --yes\n",
    )
    assert "gate: pytest \\u202e; echo\n" in said.out
    assert shell.type("trust", "--json", keys="y\n").status == 3
    assert shell.wta("trust", "--yes").status == 0


def test_a_question_is_shown_and_answered(shell: Shell) -> None:
    shell.wta("spawn", "a", "-", stdin=ASK)
    shell.wta("wait", "a", "--for", "attention", "--timeout", "30s")
    said = shell.type("answer", "a", keys="y\n")
    assert (said.status, said.out) == snapshot(
        (
            0,
            """\
y
a asks to use Bash
  rm -rf build
Allow it? [y/N]: allowed Bash: rm -rf build
""",
        )
    )
    assert shell.wta("wait", "a", "--timeout", "30s").status == 0


def test_a_choice_is_typed_or_asked_for(shell: Shell) -> None:
    shell.wta("spawn", "a", "-", stdin=CHOOSE)
    shell.wta("wait", "a", "--for", "attention", "--timeout", "30s")
    page = shell.wta("status", "a").out
    assert page.splitlines()[:2] == snapshot(
        ["a  asking  asks: Which are kept?", "next: wta answer a --choice NUMBER"]
    )
    begins = page.index("Which are kept? (")
    assert page[begins:].split("\n\n")[0] == snapshot("""\
Which are kept? (several may be chosen)
  1  All, old: and \\x1b[1mnew
  2  None\
""")
    assert {words: shell.wta("answer", "a", *words).err for words in REFUSED} == REFUSED
    said = shell.type("answer", "a", keys="9\n1,2\n")
    assert (said.status, said.out) == snapshot(
        (
            0,
            """\
9
1,2
a asks
  Which are kept? (several may be chosen)
  1  All, old: and \\x1b[1mnew
  2  None
choose 1-2, several with commas, or 'other: your own words': '9' is no option of: Which are kept?
choose 1-2, several with commas, or 'other: your own words': chosen Keep: All, old, None
""",
        )
    )
    shell.wta("wait", "a", "--for", "attention", "--timeout", "30s")
    assert shell.wta("answer", "a", "--choice", "1").err == snapshot("""\
error: the agent of a wants a permission, not a choice
hint: look at it: wta answer a
""")
    assert shell.wta("answer", "a", "--allow").status == 0
    assert shell.wta("wait", "a", "--timeout", "30s").status == 0
    assert '"Which are kept?"=""All, old", None"' in shell.wta("logs", "a").out


def test_an_answer_goes_to_the_question_that_was_seen(shell: Shell) -> None:
    shell.wta("spawn", "a", "-", stdin=ASK)
    shell.wta("wait", "a", "--for", "attention", "--timeout", "30s")
    context = Context(shell.folder)
    earlier = AnswerRequest(name="a", allow=True, request_id="an earlier one")
    with pytest.raises(StateError, match="the agent of a asks something else by now"):
        answer(context, earlier)
    seen = require_question(context, "a").request_id
    assert answer(context, AnswerRequest(name="a", allow=True, request_id=seen)).data.allowed


def test_who_leaves_a_question_decides_nothing(shell: Shell, repository: RepositoryBuilder) -> None:
    repository.write({"wta.toml": GATE})
    said = shell.type("trust", keys="\x04")
    assert said.status == 130
    assert said.out.endswith("Trust them? [y/N]: \ninterrupted\n")
    assert shell.wta("trust").status == 3


def test_a_patch_on_a_terminal_shows_what_it_hides(shell: Shell) -> None:
    shell.wta("spawn", "a", "-", stdin='scenario:\nrun printf "\\033]0;x\\007\\n" >a; true\n')
    shell.wta("wait", "a", "--timeout", "30s")
    shell.sandbox.set_variable("TERM", "xterm")
    seen = shell.type("diff", "a", keys="").out
    assert "\x1b[32m+\\x1b]0;x\\x07\x1b[0m\n" in seen
    assert "\x1b]" not in seen
    assert "+\x1b]0;x\x07\n" in shell.wta("diff", "a").out
    assert "\x1b" not in shell.type("--no-color", "diff", "a", keys="").out
