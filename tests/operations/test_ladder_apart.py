"""The ladder as a program of its own: whatever becomes of it, every file has an answer."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.operations.test_land_conflicts import BASE, BOTH, BY_BRANCH, BY_TARGET, answer, answering
from wtagents.core.landing.merge import MergeState
from wtagents.core.landing.resolution import ConflictText
from wtagents.core.landing.rung import Rung
from wtagents.ladder.exchange import Lost, Question
from wtagents.ladder.outcome import LeftAlone
from wtagents.operations.landing.climbing.apart import STARTS, ask_ladder
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.ready_tasks import Fleet
    from wtagents.ladder.exchange import Reply

OTHERS = LeftAlone(why="the ladder failed too often before it")


def question(branch: str, *, candidates: int = 0) -> Question:
    conflict = ConflictText(path="a.txt", base="v = 1.0\n", target="v = 1.1\n", branch=branch)
    return Question(conflict=conflict, candidates=candidates)


def texts(reply: Reply) -> list[str]:
    return [merged.text for merged in reply] if isinstance(reply, tuple) else []


def test_the_program_answers_every_file_in_its_order() -> None:
    added = ConflictText(path="n.txt", base="a\n", target="a\nred\n", branch="a\nblue\n")
    replies = ask_ladder(
        [
            question("v = 1.2\n"),
            question("w = 2\n"),
            Question(conflict=added, candidates=3),
            question("v = 1.3\n\ud800\u2028"),
        ]
    )
    assert list(map(texts, replies)) == [
        ["v = 1.2\n"],
        [],
        ["a\nred\nblue\n", "a\nblue\nred\n"],
        [],
    ]
    assert replies[1] == LeftAlone(why="no rung is sure of its hunk")


def test_the_program_says_what_an_answer_no_longer_declares() -> None:
    one, two, three = (f"def test_{name}():\n    pass\n" for name in "abc")
    conflict = ConflictText(path="test_n.py", base=one, target=one + two, branch=one + three)
    replies = ask_ladder(
        [
            Question(conflict=conflict, proposed=one + three + f'"""{two}"""'),
            Question(conflict=conflict, proposed=one + two + three),
            Question(conflict=conflict, candidates=2, is_test=True),
        ]
    )
    assert replies[:2] == [
        Lost(details=("'test_b' that the target added is not declared in it",)),
        Lost(details=()),
    ]
    assert texts(replies[2])


def test_nobody_is_started_for_nothing() -> None:
    assert ask_ladder([], program=("/no/such",)) == []


ANSWER = '{"merged": [{"text": "v", "rungs": [], "superseded": [], "dropped": []}]}'
FAILING = {
    "crashes": ("kill -SEGV $$", "the ladder failed: exit status -11"),
    "fails": ("echo first >&2; echo last >&2; exit 3", "the ladder failed: last"),
    "hangs": ("sleep 600", "the ladder took longer than 0.5 s"),
    "floods": ("exec cat /dev/zero", "the ladder answered too much"),
    "silent": ("true", "the ladder answered what is no answer"),
    "prose": ("echo I did it", "the ladder answered what is no answer"),
    "half": ('printf \'{"merged": [{"text": "v"\'', "the ladder answered what is no answer"),
    "deep": ("head -c 100000 /dev/zero | tr '\\0' '['", "the ladder answered what is no answer"),
    "strange": ('echo \'{"merged": [{"text": 3}]}\'', "the ladder answered what is no answer"),
    "number": ("echo 7", "the ladder answered what is no answer"),
}


@pytest.mark.parametrize("how", FAILING)
def test_a_file_that_it_fails_at_is_left_alone(how: str) -> None:
    """Each program answers one file and fails at the next one."""
    script, why = FAILING[how]
    asked = [question("v = 1.2\n")] * (2 * STARTS + 1)
    program = ("sh", "-c", f"echo '{ANSWER}'; {script}")
    seconds = 0.5 if how == "hangs" else 30
    replies = ask_ladder(asked, program=program, seconds=seconds)
    assert replies[1] == LeftAlone(why=why)
    assert list(map(texts, replies)) == [*[["v"], []] * STARTS, []]
    assert replies[-1] == OTHERS


def test_a_program_that_is_not_there_leaves_everything_alone() -> None:
    (reply,) = ask_ladder([question("v = 1.2\n")], program=("/no/such",))
    assert reply == LeftAlone(why="cannot run /no/such: no such file or directory")


CONFINED = """
import resource, sys
from wtagents.ladder.__main__ import confine
confine()
done = []
try:
    bytearray(2 << 30)
except MemoryError:
    done.append("no memory")
try:
    open(sys.argv[1], "w", buffering=1).write("x\\n")
except OSError:
    done.append("no file")
if resource.getrlimit(resource.RLIMIT_CPU)[1] < 60:
    done.append("no endless work")
sys.exit(", ".join(done))
"""


def test_it_takes_no_more_than_it_needs(tmp_path: Path) -> None:
    program = (sys.executable, "-P", "-c", CONFINED, str(tmp_path / "file"))
    (reply,) = ask_ladder([question("v = 1.2\n")], program=program)
    assert reply == LeftAlone(why="the ladder failed: no memory, no file, no endless work")


def test_it_sees_nothing_of_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.set_variable("ANTHROPIC_API_KEY", "secret")
    ask_ladder([question("v = 1.2\n")], program=("sh", "-c", f"env > {tmp_path / 'seen'}"))
    seen = (tmp_path / "seen").read_text()
    assert "PATH=" in seen
    assert "secret" not in seen


def test_a_landing_goes_on_where_the_ladder_crashes(
    fleet: Fleet, sandbox: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "start"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "if 'wtagents.ladder' in sys.orig_argv:\n"
        f"    open({str(tmp_path / 'started')!r}, 'a').write('.')\n"
        "    os.kill(os.getpid(), signal.SIGSEGV)\n"
    )
    sandbox.set_variable("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    fleet.main.commit({"code.py": BASE}, "Write one")
    fleet.task("three", {"code.py": BY_BRANCH}, subject="Write three")
    fleet.main.commit({"code.py": BY_TARGET}, "Write two")
    command = answering(tmp_path, answer(BOTH, "code.py"))
    fleet.use(ladder=True, resolver="command", resolver_command=command, gate=["true"])
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",))).data
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [each.rung for each in outcome.resolutions] == [Rung.AGENT]
    assert fleet.main.files()["code.py"].decode() == BOTH
    assert (tmp_path / "started").read_text()
