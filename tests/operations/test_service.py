"""Units of systemd: written, judged by systemd itself where it is there, and taken away again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from tests.support.wta import wta
from wtagents.operations.context import Context
from wtagents.operations.keeping.service import install_service, remove_service

SYSTEMCTL = """\
#!/bin/sh
echo "$*" >>{log}
exit {status}
"""


@pytest.fixture
def systemctl(sandbox: Sandbox, tmp_path: Path) -> Path:
    """Return what a systemctl program that comes first on PATH was asked."""
    return plant(sandbox, tmp_path, status=0)


def plant(sandbox: Sandbox, tmp_path: Path, *, status: int) -> Path:
    programs, log = tmp_path / "bin", tmp_path / "asked"
    programs.mkdir()
    (programs / "systemctl").write_text(SYSTEMCTL.format(log=log, status=status))
    (programs / "systemctl").chmod(0o755)
    sandbox.set_variable("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return log


def test_units_come_and_go(
    repository: RepositoryBuilder, sandbox: Sandbox, systemctl: Path
) -> None:
    context = Context(repository.path)
    made = install_service(context).data
    name = f"wta-{context.paths.root.name}"
    folder = sandbox.config / "systemd" / "user"
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{name}-cleanup.service",
        f"{name}-cleanup.timer",
        f"{name}.service",
    ]
    assert (made.installed, made.changed, made.running) == (True, True, True)
    started = f"{name}.service {name}-cleanup.timer"
    assert systemctl.read_text().splitlines() == [
        f"--user enable --now {started}",
        f"--user try-restart {started}",
    ]
    assert not install_service(context).data.changed
    assert remove_service(context).data.changed
    assert (list(folder.iterdir()), context.paths.service_script.exists()) == ([], False)
    assert not remove_service(context).data.changed


def test_without_a_systemd_of_the_user_the_way_on_is_said(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    plant(sandbox, tmp_path, status=1)
    said = wta(repository.path, "supervise", "--install-service")
    assert said.stdout.splitlines()[0] == "these units are written"
    name = f"wta-{Context(repository.path).paths.root.name}"
    enable = f"systemctl --user enable --now {name}.service {name}-cleanup.timer"
    assert said.stderr.splitlines() == [
        "systemd has not taken them over: exit status 1",
        f"start them: {enable}",
        "without a login it runs after: loginctl enable-linger",
    ]
    assert wta(repository.path, "supervise", "--remove-service").stdout == "the units are gone\n"
    wta(repository.path, "supervise", "--once", "--stay", status=2)


def test_systemd_understands_the_units(tmp_path: Path, sandbox: Sandbox, systemctl: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on PATH")
    repository = RepositoryBuilder.create(tmp_path / '100% "odd" $HOME \\ name')
    repository.commit({"a": "1\n"})
    made = install_service(Context(repository.path)).data
    assert systemctl.exists()
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    sandbox.set_variable("XDG_RUNTIME_DIR", str(runtime))
    done = run_to_end([analyze, "--user", "--man=no", "verify", *map(str, made.units)])
    ours = {unit.name for unit in made.units}
    said = done.stderr.decode().splitlines()
    assert done.returncode == 0
    assert [line for line in said if any(name in line for name in ours)] == []
