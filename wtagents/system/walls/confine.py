"""Walls round a program: the command line that builds them, and a trial whether they hold."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.isolation.confinement import Confinement, SandboxMode
from wtagents.system.walls.bubblewrap import bubblewrap_argv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.isolation.network import Network

_LANDLOCK = Path(__file__).with_name("landlock.py")
_OUTLET = Path(__file__).with_name("outlet.py")
_TRIAL_SECONDS = 20.0
_MEASUREMENTS = 5
_SCRIPT = """\
for place do
    if test "$place" = --; then reads=1; continue; fi
    if test -z "$reads"; then
        test -d "$place" && place=$place/.wta-trial
        if (: >> "$place") 2>/dev/null; then echo 1; else echo 0; fi
    elif (: < "$place") 2>/dev/null; then echo 1; else echo 0; fi
done
echo end
"""
TRACE = ".wta-trial"
"""What a trial leaves in a folder that it could write."""


def confined_argv(
    confinement: Confinement, argv: tuple[str, ...], cwd: Path, *, control: int | None = None
) -> tuple[str, ...]:
    """Return the command line that runs another one inside its walls.

    Where the agent itself is to build them it is the same one. `control` is the descriptor by which
    a porter gets its outlets; without one nothing gets out where a list of hosts could be reached.
    """
    if control is not None:
        from wtagents.system.walls.porter import outlet_ports

        ports = ",".join(map(str, outlet_ports(confinement.network)))
        argv = (sys.executable, "-I", "-S", str(_OUTLET), str(control), ports, *argv)
    if confinement.mode is SandboxMode.BUBBLEWRAP:
        return bubblewrap_argv(confinement, argv, cwd)
    if confinement.mode is SandboxMode.LANDLOCK:
        walls = [] if confinement.network.is_open else ["apart"]
        for kind in ("write", "guard", "hide", "show"):
            walls += (f"{kind}={path}" for path in getattr(confinement, kind))
        return (sys.executable, "-I", "-S", str(_LANDLOCK), *walls, "--", *argv)
    return argv


def tried(
    walls: Confinement, cwd: Path, *, write: Sequence[Path], read: Sequence[Path]
) -> dict[Path, bool] | str:
    """Have a program inside try to write and to read; return what it could, place by place.

    A file is opened, not changed; in a folder that is to be written `TRACE` is made. Returns one
    line that says what is wrong where the walls cannot be built.
    """
    from wtagents.core.errors import SystemFault
    from wtagents.system.command import run_command

    places = (*map(str, write), "--", *map(str, read))
    argv = confined_argv(walls, ("/bin/sh", "-c", _SCRIPT, "sh", *places), cwd)
    try:
        done = run_command(argv, cwd=cwd, timeout=_TRIAL_SECONDS)
    except SystemFault as fault:
        return f"{fault.message}: {fault.cause}"
    told = done.text.split()
    if not done.ok or told[-1:] != ["end"]:
        return done.complaint
    return dict(zip((*write, *read), (said == "1" for said in told), strict=False))


def overhead(walls: Confinement, cwd: Path) -> float:
    """Return how many seconds longer a program takes to begin and end inside: the median of five.

    Raises SystemFault.
    """
    from statistics import median

    from wtagents.system.command import run_command

    def took(argv: tuple[str, ...]) -> float:
        begun = time.monotonic()
        run_command(argv, cwd=cwd, timeout=_TRIAL_SECONDS)
        return time.monotonic() - begun

    bare = ("/bin/true",)
    inside = confined_argv(walls, bare, cwd)
    return median(took(inside) - took(bare) for _ in range(_MEASUREMENTS))


def trial_fault(mode: SandboxMode, program: str, network: Network) -> str:
    """Try walls of a kind on a folder made for it; return '' if they hold, else what is wrong.

    Costs 25 to 80 ms, with a network that is not open the double. Raises OSError where no temporary
    folder can be made.
    """
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="wta-trial-") as name:
        root = Path(name).resolve()
        own, half, shut, hidden = (root / each for each in ("own", "half", "shut", "hidden"))
        guarded = half / "guarded"
        own.mkdir()
        half.mkdir()
        for file in (shut, hidden, guarded):
            file.touch()
        walls = Confinement(
            mode=mode,
            program=program,
            write=(own, half),
            guard=(guarded,),
            hide=(hidden,),
            network=network,
        )
        could = tried(walls, root, write=(own, shut, guarded), read=(hidden,))
        if not isinstance(could, str) and not network.is_open:
            from wtagents.system.walls.network_trial import network_fault

            could = network_fault(walls, root) or could
    if isinstance(could, str):
        return could
    if not could[own]:
        return "a program inside cannot write in its own folder"
    if could[shut] or could[guarded]:
        return "a program inside can write outside"
    return "a program inside can read what is hidden" if could[hidden] else ""
