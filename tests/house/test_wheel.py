"""The wheel has everything that the checkout has: a missing data file shows only at a user's."""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING

from tests.support.environment import PROJECT
from tests.support.processes import run_to_end

if TYPE_CHECKING:
    from pathlib import Path

BUILD = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    wanted = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "wtagents").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    built = run_to_end([sys.executable, "-c", BUILD, str(tmp_path)], cwd=PROJECT)
    assert built.returncode == 0, built.stderr.decode()
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("wtagents/")}
    assert wanted - held == set()
    assert "wtagents/shipped/commands/wta-spawn.md" in held
