"""Hand out work and steer it, command by command, as a person types them."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from inline_snapshot import snapshot

from tests.support.processes import run_to_end
from tests.support.warm import WTA
from wtagents import __version__
from wtagents.cli.main import main
from wtagents.operations.context import Context
from wtagents.store.database import open_read_only
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder
    from tests.support.shell import Shell

WORK = """\
add a file
scenario:
say "hello"
write a.txt <<END
a
END
commit "Add a"
"""
ASK = 'scenario:\nask Bash "rm -rf build"\nwrite a.txt <<END\na\nEND\ncommit "Add a"\n'
WAIT = "scenario:\nwait 60\n"


def state(shell: Shell, name: str) -> str:
    [item] = shell.data("status", name)
    return str(item["task"]["state"])


def test_a_task_from_its_prompt_to_its_diff(shell: Shell, repository: RepositoryBuilder) -> None:
    base = repository.tip("main")[:10]
    worktree = repository.path.with_name("project-worktrees") / "add-a"
    said = shell.wta("spawn", "add-a", "-", stdin=WORK)
    assert (said.status, said.err) == (0, "")
    assert said.out == (
        "add-a begins\n"
        f"  branch    wta/add-a, from main at {base}\n"
        f"  worktree  {worktree}\n"
        "  sandbox   none: an agent can do what this user can do; more: wta doctor\n"
        "  follow    wta logs add-a -f\n"
    )
    followed = shell.wta("logs", "add-a", "-f")
    assert followed.status == 0
    told = followed.out.replace(str(worktree), "…").replace(__version__, "VERSION")
    assert told == snapshot("""\
- run 1
- turn begins (scripted VERSION scripted acceptEdits)
> add a file
> scenario:
> say "hello"
> write a.txt <<END
> a
> END
> commit "Add a"
hello
* Write: a.txt
   a.txt was written
* Bash: git add --all && git commit -m 'Add a'
   committed
Committed.
- turn ended, 4 requests, 0.0040 USD so far
= run 1 ended, completed: Committed.
""")
    assert shell.wta("wait", "add-a", "--timeout", "20s").status == 0
    assert state(shell, "add-a") == "ready"
    assert shell.wta("logs", "add-a").out == followed.out
    lines = shell.wta("logs", "add-a", "-f", "--json").out.splitlines()
    voices = [json.loads(line)["data"]["voice"] for line in lines]
    assert (voices[0], voices[-1]) == ("note", "end")
    assert {item["voice"] for item in shell.data("logs", "add-a")} == set(voices)
    (worktree / "loose.txt").write_text("not committed\n")
    patch = shell.wta("diff", "add-a").out
    assert [line for line in patch.splitlines() if line[:2] in ("++", "--")] == [
        "--- /dev/null",
        "+++ b/a.txt",
        "--- /dev/null",
        "+++ b/loose.txt",
    ]
    assert shell.data("diff", "add-a")["patch"] == patch
    assert "2 files changed, 2 insertions(+)" in shell.wta("diff", "add-a", "--stat").out
    raw = shell.wta("logs", "add-a", "--raw").out.splitlines()
    assert "result" in {json.loads(line)["type"] for line in raw}


def test_a_question_is_answered(shell: Shell) -> None:
    shell.wta("spawn", "a", "-", stdin=ASK)
    waited = shell.wta("wait", "a", "--for", "attention", "--timeout", "20s")
    assert waited.status == 0
    assert re.sub(r"\ds$", "0s", waited.out, flags=re.MULTILINE) == snapshot("""\
  TASK  STATE   NOW                             TOKENS  SINCE
Needs a person
  a     asking  asks to use Bash: rm -rf build   12.4k     0s
    wta answer a --allow, or: wta answer a --deny
