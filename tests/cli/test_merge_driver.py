"""`wta init --merge-driver`, and what git then does with a merge."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.environment import PROJECT
from tests.support.processes import run_to_end
from wtagents.operations.merge_driver import ATTRIBUTE, CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder
    from tests.support.shell import Shell


@pytest.fixture
def wta_on_path(tmp_path: Path, sandbox: Sandbox) -> None:
    """Let git find a program `wta` that is this checkout's."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program = folder / "wta"
    environment = f"PYTHONPATH={shlex.quote(str(PROJECT))}"
    program.write_text(f'#!/bin/sh\n{environment} exec {sys.executable} -m wtagents "$@"\n')
    program.chmod(0o755)
    sandbox.set_variable("PATH", f"{folder}:{os.environ['PATH']}")


def merge(repository: RepositoryBuilder, target: dict[str, str], branch: dict[str, str]) -> int:
    """Change files on two branches of the current commit, merge them, return git's status."""
    repository.checkout("branch", new=True)
    repository.commit(branch)
    repository.checkout("main")
    repository.commit(target)
    done = run_to_end(["git", "merge", "--no-edit", "branch"], cwd=repository.path)
    return done.returncode


def test_the_lines_are_shown_and_written_only_after_a_yes(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    before = (repository.path / ".git" / "config").read_bytes()
    asked = shell.wta("init", "--merge-driver")
    assert asked.status == 1
    for line in (*(f"{key} = {value}" for key, value in CONFIG.items()), ATTRIBUTE):
        assert f"  {line}\n" in asked.out
    assert shell.type("init", "--merge-driver", keys="n\n").status == 1
    assert (repository.path / ".git" / "config").read_bytes() == before
    assert not (repository.path / "wta.toml").exists()

    attributes = repository.path / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.bin binary")
    assert shell.type("init", "--merge-driver", keys="y\n").status == 0
    assert attributes.read_text() == f"*.bin binary\n{ATTRIBUTE}\n"
    written = (repository.path / ".git" / "config").read_bytes()
    assert shell.wta("init", "--merge-driver").status == 0
    assert (repository.path / ".git" / "config").read_bytes() == written
    assert attributes.read_text() == f"*.bin binary\n{ATTRIBUTE}\n"
    for key, value in CONFIG.items():
        assert repository.git("config", "--get", key) == value


@pytest.mark.usefixtures("wta_on_path")
def test_git_asks_where_its_own_merge_conflicts(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    assert shell.wta("init", "--merge-driver", "--yes").status == 0
    lines = "".join(f"line {number}\n" for number in range(9))
    name = "-it's a $(file).txt"
    repository.commit({name: "v = 1.0.0\n", "clean": lines, "README.md": "mode = slow\n"})
    status = merge(
        repository,
        {name: "v = 1.4.0\n", "clean": f"top\n{lines}"},
        {name: "v = 1.3.0\n", "clean": f"{lines}end\n"},
    )
    assert status == 0
    assert repository.tree()[name] == b"v = 1.4.0\n"
    assert repository.tree()["clean"] == f"top\n{lines}end\n".encode()


@pytest.mark.usefixtures("wta_on_path")
def test_what_wta_leaves_alone_is_a_conflict_as_ever(
    shell: Shell, repository: RepositoryBuilder
) -> None:
    assert shell.wta("init", "--merge-driver", "--yes").status == 0
    repository.commit({"mode": "slow\n", "data": "\0one\n"})
    status = merge(
        repository, {"mode": "fast\n", "data": "\0two\n"}, {"mode": "safe\n", "data": "\0three\n"}
    )
    assert status == 1
    assert repository.git("diff", "--name-only", "--diff-filter=U").split() == ["data", "mode"]
    marked = "<<<<<<< target\nfast\n=======\nsafe\n>>>>>>> branch\n"
    assert repository.files()["mode"] == marked.encode()
    assert repository.files()["data"] == b"\0two\n"


def test_without_the_program_git_does_what_it_always_did(
    shell: Shell, repository: RepositoryBuilder, tmp_path: Path, sandbox: Sandbox
) -> None:
    assert shell.wta("init", "--merge-driver", "--yes").status == 0
    folder = tmp_path / "programs"
    folder.mkdir()
    for program in ("git", "sh", "env"):
        found = next(
            place
            for place in (f"{each}/{program}" for each in os.environ["PATH"].split(":"))
            if os.access(place, os.X_OK)
        )
        (folder / program).symlink_to(found)
    sandbox.set_variable("PATH", str(folder))
    repository.commit({"version": "v = 1.0.0\n"})
    assert merge(repository, {"version": "v = 1.4.0\n"}, {"version": "v = 1.3.0\n"}) == 1
    marked = b"<<<<<<< target\nv = 1.4.0\n=======\nv = 1.3.0\n>>>>>>> branch\n"
    assert repository.files()["version"] == marked


def test_the_tripwire_is_told(shell: Shell) -> None:
    shell.wta("spawn", "one", "do: touch a")
    shell.wta("wait", "one")
    assert shell.wta("init", "--merge-driver", "--yes").status == 0
    assert "configuration or hooks have changed" not in shell.wta("doctor").out
    assert shell.wta("init", "--merge-driver", "--yes").status == 0
