"""One block in the crontab; what others wrote there stays byte for byte."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import StateError, SystemFault
from wtagents.operations.checks.check import Health
from wtagents.operations.checks.state import check_crontab
from wtagents.operations.context import Context
from wtagents.operations.keeping.cron import install_cron, observe_cron, remove_cron

CRONTAB = """\
#!/bin/sh
file={file}
case "$1" in
-l) [ -f "$file" ] || {{ echo "no crontab for ada" >&2; exit 1; }}; cat "$file" ;;
-r) rm "$file" ;;
-) cat >"$file" ;;
esac
"""
FOREIGN = b"# mine\r\nMAILTO=ada\n\n17 3 * * 1 backup --at 100\\%\t\n"


@pytest.fixture
def table(sandbox: Sandbox, tmp_path: Path) -> Path:
    """Return the file of a crontab program that comes first on PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    file = tmp_path / "table"
    program = programs / "crontab"
    program.write_text(CRONTAB.format(file=file))
    program.chmod(0o755)
    sandbox.set_variable("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return file


def test_a_block_comes_and_goes(repository: RepositoryBuilder, table: Path) -> None:
    context = Context(repository.path)
    assert not observe_cron(context).installed
    made = install_cron(context).data
    assert (made.installed, made.changed, len(made.lines)) == (True, True, 2)
    assert observe_cron(context).lines == made.lines
    text = table.read_bytes()
    assert text.startswith(f"# begin wta {context.paths.root.name}: ".encode())
    again = install_cron(context).data
    assert (again.changed, again.lines, table.read_bytes()) == (False, made.lines, text)
    assert remove_cron(context).data.changed
    assert not table.exists()
    assert not remove_cron(context).data.changed


@pytest.mark.parametrize("foreign", [FOREIGN, FOREIGN.rstrip(b"\n"), b"\xff\x00not text\n"])
def test_foreign_lines_stay(repository: RepositoryBuilder, table: Path, foreign: bytes) -> None:
    context = Context(repository.path)
    table.write_bytes(foreign)
    install_cron(context)
    text = table.read_bytes()
    assert text.startswith(foreign)
    table.write_bytes(text + b"# later\n")
    assert not install_cron(context).data.changed
    remove_cron(context)
    assert table.read_bytes() == foreign.removesuffix(b"\n") + b"\n# later\n"


def test_a_block_of_another_day_is_replaced_where_it_stands(
    repository: RepositoryBuilder, table: Path
) -> None:
    context = Context(repository.path)
    install_cron(context)
    begin, first, *rest = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"# above\n" + begin + b"old line\n" + b"".join(rest) + b"# below\n")
    assert install_cron(context).data.changed
    assert table.read_bytes() == b"# above\n" + begin + first + b"".join(rest) + b"# below\n"


def test_each_repository_has_a_block(
    repository: RepositoryBuilder, tmp_path: Path, table: Path
) -> None:
    other = RepositoryBuilder.create(tmp_path / "other")
    install_cron(Context(repository.path))
    install_cron(Context(other.path))
    assert table.read_text().count("# begin wta ") == 2
    remove_cron(Context(repository.path))
    assert observe_cron(Context(other.path)).installed
    assert not observe_cron(Context(repository.path)).installed


@pytest.mark.parametrize("damage", ["begin", "end", "both"])
def test_damaged_markers_are_left_to_a_person(
    repository: RepositoryBuilder, table: Path, damage: str
) -> None:
    context = Context(repository.path)
    install_cron(context)
    lines = table.read_text().splitlines(keepends=True)
    kept = {"begin": lines[1:], "end": lines[:-1], "both": [*lines, *lines]}[damage]
    table.write_text("".join(kept))
    before = table.read_bytes()
    for act in (install_cron, remove_cron):
        with pytest.raises(StateError, match="markers of wta in the crontab are damaged"):
            act(context)
    assert table.read_bytes() == before


@pytest.mark.usefixtures("table")
def test_the_line_reaches_the_repository_whatever_its_name(tmp_path: Path) -> None:
    repository = RepositoryBuilder.create(tmp_path / "it's 100% $(touch owned) `x`")
    repository.commit({"a": "1"})
    echo = tmp_path / "echo arguments"
    echo.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "$PATH"\n')
    echo.chmod(0o755)
    context = Context(repository.path)
    lines = install_cron(context).data.lines
    script, log = context.paths.cron_script, context.paths.cron_log("supervise")
    script.write_text(script.read_text().replace(sys.executable, shlex.quote(str(echo))))
    run_to_end(["env", "-i", "/bin/sh", "-c", command_of(lines[0])], cwd=tmp_path)
    assert log.read_text().splitlines() == [
        "-P",
        "-m",
        "wtagents",
        "-C",
        str(repository.path),
        "supervise",
        "--once",
        os.environ["PATH"],
    ]
    assert not (tmp_path / "owned").exists()


