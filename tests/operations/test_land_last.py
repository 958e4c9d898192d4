"""Who tries last: an agent with tools in a folder of the files alone, and what is taken of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.played_claude import TOOLS, play_claude
from tests.support.processes import run_to_end, survivors
from tests.support.waiting import wait_until
from wtagents.core.landing.merge import Author, MergeState, Rejection
from wtagents.core.landing.rung import Rung
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.landing.preview import preview
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from tests.support.environment import Sandbox
    from tests.support.ready_tasks import Fleet
    from wtagents.operations.landing.outcome import MergeOutcome

BASE = "begin\n"
TARGET, BRANCH = "begin\nleft is red\n", "begin\nright is blue\n"
GOOD, LATE = "begin\nleft is red\nright is blue\n", "begin\nright is blue\nleft is red\n"
WRITE_GOOD = f"pathlib.Path('deep/note.txt').write_text({GOOD!r})\n"
LANDER = """\
import json, sys
from pathlib import Path
from wtagents.core.config.settings import Layer
from wtagents.operations.context import Context
from wtagents.operations.merge import MergeRequestOptions, merge
values = {"merge": json.loads(sys.argv[2]), "sandbox": {"mode": "none"}}
layer = Layer(source="--test", values=values)
merge(Context(Path(sys.argv[1]), flags=[layer]), MergeRequestOptions(names=("three",)))
"""
CHOSEN = {
    "gate": ["true"],
    "ladder": ["agent"],
    "resolver": "command",
    "resolver_command": ["false"],
    "resolver_last": "agentic",
}


class Scene:
    """A conflict, and a program `claude` that does what a test says."""

    def __init__(self, fleet: Fleet, sandbox: Sandbox, *paths: str) -> None:
        self.fleet = fleet
        self.programs = sandbox.work / "programs"
        self.programs.mkdir()
        sandbox.set_variable("PATH", f"{self.programs}{os.pathsep}{os.environ['PATH']}")
        others = {"other.txt": "other\n", ".gitignore": "*.tmp\n"}
        fleet.main.commit(dict.fromkeys(paths, BASE) | others)
        fleet.task("three", dict.fromkeys(paths, BRANCH), prompt="Make right blue.")
        fleet.main.commit(dict.fromkeys(paths, TARGET), "Make left red")
        self.before = fleet.tip()
        fleet.use(**CHOSEN)

    def plays(self, deeds: str, **more: Any) -> None:
        play_claude(self.programs, deeds, **more)

    def land(self) -> MergeOutcome:
        (outcome,) = merge(self.fleet.context, MergeRequestOptions(names=("three",))).data
        assert list(self.fleet.context.paths.rooms.iterdir()) == []
        return outcome

    def asked(self) -> list[dict[str, Any]]:
        found = sorted(self.programs.glob("asked-*.json"))
        return [json.loads(path.read_text()) for path in found]

    def told(self) -> dict[str, Any]:
        """Return the data of the one question."""
        (asked,) = self.asked()
        data = json.loads(asked["question"])["message"]["content"].splitlines()[2]
        told: dict[str, Any] = json.loads(data)
        return told


@pytest.fixture
def scene(fleet: Fleet, sandbox: Sandbox) -> Scene:
    return Scene(fleet, sandbox, "deep/note.txt")


def test_what_it_made_of_the_files_lands(scene: Scene) -> None:
    scene.plays(
        "assert '<<<<<<< target\\nleft is red\\n' in open('deep/note.txt').read()\n"
        "assert not os.path.lexists('.git')\n"
        "pathlib.Path('built.tmp').write_text('an ignored file')\n" + WRITE_GOOD
    )
    outcome = scene.land()
    assert outcome.state is MergeState.MERGED, outcome.detail
    (resolution,) = outcome.resolutions
    assert (resolution.author, resolution.rung) == (Author.AGENT_WITH_TOOLS, Rung.AGENT)
    files = scene.fleet.main.files()
    assert (files["deep/note.txt"].decode(), "built.tmp" in files) == (GOOD, False)
    said = scene.fleet.message().splitlines()
    assert "Wta-Resolved: deep/note.txt (agent with tools)" in said
    (asked,) = scene.asked()
    assert asked["cwd"].startswith(str(scene.fleet.context.paths.rooms))
    assert "--allowedTools=Edit(./deep/note.txt)" in asked["argv"]
    assert "--tools=Read,Grep,Glob,Edit,Write" in asked["argv"]
    assert "--max-budget-usd=2" in asked["argv"]
    assert scene.told() == {
        "version": 1,
        "task": {"name": "three", "words": "Make right blue."},
        "target": {"name": "main", "words": ["Make left red"]},
        "files": ["deep/note.txt"],
        "refused": [
            "it conflicts with main in deep/note.txt: false left it to a person: exit status 1"
        ],
    }


NOTE = "pathlib.Path('deep/note.txt')"
NOT_TAKEN = (
    ("pass", "deep/note.txt: a conflict marker is left in it"),
    (
        f"{NOTE}.write_text({TARGET!r})",
        "deep/note.txt: 'right is blue' that the branch added is neither there nor",
    ),
    (f"{NOTE}.write_bytes(b'x' * 900_000)", "it made deep/note.txt larger than 800 KB"),
    (f"{NOTE}.write_bytes(b'\\xff\\xfe')", "it made deep/note.txt something else than text"),
    (f"{WRITE_GOOD}open('other.txt', 'w').write('pwned')", "it touched other files: other.txt"),
    (f"{WRITE_GOOD}open('new.py', 'w').write('pwned')", "it touched other files: new.py"),
    (f"{WRITE_GOOD}os.chmod('other.txt', 0o755)", "it touched other files: other.txt"),
    (
        "os.remove('deep/note.txt'); os.symlink('../other.txt', 'deep/note.txt')",
        "it made something else than a file of deep/note.txt",
    ),
    (
        f"{WRITE_GOOD}os.rename('deep', folder / 'deep'); os.symlink(folder / 'deep', 'deep')",
        "it touched other files: deep",
    ),
    ("os.remove('deep/note.txt')", "it removed deep/note.txt"),
    (f"{WRITE_GOOD}shutil.rmtree(os.getcwd())", "it removed the folder"),
    (
        "os.remove('deep/note.txt'); os.mkfifo('deep/note.txt')",
        "it made something else than a file of deep/note.txt",
    ),
    (f"{WRITE_GOOD}sys.exit(3)", "Claude Code: "),
    (f"{WRITE_GOOD}sys.stdout.write('x' * 100_000_000)", "Claude Code said more than 64 MB"),
    ("os.mkdir('own'); open('own/x.tmp', 'w'); os.chmod('own', 0)", "deep/note.txt: a conflict"),
)


@pytest.mark.parametrize("half", [0, 1])
def test_what_is_not_as_it_should_be_is_not_taken(scene: Scene, half: int) -> None:
    for number, (deeds, said) in enumerate(NOT_TAKEN[half::2], 1):
        scene.plays(deeds)
        outcome = scene.land()
        assert outcome.rejection is Rejection.RESOLUTION_REFUSED
        begins = f"what an agent with tools made of it is not taken: {said}"
        assert outcome.detail.startswith(begins), (deeds, outcome.detail)
        assert (scene.fleet.tip(), scene.fleet.main.status()) == (scene.before, [])
        assert len(scene.asked()) == number


def test_a_drop_needs_leave_like_every_other(scene: Scene) -> None:
    drop = {"path": "deep/note.txt", "line": "right is blue", "side": "branch", "reason": "no"}
    deeds = f"pathlib.Path('deep/note.txt').write_text({TARGET!r})"
    scene.plays(deeds, said={"dropped": [drop]})
    assert "drops lines" in scene.land().detail
    scene.fleet.use(**CHOSEN, allow_drops=True)
    outcome = scene.land()
    assert outcome.state in (MergeState.MERGED, MergeState.REJECTED)
    assert outcome.rejection is not Rejection.RESOLUTION_REFUSED


def test_tools_that_it_should_not_have_cost_its_answer(scene: Scene) -> None:
    scene.plays(WRITE_GOOD, tools=(*TOOLS, "Bash", "WebFetch"))
    assert "is not taken: its work is not taken, it had tools: Bash, WebFetch" in (
        scene.land().detail
    )


def test_it_may_run_the_tests_where_there_is_a_command(scene: Scene) -> None:
    scene.fleet.use(**CHOSEN, test_command="sh run.sh -q {files}")
    scene.plays(WRITE_GOOD, tools=(*TOOLS, "Bash"))
    assert scene.land().state is MergeState.MERGED
    (asked,) = scene.asked()
    assert "--allowedTools=Edit(./deep/note.txt),Bash(sh run.sh -q *)" in asked["argv"]


def test_what_it_leaves_running_is_stopped_and_holds_nothing_up(
    scene: Scene, sandbox: Sandbox
) -> None:
    left = (
        "for env in (None, {}):\n"
        "    sleeper = subprocess.Popen(['sleep', '600'], start_new_session=True, env=env)\n"
        "    with open(folder / 'sleepers', 'a') as file: file.write(f'{sleeper.pid}\\n')\n"
    )
    scene.plays(WRITE_GOOD + left)
    assert scene.land().state is MergeState.MERGED
    assert survivors(sandbox.mark) == []
    sleepers = (scene.programs / "sleepers").read_text().split()
    assert [pid for pid in sleepers if Path("/proc", pid).exists()] == []


def test_it_is_asked_after_two_red_answers_and_told_what_was_red(scene: Scene) -> None:
    text = json.dumps({"files": [{"path": "deep/note.txt", "text": GOOD}]})
    gate = "test $(tail -n 1 deep/note.txt | cut -c 1-4) = left || { echo not so; exit 1; }"
    chosen = {**CHOSEN, "gate": [gate], "resolver_command": ["echo", text]}
    scene.fleet.use(**chosen)
    scene.plays(f"pathlib.Path('deep/note.txt').write_text({LATE!r})")
    outcome = scene.land()
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [each.author for each in outcome.resolutions] == [Author.AGENT_WITH_TOOLS]
    first, second = scene.told()["refused"]
    assert first == second
    assert first.endswith("failed on the result:\nnot so")


def test_its_own_red_answer_is_the_end(scene: Scene) -> None:
    scene.fleet.use(**{**CHOSEN, "gate": ["false"]})
    scene.plays(WRITE_GOOD)
    assert scene.land().rejection is Rejection.GATE_RED
    assert len(scene.asked()) == 1


def test_files_of_odd_names_can_be_given(fleet: Fleet, sandbox: Sandbox) -> None:
    paths = ("we(i)rd, [n]*me.txt", "ünï 𝛑.txt", "-o'y\".txt")
    scene = Scene(fleet, sandbox, *paths)
    scene.plays(f"for path in {paths!r}: pathlib.Path(path).write_text({GOOD!r})")
    outcome = scene.land()
    assert outcome.state is MergeState.MERGED, outcome.detail
    assert [fleet.main.files()[path].decode() for path in paths] == [GOOD] * 3


def test_a_file_whose_name_no_rule_can_say_is_not_given(fleet: Fleet, sandbox: Sandbox) -> None:
    scene = Scene(fleet, sandbox, "a\tb.txt")
    scene.plays("")
    said = "the names of the files cannot be said in rules for an agent"
    assert said in scene.land().detail
    assert scene.asked() == []


def test_a_task_that_no_claude_has_written_has_no_author_to_ask(scene: Scene) -> None:
    scene.fleet.use(**{**CHOSEN, "resolver_last": "author"})
    scene.plays(WRITE_GOOD)
    assert scene.land().rejection is Rejection.CONFLICT
    assert scene.asked() == []


def test_a_killed_landing_leaves_no_agent_at_work_and_is_made_again(scene: Scene) -> None:
    once = (
        "if number == 0:\n"
        "    keeper = pathlib.Path(f'/proc/{os.getppid()}/stat').read_text()\n"
        "    os.kill(int(keeper.rpartition(')')[2].split()[1]), 9)\n"
        "    subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "    time.sleep(600)\n"
    )
    scene.plays(once + WRITE_GOOD)
    lander = (sys.executable, "-c", LANDER, str(scene.fleet.main.path), json.dumps(CHOSEN))
    assert run_to_end(lander).returncode == -9
    assert scene.fleet.request("three").state is MergeState.RESOLVING

    def landed() -> bool:
        land_waiting(scene.fleet.context)
        return scene.fleet.request("three").state is MergeState.MERGED

    wait_until(landed, what="the landing")
    assert scene.fleet.main.files()["deep/note.txt"].decode() == GOOD
    assert len(scene.asked()) == 2
    assert list(scene.fleet.context.paths.rooms.iterdir()) == []


def test_a_forecast_says_who_would_be_asked(scene: Scene) -> None:
    seen = preview(scene.fleet.context, MergeRequestOptions(names=("three",))).data
    assert seen.resolver_last == "agentic"
    assert [each.rung for each in seen.previews[0].conflicts] == [Rung.AGENT]
