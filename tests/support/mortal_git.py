"""A git in the PATH one of whose commands is killed, as a person or the kernel kills: with -9."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.support.processes import run_to_end

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox

LONGEST = 1000
"""Looks at a file; they take longer than most commands of git."""
_NEVER = 1_000_000
_SCRIPT = """\
#!/bin/sh
# Counts the commands; the chosen one is killed after a moment, or as soon as a file is there.
read count <'{folder}/count'; count=$((count + 1)); echo $count >'{folder}/count'
echo "$*" >>'{folder}/began'
read at left file <'{folder}/plan'
if [ $count -ne "$at" ]; then exec '{git}' "$@"; fi
exec 3<&0
'{git}' "$@" <&3 &
pid=$!
while [ $left -gt 0 ] && [ ! -e "$file" ]; do left=$((left - 1)); done
kill -9 $pid 2>'{folder}/said' && echo "$1" >>'{folder}/killed'
wait $pid
status=$?
if [ $status -gt 128 ]; then kill -9 $$; fi
exit $status
"""


class MortalGit:
    """Stands before git for every program that the test starts."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        folder.mkdir()
        self._folder = folder
        git = run_to_end(["sh", "-c", "command -v git"]).stdout.decode().strip()
        (folder / "git").write_text(_SCRIPT.format(folder=folder, git=git))
        (folder / "git").chmod(0o755)
        (folder / "killed").touch()
        self.spare()
        sandbox.set_variable("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def kill(self, at: int, *, looks: int = LONGEST, file: Path | None = None) -> None:
        """Kill the command of this number, counted from here, from 1.

        It lives for as long as so many looks at a file take, or until the file is there.
        """
        (self._folder / "count").write_text("0\n")
        (self._folder / "began").write_text("")
        (self._folder / "plan").write_text(f"{at} {looks} {file or self._folder / 'none'}\n")

    def spare(self) -> None:
        """Kill none from here on, and go on counting from 0."""
        self.kill(_NEVER)

    @property
    def began(self) -> list[str]:
        """Return the commands that have begun since `kill` or `spare`, in that order."""
        return (self._folder / "began").read_text().splitlines()

    @property
    def killed(self) -> list[str]:
        """Git commands that were killed, by name; some had just ended by themselves."""
        return (self._folder / "killed").read_text().split()