def command_of(line: str) -> str:
    """Return what cron gives to the shell: a bare % ends the command."""
    command = re.split(r"(?<!\\)%", line.split(" ", 5)[5])[0]
    return command.replace("\\%", "%")


@pytest.mark.usefixtures("table")
def test_the_lines_work_without_an_environment_and_say_what_they_did(
    repository: RepositoryBuilder, sandbox: Sandbox
) -> None:
    """A long PATH is no hindrance: cron refuses lines of more than 1,000 characters."""
    further = os.pathsep.join(f"/nowhere/with/programs{number}" for number in range(200))
    sandbox.set_variable("PATH", f"{os.environ['PATH']}{os.pathsep}{further}")
    context = Context(repository.path)
    lines = install_cron(context).data.lines
    assert max(map(len, lines)) < 1000
    for line in lines:
        bare = ["env", "-i", f"HOME={sandbox.home}", "/bin/sh", "-c", command_of(line)]
        assert run_to_end(bare).returncode == 0
    assert context.paths.cron_log("cleanup").read_text() == "there is nothing to clean up\n"
    said = context.paths.cron_log("supervise").read_text()
    assert said.endswith("nothing is left to look after\n")


@pytest.mark.usefixtures("table")
def test_doctor_misses_the_script(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    install_cron(context)
    (whole,) = check_crontab(context)
    context.paths.cron_script.unlink()
    (found,) = check_crontab(context)
    assert (whole.health, found.health, found.remedy) == (
        Health.OK,
        Health.FAILED,
        "wta cleanup --install-cron",
    )
    assert install_cron(context).data.changed
    assert list(check_crontab(context)) == [whole]


def test_a_wta_that_cannot_run_by_itself_is_no_line(
    repository: RepositoryBuilder, sandbox: Sandbox, table: Path
) -> None:
    broken = sandbox.work / "broken"
    (broken / "wtagents").mkdir(parents=True)
    (broken / "wtagents" / "__init__.py").write_text("raise SystemExit('broken here')\n")
    sandbox.set_variable("PYTHONPATH", str(broken))
    with pytest.raises(SystemFault, match="cron could not run wta") as refused:
        install_cron(Context(repository.path))
    assert refused.value.cause == "broken here"
    assert not table.exists()


@pytest.mark.usefixtures("table")
def test_no_secret_is_written_down_and_the_lack_of_it_is_said(
    repository: RepositoryBuilder, sandbox: Sandbox
) -> None:
    sandbox.set_variable("ANTHROPIC_API_KEY", "sk-not-to-be-written")
    context = Context(repository.path)
    result = install_cron(context)
    assert result.messages == (
        "cron does not know ANTHROPIC_API_KEY: agents it starts need a login of claude",
    )
    assert "sk-not" not in context.paths.cron_script.read_text() + "".join(result.data.lines)


def test_a_path_of_two_lines_is_refused(tmp_path: Path, table: Path) -> None:
    repository = RepositoryBuilder.create(tmp_path / "two\n* * * * * touch owned")
    with pytest.raises(StateError, match="cannot stand in a script"):
        install_cron(Context(repository.path))
    assert not table.exists()


def test_no_crontab_program_names_the_way_out(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.set_variable("PATH", str(tmp_path))
    with pytest.raises(SystemFault, match="there is no crontab program here") as refused:
        install_cron(Context(repository.path))
    assert refused.value.hint == (
        "install cron, or run by another timer: wta supervise --once; wta cleanup"
    )


def test_a_crontab_that_may_not_be_used_is_no_empty_one(
    repository: RepositoryBuilder, table: Path
) -> None:
    program = table.with_name("bin") / "crontab"
    program.write_text("#!/bin/sh\necho 'ada is not allowed to use this program' >&2; exit 1\n")
    with pytest.raises(SystemFault) as refused:
        install_cron(Context(repository.path))
    assert refused.value.cause == "ada is not allowed to use this program"


def test_a_crontab_that_forgets_is_noticed(repository: RepositoryBuilder, table: Path) -> None:
    program = table.with_name("bin") / "crontab"
    program.write_text("#!/bin/sh\n[ $1 = - ] && cat >/dev/null; exit 0\n")
    with pytest.raises(SystemFault, match="the crontab could not be written"):
        install_cron(Context(repository.path))