""")
    nobody = shell.wta("answer", "a")
    assert (nobody.status, nobody.err) == (
        2,
        (
            "error: say --allow, --deny or --choice: there is no terminal to ask on\n"
            "hint: wta answer --help\n"
        ),
    )
    both = shell.wta("answer", "a", "--allow", "--message", "no")
    assert both.status == 2
    allowed = shell.wta("answer", "a", "--allow")
    assert (allowed.status, allowed.out) == (0, "allowed Bash: rm -rf build\n")
    assert shell.wta("wait", "a", "--timeout", "20s").status == 0
    late = shell.wta("answer", "a", "--deny", "--message", "too late")
    assert (late.status, late.err) == (
        4,
        "error: the agent of a asks nothing\nhint: see what it does: wta status a\n",
    )


def test_stop_send_retry_cancel(shell: Shell) -> None:
    shell.wta("spawn", "a", "-", stdin=WAIT)
    stopped = shell.wta("stop", "a")
    assert (stopped.status, stopped.out) == (0, "a is stopped\n")
    assert state(shell, "a") == "stopped"
    again = shell.wta("retry", "a", "--fresh", "--message", "begin anew")
    assert (again.status, again.out, again.err) == (0, "a is active\n", "")
    busy = shell.wta("retry", "a")
    assert (busy.status, busy.err) == (
        4,
        (
            "error: the agent of a is at work\n"
            'hint: talk to it: wta send a "…", or end it: wta stop a\n'
        ),
    )
    cancelled = shell.wta("cancel", "a")
    assert (cancelled.status, cancelled.out) == (0, "a is cancelled\n")
    sent = shell.wta("send", "a", "hello")
    assert (sent.status, sent.err) == (
        4,
        'error: task a is cancelled\nhint: start a new one: wta spawn a-2 "…"\n',
    )


def test_a_message_reaches_a_running_turn(shell: Shell) -> None:
    shell.wta("spawn", "a", "-", stdin="scenario:\nlisten 30\n")
    sent = shell.wta("send", "a", "-", "--timeout", "20s", stdin="also this")
    assert (sent.status, sent.out, sent.err) == (0, "delivered\n", "")
    assert "> also this\n" in shell.wta("logs", "a").out


def test_another_program_is_an_agent(shell: Shell, repository: RepositoryBuilder) -> None:
    script = 'printf %s "$1" >out.txt; git add out.txt; git commit -qm done'
    said = shell.wta(
        "spawn", "any", "it's {worktree}", "--agent", "command", "--wait",
        "--", "sh", "-c", script, "sh", "{prompt}",
    )  # fmt: skip
    assert said.status == 0, said
    assert repository.tree("wta/any")["out.txt"] == b"it's {worktree}"


def test_a_prompt_of_any_size_and_kind(shell: Shell) -> None:
    prompt = "x" * 3_000_000 + "\n\x1b[31m ü"
    assert shell.wta("spawn", "big", "-", stdin=prompt).status == 0
    [item] = shell.data("status", "big")
    assert item["task"]["prompt"] == prompt
    page = shell.wta("status", "big").out
    assert "\x1b" not in page
    assert len(page) < 5000


@pytest.mark.parametrize(
    ("arguments", "status", "err"),
    [
        (["a"], 2, "error: there is no prompt\n"),
        (["a", " "], 2, "error: the prompt is empty\n"),
        (["-a", "x"], 2, "error: no such option '-a'\n"),
        (["a..b", "x"], 2, "error: 'a..b' cannot be a task name: "),
        (["a", "x", "--file", "README.md"], 2, "error: there are two prompts, "),
        (["a", "x", "--file", "none"], 2, "error: invalid value for '--file': "),
        (["a", "x", "--base", "nowhere"], 4, "error: 'nowhere' names no commit here\n"),
        (["a", "x", "--target", "nowhere"], 4, "error: there is no branch nowhere\n"),
        (["a", "x", "--target", "-x"], 2, "error: '-x' cannot be a branch\n"),
        (["a", "x", "--budget", "0"], 2, "error: invalid value for '--budget': "),
        (["a", "x", "--max-turns", "0"], 2, "error: invalid value for '--max-turns': "),
        (["a", "x", "--timeout", "soon"], 2, "error: invalid value for '--timeout': 'soon' "),
        (
            ["a", "x", "--permission-mode", "yolo"],
            2,
            "error: invalid value for '--permission-mode': 'yolo' is not one of 'acceptEdits', ",
        ),
        (["a", "x", "--agent", "gpt"], 2, "error: invalid value for '--agent': "),
        (["a", "x", "--agent", "command"], 2, "error: --agent command needs a program\n"),
        (["a", "x", "--", "prog"], 2, "error: the agent scripted takes no program: "),
        (
            ["a", "x", "--agent", "command", "--", "no-such-program"],
            5,
            "error: the agent program no-such-program is not there: ",
        ),
    ],
)
def test_a_spawn_that_cannot_be_leaves_nothing(
    shell: Shell,
    repository: RepositoryBuilder,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    err: str,
) -> None:
    shell.sandbox.enter(shell.folder)
    assert main(["spawn", *arguments]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(err)
    assert "\nhint: " in said.err
    assert list(repository.refs()) == ["refs/heads/main"]
    assert tasks(open_read_only(Context(repository.path).paths.database)) == []


def test_a_prompt_that_is_no_text(shell: Shell) -> None:
    said = shell.wta("spawn", "a", "-", stdin=b"ab\xff")
    assert (said.status, said.err) == (
        2,
        (
            "error: stdin is not UTF-8 text: byte 3 is 0xff\n"
            "hint: convert it, for example: iconv -f latin1 -t utf8\n"
        ),
    )


@pytest.mark.parametrize("command", ["status", "logs", "send", "answer", "stop", "cancel", "retry"])
def test_a_name_that_nobody_has(shell: Shell, command: str) -> None:
    more = {"send": ["hi"], "answer": ["--allow"]}.get(command, [])
    shell.wta("spawn", "fix-login", "hello")
    said = shell.wta(command, "fix-logn", *more)
    assert (said.status, said.out) == (4, "")
    assert said.err.startswith("error: no task 'fix-logn'\nhint: ")
    assert "fix-login" in said.err


def test_a_name_before_there_is_any(shell: Shell) -> None:
    said = shell.wta("status", "a")
    assert (said.status, said.err) == (
        4,
        "error: no task 'a'\nhint: there is none yet: wta spawn\n",
    )


def test_outside_a_repository(shell: Shell) -> None:
    folder = shell.folder.with_name("nowhere")
    folder.mkdir()
    said = shell.wta("-C", str(folder), "status")
    assert (said.status, said.err) == (
        4,
        (
            f"error: {folder} is not in a git repository\n"
            "hint: cd into the repository, or name it: wta -C PATH …\n"
        ),
    )


def test_in_a_folder_that_is_gone(shell: Shell) -> None:
    program = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, sys.argv[1:])"
    folder = shell.folder.with_name("gone")
    folder.mkdir()
    done = run_to_end([sys.executable, "-c", program, *WTA, "status"], cwd=folder)
    assert (done.returncode, done.stderr.decode()) == (
        4,
        "error: the current folder is not there any more\nhint: cd to one that is\n",
    )
