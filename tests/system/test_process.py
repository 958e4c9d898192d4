from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.environment import Sandbox
from tests.support.processes import kill_hard, run_to_end, start_apart
from tests.support.waiting import wait_until
from wtagents.core.errors import SystemFault
from wtagents.core.run import ProcessIdentity
from wtagents.system.clock import SystemClock
from wtagents.system.command import clean_environment
from wtagents.system.process import (
    RUN_MARK,
    SESSION_MARK,
    descendants,
    identity_of,
    is_alive,
    marked_processes,
    own_identity,
    signal_processes,
    stop_marked,
)
from wtagents.system.programs.detached import start_detached

SHELL = "/bin/sh"
SLEEP = f"exec {sys.executable} -S -c 'import time; time.sleep(600)'"
DOUBLE_FORK = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.wait()
"""
SHAPES = {
    "child": f"({SLEEP}) & wait",
    "setsid": f'setsid {SHELL} -c "{SLEEP}" & exit 0',
    "double fork": f"{sys.executable} -S -c '{DOUBLE_FORK}'",
    "ignores TERM": f"trap '' TERM; {SLEEP}",
    "nohup": f'nohup {SHELL} -c "{SLEEP}" >/dev/null 2>&1 &',
}
"""Ways to get out of reach, each a program that leaves exactly one sleeper."""


def start_marked(tmp_path: Path, script: str, mark: str) -> None:
    environment = clean_environment({RUN_MARK: mark})
    start_detached([SHELL, "-c", script], cwd=tmp_path, env=environment, log=tmp_path / "log")


def sleepers(mark: str) -> list[ProcessIdentity]:
    found = []
    for identity in marked_processes((RUN_MARK, mark)):
        with contextlib.suppress(psutil.Error):
            words = psutil.Process(identity.pid).cmdline()
            if words and words[-1].lstrip().startswith("import"):
                found.append(identity)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_gets_out_of_reach(tmp_path: Path, shape: str) -> None:
    mark = f"run of {shape}"
    start_marked(tmp_path, SHAPES[shape], mark)
    found = wait_until(lambda: sleepers(mark), what=shape)

    stopped = stop_marked(RUN_MARK, mark, clock=SystemClock(), polite_seconds=0.3, firm_seconds=5)

    assert stopped >= 1
    assert not any(is_alive(identity) for identity in found)
    assert marked_processes((RUN_MARK, mark)) == []


def test_all_shapes_at_once_and_the_neighbour_is_left_alone(tmp_path: Path) -> None:
    for script in SHAPES.values():
        start_marked(tmp_path, script, "ours")
    start_marked(tmp_path, SLEEP, "our")
    wait_until(lambda: len(sleepers("ours")) == len(SHAPES) and sleepers("our"))

    stop_marked(RUN_MARK, "ours", clock=SystemClock(), polite_seconds=0.1, firm_seconds=5)

    assert marked_processes((RUN_MARK, "ours")) == []
    (neighbour,) = marked_processes((RUN_MARK, "our"))
    signal_processes([neighbour], signal.SIGKILL)
    wait_until(lambda: not is_alive(neighbour))


def test_politeness_comes_first(tmp_path: Path) -> None:
    polite = "trap 'echo asked > asked; exit 0' TERM; echo > ready; while :; do sleep 0.02; done"
    start_marked(tmp_path, polite, "polite")
    wait_until((tmp_path / "ready").exists)

    stop_marked(RUN_MARK, "polite", clock=SystemClock(), polite_seconds=20, firm_seconds=5)

    assert (tmp_path / "asked").read_text() == "asked\n"


def test_several_marks_are_looked_for_at_once(tmp_path: Path) -> None:
    for name, value in ((RUN_MARK, "r"), (SESSION_MARK, "s")):
        start_detached(
            [SHELL, "-c", SLEEP],
            cwd=tmp_path,
            env=clean_environment({name: value}),
            log=tmp_path / "log",
        )
    wait_until(lambda: len(marked_processes((RUN_MARK, "r"), (SESSION_MARK, "s"))) == 2)
    signal_processes(marked_processes((RUN_MARK, "r"), (SESSION_MARK, "s")), signal.SIGKILL)
    wait_until(lambda: not marked_processes((RUN_MARK, "r"), (SESSION_MARK, "s")))


def test_the_mark_in_the_middle_of_another_value_is_not_the_mark(tmp_path: Path) -> None:
    start_detached(
        [SHELL, "-c", SLEEP],
        cwd=tmp_path,
        env=clean_environment({"NOTE": f"{RUN_MARK}=x", RUN_MARK: "other"}),
        log=tmp_path / "log",
    )
    (sleeper,) = wait_until(lambda: marked_processes((RUN_MARK, "other")))
    assert marked_processes((RUN_MARK, "x")) == []
    signal_processes([sleeper], signal.SIGKILL)
    wait_until(lambda: not is_alive(sleeper))


def test_a_process_is_told_from_a_later_one_with_its_pid() -> None:
    me = own_identity()
    assert is_alive(me)
    earlier = ProcessIdentity(boot_id=me.boot_id, pid=me.pid, start=me.start - 1)
    before_the_boot = ProcessIdentity(boot_id="another", pid=me.pid, start=me.start)
    assert not is_alive(earlier)
    assert not is_alive(before_the_boot)
    signal_processes([earlier, before_the_boot], signal.SIGKILL)


def test_a_zombie_is_nobody(tmp_path: Path) -> None:
    process = start_apart([SHELL, "-c", "exit 0"], cwd=tmp_path)
    with process:
        wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        assert identity_of(process.pid) is None


# ------------------------------------------------------------------------- detached programs


def test_a_detached_program_has_a_session_no_stdin_and_a_private_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = (
        "import os, sys; print(os.getsid(0) == os.getpid(), os.getcwd(), sys.stdin.read() == '', "
        "sorted(os.listdir('/proc/self/fd')) if os.path.isdir('/proc') else [], flush=True); "
        "print('oops', file=sys.stderr)\n"
        "while not os.path.exists('go'): pass"
    )
    leak = os.open(tmp_path / "held", os.O_CREAT | os.O_RDWR)
    identity = start_detached(
        [sys.executable, "-S", "-c", script], cwd=tmp_path, env=clean_environment(), log=log
    )
    os.close(leak)
    assert identity is not None
    (tmp_path / "go").touch()
    wait_until(lambda: not is_alive(identity))
    expected = ["0", "1", "2", "3"] if Path("/proc").is_dir() else []
    assert log.read_text() == f"True {tmp_path} True {expected}\noops\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_detached_program_outlives_its_starter_and_its_terminal(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from wtagents.system.programs.detached import start_detached\n"
        f"who = start_detached(['/bin/sh', '-c', {SLEEP!r}], cwd=Path('/'),\n"
        f"    env=dict(os.environ), log=Path({str(tmp_path / 'log')!r}))\n"
        "print(who.pid)\n"
    )
    starter = run_to_end([sys.executable, "-W", "error", "-c", script], cwd=tmp_path)
    assert (starter.returncode, starter.stderr) == (0, b"")
    identity = identity_of(int(starter.stdout))
    assert identity is not None
    assert os.getsid(identity.pid) == identity.pid
    kill_hard(identity.pid)
    wait_until(lambda: not is_alive(identity))


def test_ended_programs_are_collected_at_the_next_start(tmp_path: Path) -> None:
    def start(script: str) -> ProcessIdentity | None:
        return start_detached(
            [SHELL, "-c", script], cwd=tmp_path, env=clean_environment(), log=tmp_path / "log"
        )

    others = set(psutil.Process().children())

    def states() -> list[str]:
        return [each.status() for each in psutil.Process().children() if each not in others]

    for _ in range(5):
        start("exit 0")
    wait_until(lambda: set(states()) == {psutil.STATUS_ZOMBIE})
    start("exit 0")
    assert states().count(psutil.STATUS_ZOMBIE) <= 1


def test_what_cannot_start_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(SystemFault) as caught:
        start_detached(["/no/such"], cwd=tmp_path, env={}, log=tmp_path / "log")
    assert (caught.value.message, caught.value.cause) == (
        "cannot run /no/such",
        "no such file or directory",
    )


def test_a_log_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SystemFault):
        start_detached([SHELL, "-c", "echo x"], cwd=tmp_path, env={}, log=tmp_path / "log")
    assert not (tmp_path / "elsewhere").exists()


def test_a_nested_run_does_not_inherit_the_mark_of_its_parent(sandbox: Sandbox) -> None:
    sandbox.set_variable(RUN_MARK, "parent")
    assert RUN_MARK not in clean_environment()
    assert clean_environment({RUN_MARK: "own"})[RUN_MARK] == "own"


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_orphans_with_a_clean_environment_are_found_and_detached_programs_are_not(
    tmp_path: Path,
) -> None:
    script = (
        "import os, subprocess, sys\n"
        "from pathlib import Path\n"
        "from wtagents.system.programs.detached import start_detached\n"
        "from wtagents.system.process import adopt_orphans, descendants\n"
        "assert adopt_orphans()\n"
        "subprocess.run(['/bin/sh', '-c',\n"
        f"    'env -i setsid {sys.executable} -S -c \"import time; time.sleep(600)\" & echo $!'])\n"
        "apart = start_detached(['/bin/sh', '-c', 'sleep 600 & wait'], cwd=Path('/'),\n"
        f"    env=dict(os.environ), log=Path({str(tmp_path / 'log')!r}))\n"
        "print(apart.pid, *[one.pid for one in descendants()], flush=True)\n"
        "sys.stdin.read()\n"
    )
    with start_apart([sys.executable, "-c", script], cwd=tmp_path) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        apart, *found = [int(word) for word in parent.stdout.readline().split()]
        assert found == [orphan]
        os.killpg(apart, signal.SIGKILL)
        kill_hard(orphan)
        assert parent.stdin is not None
        parent.stdin.close()
        parent.wait(10)
    wait_until(lambda: identity_of(orphan) is None and identity_of(apart) is None)


def test_a_detached_program_is_known_as_one_from_the_first_moment(tmp_path: Path) -> None:
    """Else who stops what is below him, stops it."""
    script = (
        "import os\n"
        "from pathlib import Path\n"
        "from wtagents.system.programs.detached import start_detached\n"
        "from wtagents.system.process import descendants\n"
        "for _ in range(20):\n"
        "    apart = start_detached(['/bin/sleep', '600'], cwd=Path('/'), env=dict(os.environ),\n"
        f"        log=Path({str(tmp_path / 'log')!r}))\n"
        "    print(len(descendants()), end='')\n"
        # A program that is about to end shows no environment any more.
        "    os.killpg(apart.pid, 9)\n"
        "    os.waitpid(apart.pid, 0)\n"
    )
    done = run_to_end([sys.executable, "-c", script], cwd=tmp_path)
    assert (done.stdout, done.stderr) == (b"0" * 20, b"")


def test_a_process_without_children_has_no_descendants() -> None:
    script = "from wtagents.system.process import descendants; print(descendants())"
    assert run_to_end([sys.executable, "-c", script]).stdout == b"[]\n"
    assert own_identity() not in descendants()
